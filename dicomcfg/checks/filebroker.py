"""The embedded broker: kombu's filesystem transport, made safe for several processes.

kombu writes a message in place, where a reader can catch it half written, and keeps exchange
tables that two starting workers can tear. Here a message appears by rename, is claimed by
rename, and a queue needs no table, since every message names its queue. A file that is no
message is dropped: the rows are the record.
"""

from __future__ import annotations

import logging
import uuid
from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any, ClassVar

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

logger = logging.getLogger(__name__)

_MOMENT_S = 0.25
"""So long one call waits for a message."""


class Channel(filesystem.Channel):
    """A message is a file `<time>_<uuid>.<queue>.msg`; a leading dot means that it is not out."""

    supports_fanout = False

    def _queue_bind(
        self, exchange: str | None, routing_key: str | None, pattern: str | None, queue: str | None
    ) -> None:
        """Nothing to keep: a message's routing key is the name of its queue."""

    def _lookup(self, exchange: str, routing_key: str, default: str | None = None) -> list[str]:
        return [routing_key]

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        hidden = folder / f".{name}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            hidden.write_text(dumps(payload))
            hidden.rename(folder / name)
        except OSError as error:
            raise ChannelError(f"cannot write to the broker's folder: {error}") from error

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        folder = Path(self.data_folder_in)
        for name in self._waiting(queue):
            claimed = folder / f".{uuid.uuid4().hex}.claimed"
            try:
                (folder / name).rename(claimed)
                text = claimed.read_text()
                claimed.unlink()
                payload = loads(text)
            except OSError:
                continue
            except ValueError:
                logger.warning("Dropped a file that is no message: %s", name)
                continue
            if isinstance(payload, dict):
                return payload
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _waiting(self, queue: str) -> list[str]:
        """The files of a queue, oldest first; none while the folder is away."""
        try:
            names = [path.name for path in Path(self.data_folder_in).iterdir()]
        except OSError:
            return []
        return sorted(name for name in names if _queue_of(name) == queue)


class Transport(filesystem.Transport):
    """kombu's filesystem transport with the channel above; it has no host to be told of."""

    Channel = Channel
    default_connection_params: ClassVar[dict[str, Any]] = {}

    def drain_events(  # type: ignore[override]
        self, connection: Any, timeout: float | None = None
    ) -> None:
        """For a moment at most: Celery's loop sees only between two calls that it is to stop,
        and then still makes a last one.
        """
        longest = _MOMENT_S if timeout is None else min(timeout, _MOMENT_S)
        super().drain_events(connection, longest)


def _queue_of(file_name: str) -> str:
    """The queue in a message's file name; empty for every other file."""
    if file_name.startswith(".") or not file_name.endswith(".msg"):
        return ""
    return file_name.partition(".")[2].removesuffix(".msg")
