#!/bin/sh
# The tests talk to real programs. Install what is missing when we may, else say what to install.
set -eu
missing=
need() { # PROGRAM PACKAGE
    for folder in $(echo "$PATH" | tr ':' ' ') /usr/sbin /usr/lib/postgresql/*/bin; do
        [ -x "$folder/$1" ] && return
    done
    missing="$missing $2"
}
need storescp dcmtk
need Orthanc orthanc
need chromium chromium
need initdb postgresql
need redis-server redis-server
need opj_decompress libopenjp2-tools
need slapadd slapd
ls /usr/share/fonts/*/* >/dev/null 2>&1 || missing="$missing fonts-dejavu-core"

[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$missing ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of packages
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "The tests need more programs: sudo apt-get install$missing" >&2
    exit 1
fi
