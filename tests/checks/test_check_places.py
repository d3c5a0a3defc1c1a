"""Which checks one message names: whoever takes it keeps the caps and the pace of all in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dicomcfg.checks import places, services
from dicomcfg.checks.models import CheckRun
from dicomcfg.inventory.models import AE, Device
from dicomcfg.probes.sweep import UNPACED, Pace


@pytest.fixture
def sweep(
    make_ae: Callable[..., AE], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Pace], list[list[int]]]:
    """Sweeps two AEs of one device, two at one address and two others; positions by message."""
    monkeypatch.setattr(places, "MESSAGE_IDS", 2)

    def message_positions(pace: Pace) -> list[list[int]]:
        scanner = Device.objects.create(name="SCANNER")
        hosts = ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.3", "10.0.0.6")
        aes = [
            make_ae(f"AE{n}", 104, device=scanner if n in (0, 3) else None)
            for n in range(len(hosts))
        ]
        for ae, hostname in zip(aes, hosts, strict=True):
            ae.connections.update(hostname=hostname)
        run: CheckRun = services.start_sweep(None, aes=aes, pace=pace)
        ids = list(run.checks.order_by("pk").values_list("pk", flat=True))
        return [[ids.index(pk) for pk in message] for message in places.messages_of(ids)]

    return message_positions


def test_checks_of_one_device_or_address_share_a_message(
    sweep: Callable[[Pace], list[list[int]]],
) -> None:
    assert sweep(UNPACED) == [[0, 3], [1], [2, 4], [5]]


def test_checks_of_a_run_with_a_rate_share_a_message(
    sweep: Callable[[Pace], list[list[int]]],
) -> None:
    assert sweep(Pace(rate_per_s=10.0)) == [[0, 1, 2, 3, 4, 5]]
