"""Our acceptor as the peer of checks, in a thread, so that a test can hold its answers back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dicomcfg.network.acceptor import AcceptorPolicy, serve


@dataclass(frozen=True)
class Peer:
    """A listening acceptor; `loop` is its thread's."""

    port: int
    loop: asyncio.AbstractEventLoop

    @contextmanager
    def held(self) -> Iterator[None]:
        """Meanwhile it answers nobody, though the kernel takes connections on its behalf."""
        is_held, let_go = threading.Event(), threading.Event()

        def hold() -> None:
            is_held.set()
            let_go.wait()

        self.loop.call_soon_threadsafe(hold)
        assert is_held.wait(10)
        try:
            yield
        finally:
            let_go.set()


@contextmanager
def listening(policy: AcceptorPolicy, host: str = "127.0.0.1") -> Iterator[Peer]:
    """Our acceptor under a policy, on a port of its own, as long as the context lasts."""
    ports: list[int] = []
    is_up, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def main() -> None:
        async with serve(policy, host, 0) as port:
            ports.append(port)
            is_up.set()
            await stop.wait()

    def body() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    assert is_up.wait(10)
    try:
        yield Peer(ports[0], loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
