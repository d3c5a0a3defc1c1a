"""Child processes end with their group, and with us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dicomcfg.processes import Child, stop_all
from tests.parts.descent import is_alive
from tests.parts.waiting import wait_until

# Writes its own and its child's process id, then waits for ever; deaf to SIGTERM if asked.
PARENT = """
import os, pathlib, signal, subprocess, sys
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
inner = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
path = pathlib.Path(sys.argv[1])
path.with_suffix(".new").write_text(f"{os.getpid()} {inner.pid}")
path.with_suffix(".new").rename(path)
while True:
    signal.pause()
"""


def _pids(file: Path) -> list[int]:
    wait_until(file.exists, "the process ids are written")
    return [int(word) for word in file.read_text().split()]


@pytest.mark.parametrize(("manner", "expected"), [("polite", -signal.SIGTERM), ("deaf", -9)])
def test_stop_ends_the_whole_group(tmp_path: Path, manner: str, expected: int) -> None:
    child = Child("sample", [sys.executable, "-c", PARENT, str(tmp_path / "pids"), manner])
    child.start()
    pids = _pids(tmp_path / "pids")
    child.stop(within_s=0.5)
    assert child.ended() == expected
    wait_until(lambda: not any(map(is_alive, pids)), "the group is gone", 5)


def test_stop_all_shares_one_deadline(tmp_path: Path) -> None:
    children = [
        Child(f"deaf {i}", [sys.executable, "-c", PARENT, str(tmp_path / str(i)), "deaf"])
        for i in range(3)
    ]
    for child in children:
        child.start()
    pids = [pid for i in range(3) for pid in _pids(tmp_path / str(i))]
    stop_all(children, within_s=0.3)
    assert [child.ended() for child in children] == [-9, -9, -9]
    wait_until(lambda: not any(map(is_alive, pids)), "all groups are gone", 5)


def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """Also when the parent gets no chance to stop it."""
    starter = (
        "import signal, sys; from dicomcfg.processes import Child;"
        f"Child('sample', [sys.executable, '-c', {PARENT!r}, sys.argv[1]]).start();"
        "signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", starter, str(tmp_path / "pids")]) as parent:
        child = _pids(tmp_path / "pids")[0]
        parent.kill()
    wait_until(lambda: not is_alive(child), "the child is gone", 5)
    for pid in _pids(tmp_path / "pids")[1:]:
        os.kill(pid, signal.SIGKILL)  # a grandchild is its own parent's business


def test_how_it_ended_is_said_in_words() -> None:
    child = Child("sample", [sys.executable, "-c", "raise SystemExit(3)"])
    child.start()
    wait_until(lambda: child.ended() is not None, "it ends")
    assert child.ended_because() == "exit code 3"


def test_a_child_sees_signals_that_its_starter_blocks() -> None:
    """The launcher waits for SIGTERM synchronously, hence blocked; its children must not."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        child = Child("sample", [sys.executable, "-c", "import signal; signal.pause()"])
        child.start()
        child.stop(within_s=5)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert child.ended() == -signal.SIGTERM
