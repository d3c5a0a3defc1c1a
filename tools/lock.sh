#!/bin/sh
# Write requirements.lock and requirements-dev.lock from pyproject.toml: lock.sh PYTHON
# The locks hold the build backend too, so that the package installs without asking anyone.
set -eu
folder=build/lock-venv
[ -x "$folder/bin/pip-compile" ] || {
    "$1" -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet pip-tools
}
compile() {
    "$folder/bin/pip-compile" --quiet --upgrade --generate-hashes --strip-extras \
        --allow-unsafe --build-deps-for editable --no-emit-index-url --no-emit-find-links \
        "$@" pyproject.toml
}
compile --output-file requirements.lock
compile --extra dev --constraint requirements.lock --output-file requirements-dev.lock
