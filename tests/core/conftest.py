"""Samples of our own beside these tests."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sample():
    """The bytes of a file in samples/."""

    def read(name: str) -> bytes:
        return (Path(__file__).parent / "samples" / name).read_bytes()

    return read
