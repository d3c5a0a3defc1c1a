"""Rows to check, real peers to check them against, and one worker's identity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from dicomcfg.checks.presence import Presence
from dicomcfg.inventory.models import AE, Site
from dicomcfg.network.acceptor import AcceptorPolicy
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.probes.environment import Environment
from tests.parts import rows
from tests.parts.executing import work_off
from tests.parts.limits import within
from tests.parts.peers import listening

MakeAe: TypeAlias = Callable[..., AE]
Peer: TypeAlias = Callable[[AcceptorPolicy], int]
RunIds: TypeAlias = Callable[[Sequence[int]], None]


@pytest.fixture
def site(db: None) -> Site:
    """The site that exists from the start."""
    return Site.objects.get()


@pytest.fixture
def make_ae(site: Site) -> MakeAe:
    """An AE in the first site; `port` gives it a connection on loopback."""

    def make(ae_title: str = "PACS", port: int | None = None, **fields: object) -> AE:
        address = None if port is None else f"127.0.0.1:{port}"
        return rows.make_ae(ae_title, address, **fields)

    return make


@pytest.fixture
def peer() -> Iterator[Peer]:
    """Starts acceptors that last as long as the test."""
    with ExitStack() as stack:
        yield lambda policy: stack.enter_context(listening(policy)).port


@pytest.fixture
def presence(tmp_path: Path) -> Iterator[Presence]:
    """A worker's identity in a folder of its own."""
    one = Presence.announce(tmp_path / "workers", "bulk")
    yield one
    one.withdraw()


@pytest.fixture
def environment() -> Environment:
    """Loopback is what tests may reach."""
    return Environment(policy=AddressPolicy(allows_loopback=True))


@pytest.fixture
def run_ids(presence: Presence, environment: Environment) -> RunIds:
    """What a worker does with the ids of a message, to their results."""
    return lambda ids: work_off(ids, presence, environment, within(5.0))
