"""Which processes a process has started, as the kernel tells it."""

from __future__ import annotations

from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid: int) -> dict[int, str]:
    """The command line of every process below `pid`."""
    found: dict[int, str] = {}
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in map(int, children):
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            found[child] = " ".join(word.decode(errors="replace") for word in words).strip()
            found |= descendants(child)
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found
