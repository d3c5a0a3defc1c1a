"""Where the real programs are; a missing one fails the test and names the Debian package."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

PACKAGES = {
    "initdb": "postgresql",
    "postgres": "postgresql",
    "redis-server": "redis-server",
    "storescp": "dcmtk",
    "echoscu": "dcmtk",
    "storescu": "dcmtk",
    "Orthanc": "orthanc",
    "chromium": "chromium",
}
# Debian keeps PostgreSQL's server programs and Orthanc off an ordinary user's PATH.
_ELSEWHERE = ("usr/lib/postgresql/*/bin", "usr/sbin", "usr/local/sbin")


def find_program(name: str) -> str | None:
    """The path of a real program, or None."""
    found = shutil.which(name)
    if found:
        return found
    matches = [path for folder in _ELSEWHERE for path in Path("/").glob(f"{folder}/{name}")]
    return max((str(path) for path in matches if os.access(path, os.X_OK)), default=None)


def program(name: str) -> str:
    """The path of a real program; fails the test that needs it where it is missing."""
    path = find_program(name)
    if path is None:
        pytest.fail(f"{name} is missing: apt-get install {PACKAGES[name]}", pytrace=False)
    return path
