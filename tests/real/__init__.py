"""Against the servers that people run: from Debian's packages, on loopback, with a certificate of ours.

One file per server, which is listed in `servers`. To add one: write its file, name it there, and have `.ci/run` install
its package.
"""
