"""A process that holds associations open, or one that accepts them, by us or by pynetdicom.

`python -m benchmarks.associations hold ours 1000 PORT` prints the bytes that each association
takes; `accept ours` prints its port; both then wait until they are killed.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from pynetdicom import AE, evt

from benchmarks.bench_network import ADDRESSES, ENVIRONMENT, VERIFICATION, pynetdicom_requestor
from dicomcfg.core.negotiation.proposal import split
from dicomcfg.network.acceptor import AcceptorPolicy, serve
from dicomcfg.network.open_files import allow_open_files
from dicomcfg.probes.climb import Climb
from dicomcfg.probes.echo import VERIFICATION_CONTEXT
from dicomcfg.probes.target import Limits, Target


def resident_bytes() -> int:
    """Memory of this process that is in use (proc_pid_statm: resident)."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def tell_growth(before: int, count: int) -> None:
    """Print the bytes for each of `count`."""
    print((resident_bytes() - before) // count, flush=True)


async def hold_ours(count: int, port: int) -> None:
    """As a sweep has them open: the probe's own rungs, without leaving them."""
    (proposal,) = split((VERIFICATION_CONTEXT,))
    before = resident_bytes()
    async with AsyncExitStack() as stack:
        for number in range(count):
            target = Target(ADDRESSES[number % len(ADDRESSES)], port, "ANY-SCP", "BENCH")
            climb = Climb("echo", target, Limits(600.0), ENVIRONMENT)
            addresses = await climb.resolve()
            await stack.enter_async_context(climb.association(addresses, proposal.contexts))
        tell_growth(before, count)
        await asyncio.Event().wait()


def hold_theirs(count: int, port: int) -> None:
    """pynetdicom's requestor, set up once."""
    ae = pynetdicom_requestor()
    before = resident_bytes()
    held = [ae.associate(ADDRESSES[n % len(ADDRESSES)], port) for n in range(count)]
    assert all(association.is_established for association in held)
    tell_growth(before, count)
    signal.pause()


async def accept_ours() -> None:
    """Our acceptor, which lets associations idle."""
    async with serve(AcceptorPolicy(idle_s=600.0), "0.0.0.0", 0) as port:
        print(port, flush=True)
        await asyncio.Event().wait()


def accept_theirs() -> None:
    """pynetdicom's acceptor."""
    ae = AE()
    ae.maximum_associations = 1000
    ae.network_timeout = 600
    ae.add_supported_context(VERIFICATION)
    server = ae.start_server(("0.0.0.0", 0), block=False, evt_handlers=[(evt.EVT_C_ECHO, _echo)])
    assert server is not None
    print(server.server_address[1], flush=True)
    signal.pause()


def _echo(event: evt.Event) -> int:
    return 0


def main(act: str, side: str, *rest: str) -> None:
    """What the arguments say."""
    allow_open_files(4096)
    numbers = [int(word) for word in rest]
    if side == "ours":
        asyncio.run(hold_ours(*numbers) if act == "hold" else accept_ours())
    elif act == "hold":
        hold_theirs(*numbers)
    else:
        accept_theirs()


if __name__ == "__main__":
    main(*sys.argv[1:])
