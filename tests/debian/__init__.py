"""The Debian package, built, judged by lintian and used in a Debian 13 of its own: run.sh, by ``make test-deb``."""
