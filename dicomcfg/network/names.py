"""Host names to addresses, in threads of our own that may be left behind.

getaddrinfo cannot be interrupted, and asyncio's default executor makes both the event loop and
the interpreter wait for its threads. These are daemons, bounded in number: a look-up that hangs
costs one of them until the system gives up, never a caller past its deadline.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import TypeAlias

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.network.failure import NetworkFailure

Lookup: TypeAlias = Callable[[str, int], list[str]]
THREADS_BOUND = 16


def system_lookup(hostname: str, port: int) -> list[str]:
    """The system's addresses for a name in its order of preference, each once.

    Raises NetworkFailure (`unknown-name`, `temporary-failure`, `malformed-name`).
    """
    try:
        found = socket.getaddrinfo(hostname, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        is_temporary = error.errno == socket.EAI_AGAIN
        raise _not_resolved("temporary-failure" if is_temporary else "unknown-name") from error
    except ValueError as error:
        raise _not_resolved("malformed-name") from error
    addresses = [_scoped(family, sockaddr) for family, _, _, _, sockaddr in found]
    return list(dict.fromkeys(addresses))


def _not_resolved(detail: str) -> NetworkFailure:
    return NetworkFailure(Outcome.NAME_NOT_RESOLVED, detail)


def _scoped(family: int, sockaddr: tuple[object, ...]) -> str:
    """The address with its zone, without which a link-local one leads nowhere."""
    text = str(sockaddr[0])
    if family == socket.AF_INET6 and "%" not in text and sockaddr[3]:
        return f"{text}%{sockaddr[3]}"
    return text


@dataclass(frozen=True, slots=True)
class _Job:
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[list[str]]
    hostname: str
    port: int


class Resolver:
    """Resolves names for any number of event loops; `lookup` is what a thread runs."""

    def __init__(self, lookup: Lookup = system_lookup, threads_bound: int = THREADS_BOUND) -> None:
        self._lookup = lookup
        self._threads_bound = threads_bound
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._idle = 0

    async def resolve(self, hostname: str, port: int) -> list[str]:
        """Addresses of `hostname`, which may be an address itself.

        Raises NetworkFailure. Waits as long as the system does: callers set the limit,
        and cancelling leaves the thread to itself.
        """
        if _is_address(hostname):
            return [hostname]
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[str]] = loop.create_future()
        self._submit(_Job(loop, future, hostname, port))
        addresses = await future
        if not addresses:
            raise _not_resolved("no-address")
        return addresses

    def _submit(self, job: _Job) -> None:
        with self._changed:
            self._jobs.append(job)
            self._changed.notify()
            if len(self._jobs) <= self._idle or self._threads >= self._threads_bound:
                return
            self._threads += 1
        threading.Thread(target=self._serve, name="dicomcfg-names", daemon=True).start()

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                while not self._jobs:
                    self._changed.wait()
                job = self._jobs.popleft()
                self._idle -= 1
            # Abandoned while it waited in the queue: not worth a look-up any more.
            if not job.future.cancelled():
                self._run(job)

    def _run(self, job: _Job) -> None:
        try:
            result: list[str] | Exception = self._lookup(job.hostname, job.port)
        except NetworkFailure as error:
            result = error
        except Exception as error:
            # Whatever a look-up raises, the thread lives and the caller hears of it.
            result = _not_resolved("look-up-failed")
            result.__cause__ = error
        try:
            job.loop.call_soon_threadsafe(_settle, job.future, result)
        except RuntimeError:
            # The loop that asked is closed; nobody waits for this answer.
            return


def _settle(future: asyncio.Future[list[str]], result: list[str] | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


@lru_cache(maxsize=4096)
def _is_address(text: str) -> bool:
    """Whether `text` can be connected to as it stands, hence stricter than what a form takes."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
