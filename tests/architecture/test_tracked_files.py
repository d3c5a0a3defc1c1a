"""The repository holds nothing that belongs to one machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT, project_files

HERE = Path(__file__).resolve().relative_to(PROJECT)
ONE_MACHINE = {
    "a path of one machine": re.compile(r"/(?:home|Users|root|work|tmp/(?:lab|wt|venv))/"),
    "a package index": re.compile(
        r"--(?:extra-)?index-url|--find-links|--trusted-host|://pypi\.|/simple/"
    ),
    "a secret": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}"),
}


def _text(path: Path) -> str:
    """What a file says; nothing if it is binary."""
    data = (PROJECT / path).read_bytes()
    text = "" if b"\0" in data[:8000] else data.decode(errors="replace")
    if path.name.endswith(".lock"):  # the header quotes the options that keep indexes out
        text = text.replace("--no-emit-index-url", "").replace("--no-emit-find-links", "")
    return text


@pytest.mark.parametrize("what", ONE_MACHINE)
def test_no_tracked_file_names_a_machine(what: str) -> None:
    others = [path for path in project_files() if path != HERE]
    found = {str(path): ONE_MACHINE[what].findall(_text(path)) for path in others}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_library_has_its_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", (PROJECT / name).read_text())[1:]
    assert len(entries) > 30
    unpinned = [entry for entry in entries if not re.match(r"[a-z0-9.-]+(\[\w+\])?==\S+ \\", entry)]
    assert not unpinned
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_development_lock_agrees_with_the_runtime_lock() -> None:
    pins = {
        name: dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (PROJECT / name).read_text(), re.M))
        for name in ("requirements.lock", "requirements-dev.lock")
    }
    assert pins["requirements.lock"].items() <= pins["requirements-dev.lock"].items()
