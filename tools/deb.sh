#!/usr/bin/env bash
# Builds the Debian package from a copy of the tree, and leaves it, with its source, in dist/debian/. For Debian 12 and 13.
set -euo pipefail
cd "$(dirname "$0")/.."

destination=dist/debian
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The paths of the tree, each ended by NUL: in a clone what git has or would take, in an unpacked sdist everything.
tree() {
    if [ -e .git ]; then
        git ls-files -z --cached --others --exclude-standard --deduplicate | while IFS= read -r -d '' path; do
            [ ! -e "$path" ] || printf '%s\0' "$path"
        done
    else
        find . -type f ! -path "./dist/*" ! -path "./build/*" ! -path "./.venv*" ! -path "*/__pycache__/*" -print0
    fi
}

tree >"$work/tree"
mkdir "$work/check-tls-cert"
tar --create --null --files-from="$work/tree" | tar --extract --directory="$work/check-tls-cert"
# With Debian's Python and nothing of the caller's, as a build daemon would.
if ! (cd "$work/check-tls-cert" && env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/nonexistent \
    dpkg-buildpackage --no-sign) >"$work/log" 2>&1; then
    cat "$work/log" >&2
    exit 1
fi
rm -rf "$destination"
mkdir -p "$destination"
mv "$work"/check-tls-cert_* "$destination"
echo "$destination"/*.deb
