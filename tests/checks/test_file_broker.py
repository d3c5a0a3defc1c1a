"""The embedded broker: whole messages, each taken once, whatever lies in its folder."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError, OperationalError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "broker"
    folder.mkdir()
    return folder


def connect(folder: Path) -> Connection:
    options = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder),
        "polling_interval": 0.01,
    }
    return Connection(
        "filesystem://", transport="dicomcfg.checks.filebroker:Transport", transport_options=options
    )


def test_messages_come_in_order_from_their_own_queue(folder: Path) -> None:
    with connect(folder) as connection:
        a, b = (
            connection.SimpleQueue("site.a", no_ack=True),
            connection.SimpleQueue("site.b", no_ack=True),
        )
        for number in range(5):
            a.put(number)
        b.put("other")
        assert [a.get(timeout=1).payload for _ in range(5)] == [0, 1, 2, 3, 4]
        with pytest.raises(a.Empty):
            a.get_nowait()
        assert b.get(timeout=1).payload == "other"
    assert list(folder.iterdir()) == []


def test_readers_and_writers_at_once_lose_and_double_nothing(folder: Path) -> None:
    total, taken = 300, []
    done = threading.Event()

    def write() -> None:
        with connect(folder) as connection, connection.SimpleQueue("q", no_ack=True) as queue:
            for number in range(total // 2):
                queue.put(number)

    def read() -> None:
        with connect(folder) as connection, connection.SimpleQueue("q", no_ack=True) as queue:
            while not done.is_set():
                try:
                    taken.append(queue.get(timeout=0.05).payload)
                except queue.Empty:
                    continue
                if len(taken) == total:
                    done.set()

    threads = [
        threading.Thread(target=target, daemon=True) for target in (write, write, read, read, read)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(taken) == sorted([*range(total // 2)] * 2)


def test_what_is_no_message_is_dropped(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "00_x.q.msg").write_text("{half a mess")
    (folder / "readme.txt").write_text("not ours")
    with connect(folder) as connection, connection.SimpleQueue("q", no_ack=True) as queue:
        queue.put("whole")
        assert queue.get(timeout=1).payload == "whole"
    assert "no message: 00_x.q.msg" in caplog.text
    assert (folder / "readme.txt").exists()


def test_a_folder_that_cannot_be_used_takes_nothing_until_it_is_back(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("a file in its place stops even root")
    with connect(folder) as connection, connection.SimpleQueue("q", no_ack=True) as queue:
        with pytest.raises((ChannelError, OperationalError)):
            queue.put(1)
        with pytest.raises(queue.Empty):
            queue.get_nowait()
        folder.unlink()
        queue.put(2)
        assert queue.get(timeout=1).payload == 2
