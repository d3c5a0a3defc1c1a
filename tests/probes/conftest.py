"""Scripted peers: each does exactly one wrong thing, on loopback."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import pytest

Script: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ScriptedPeer: TypeAlias = Callable[[Script], AbstractAsyncContextManager[int]]


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with a RST instead of a FIN."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.fixture
def scripted_peer() -> ScriptedPeer:
    """`async with scripted_peer(script) as port`: every connection is handed to the script."""

    @asynccontextmanager
    async def serve(script: Script) -> AsyncIterator[int]:
        tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await script(reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                writer.transport.abort()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks[asyncio.get_running_loop().create_task(handle(reader, writer))] = writer

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task, writer in tasks.items():
                task.cancel()
                writer.transport.abort()  # a task that never began does not
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.wait_closed()

    return serve
