#!/bin/sh
# Bring a virtual environment to what a lock file says: venv.sh PYTHON FOLDER LOCK
# The lock last installed is kept in the environment, so that an unchanged one costs nothing.
set -eu
python=$1 folder=$2 lock=$3
stamp=$folder/installed-$lock

if ! [ -x "$folder/bin/python" ]; then
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
        echo "dicomcfg needs Python 3.11 or newer, which $python is not. Try make PYTHON=python3.11" >&2
        exit 1
    }
    "$python" -m venv "$folder" || {
        rm -rf "$folder"
        echo "No virtual environment could be made: apt-get install python3-venv" >&2
        exit 1
    }
fi

cmp -s "$lock" "$stamp" && exit 0
echo "Installing the libraries of $lock ..."
pip="$folder/bin/python -m pip --disable-pip-version-check --no-input install --quiet"
$pip --require-hashes --requirement "$lock"
$pip --no-deps --no-build-isolation --editable .
cp "$lock" "$stamp"
