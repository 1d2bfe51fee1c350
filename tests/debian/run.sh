#!/usr/bin/env bash
# Builds the Debian package, has lintian judge it, installs it into a Debian 13 made for it, and uses it there.
#
# As root, on Debian 12 or later. Debian 13 comes from the mirror that apt uses here; its base system is kept in
# ${XDG_CACHE_HOME:-/var/cache}/check_tls_cert. Mounts and processes are in namespaces of their own, and end with them.
set -euo pipefail
cd "$(dirname "$0")/../.."

suite=trixie
plugin=/usr/lib/nagios/plugins/check_tls_cert
cache=${XDG_CACHE_HOME:-/var/cache}/check_tls_cert

fail() {
    echo "tests/debian/run.sh: $*" >&2
    exit 1
}

# What must not be missing in CI is elsewhere a reason to do nothing.
lacking() {
    [ -z "${CI:-}" ] || fail "$*, and CI relies on it"
    echo "skipped: $*"
    exit 0
}

# What a command says is shown only if it fails.
quietly() {
    local said
    said=$("$@" 2>&1) || fail "$* failed:
$said"
}

step() {
    printf '\n== %s (%d s)\n' "$*" "$SECONDS"
}

# The mirror, as apt knows it: not the one of security updates, which has another label.
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u | head -n 1
}

# Leaves the base system of Debian 13 in $root: unpacked from the cache, or made by debootstrap and put there.
make_root() {
    local tarball
    tarball=$cache/$suite-$(dpkg --print-architecture).tar.gz
    mkdir -p "$root" "$cache"
    if [ -n "$(find "$cache" -path "$tarball" -mtime -30)" ]; then
        tar --extract --directory="$root" --file="$tarball"
        return
    fi
    quietly debootstrap --variant=minbase "$suite" "$root" "$from"
    tar --create --use-compress-program='gzip -1' --directory="$root" --file="$root.tar.gz" .
    # The last step is a rename, so that nothing half written is ever found there.
    mv "$root.tar.gz" "$tarball.part"
    mv "$tarball.part" "$tarball"
}

# How it reaches the mirror is the host's affair: proxies, certificates, what is tolerated.
prepare_root() {
    echo "deb $from $suite main" >"$root/etc/apt/sources.list"
    apt-config dump Acquire | grep -v -e '^Acquire "' -e '::IndexTargets' >"$root/etc/apt/apt.conf.d/00host"
    if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
        install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    fi
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    echo '127.0.0.1 localhost' >"$root/etc/hosts"
    echo 'force-unsafe-io' >"$root/etc/dpkg/dpkg.cfg.d/throwaway"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no package starts anything
    chmod 755 "$root/usr/sbin/policy-rc.d"
    mount -t proc proc "$root/proc"
}

in_root() {
    chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} "$@"
}

as_nobody() {
    in_root setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
}

# Only what the package depends on: what it recommends is not needed for a check.
install_there() {
    quietly in_root apt-get install -y --no-install-recommends "$@"
}

# Everything that happens in namespaces of its own; see the end.
inside() {
    local root=$1/root from package said code=0
    package=$(echo dist/debian/*.deb)
    from=$(mirror)
    [ -n "$from" ] || fail "apt knows no Debian mirror; run apt-get update"

    step "Debian 13"
    make_root
    prepare_root
    quietly in_root apt-get update

    step "install $package"
    cp "$package" "$root/var/tmp/check-tls-cert.deb"
    install_there /var/tmp/check-tls-cert.deb
    in_root dpkg-query --show --showformat '${Package} ${Version}\n' \
        check-tls-cert python3 python3-idna python3-nagiosplugin python3-cryptography python3-openssl libssl3t64

    step "checks as nobody"
    mkdir -p "$root/opt/check/tests/debian"
    cp tests/*.py "$root/opt/check/tests"
    cp tests/debian/*.py "$root/opt/check/tests/debian"
    as_nobody env --chdir=/opt/check PYTHONDONTWRITEBYTECODE=1 python3 -m tests.debian.checks $plugin

    step "--help as nobody"
    said=$(as_nobody $plugin --help 2>&1) || code=$?
    [ "$code" = 3 ] || fail "--help ended with exit code $code instead of 3:
$said"
    [[ $said == "usage: check_tls_cert "* && $said == *--starttls* ]] || fail "--help said:
$said"
    head -n 1 <<<"$said"

    step "compiled when it was installed"
    [ -n "$(find "$root/usr/lib/python3/dist-packages/check_tls_cert" -name '__main__.cpython-*.pyc')" ] || fail "it is not"

    step "CheckCommand in Icinga's default configuration"
    install_there icinga2-bin
    said=$(in_root icinga2 daemon -C --dump-objects 2>&1) || fail "icinga2 daemon -C:
$said"
    said=$(in_root icinga2 object list --type CheckCommand --name tls_cert)
    [[ $said == *"'tls_cert' of type 'CheckCommand'"* ]] || fail "Icinga does not know the CheckCommand:
$said"
    head -n 2 <<<"$said"

    step "remove it"
    quietly in_root apt-get purge -y check-tls-cert
    said=$(find "$root/usr" -name '*check?tls?cert*')
    [ -z "$said" ] || fail "left behind:
$said"
    step "done"
}

if [ "${1:-}" = --inside ]; then
    inside "$2"
    exit
fi

[ "$(id -u)" = 0 ] || lacking "not root"
for program in debootstrap dpkg-buildpackage dh_python3 lintian unshare; do
    [ -n "$(type -P "$program")" ] || lacking "$program is not installed"
done

work=$(mktemp -d)
child=
# With the first process of a namespace all others end, and with the last one the mounts: then there is only $work left.
clean_up() {
    local first
    if [ -n "$child" ]; then
        read -r first _ <"/proc/$child/task/$child/children" || first=$child
        kill -KILL "$first" || true
        wait "$child" || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "build"
tools/deb.sh

step "lintian"
lintian --version
lintian --allow-root --fail-on error --suppress-tags newer-standards-version dist/debian/*.changes

setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$0" --inside "$work" &
child=$!
code=0
wait "$child" || code=$?
child=
exit "$code"
