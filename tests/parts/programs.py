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
    "dcmdjpeg": "dcmtk",
    "dcmdjpls": "dcmtk",
    "dcmdrle": "dcmtk",
    "dcmdump": "dcmtk",
    "dcmqrscp": "dcmtk",
    "dump2dcm": "dcmtk",
    "findscu": "dcmtk",
    "wlmscpfs": "dcmtk",
    "Orthanc": "orthanc",
    "slapadd": "slapd",
    "slapcat": "slapd",
    "opj_decompress": "libopenjp2-tools",
    "chromium": "chromium",
}
# Debian keeps PostgreSQL's server programs and Orthanc off an ordinary user's PATH.
_ELSEWHERE = ("usr/lib/postgresql/*/bin", "usr/sbin", "usr/local/sbin")


def program(name: str) -> str:
    """The path of a real program; fails the test that needs it where it is missing."""
    elsewhere = [path for folder in _ELSEWHERE for path in Path("/").glob(f"{folder}/{name}")]
    usable = (str(path) for path in elsewhere if os.access(path, os.X_OK))
    path = shutil.which(name) or max(usable, default=None)
    if path is None:
        pytest.fail(f"{name} is missing: apt-get install {PACKAGES[name]}", pytrace=False)
    return path
