"""From the press of Echo to the result on the AE's row: service, broker, worker, database.

On the embedded default with a worker process of its own, to the canned acceptor.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, duration, measure_in_turns, report
from benchmarks.home import fresh_home
from benchmarks.peers import ROOT, canned_acceptor
from benchmarks.waiting import wait_until

if TYPE_CHECKING:
    from dicomcfg.inventory.models import AE

LOOK_S = 0.002
PATIENCE_S = 30.0

soon = partial(wait_until, look_s=LOOK_S, within_s=PATIENCE_S)


@contextmanager
def worker() -> Iterator[None]:
    """A worker that serves the interactive lane."""
    from dicomcfg.checks import selectors

    command = [sys.executable, "-m", "dicomcfg", "worker", "--lanes", "interactive"]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, stdout=nowhere, stderr=nowhere) as process:
        try:
            soon(lambda: bool(selectors.workers()))
            yield
        finally:
            process.terminate()


def press(ae: AE) -> None:
    """Start an echo as the button does and wait for the row to show its result."""
    from dicomcfg.checks.services import start_echo
    from dicomcfg.inventory.models import AE

    check = start_echo(None, [ae]).checks.get()
    soon(lambda: AE.objects.filter(pk=ae.pk, latest_check_id=check.pk).exists())
    assert AE.objects.get(pk=ae.pk).latest_outcome == "success"


def figures() -> Iterator[Figure]:
    """One AE, pressed again and again."""
    from dicomcfg.inventory.models import AE, Connection, Site

    with canned_acceptor() as port, worker():
        ae = AE.objects.create(site=Site.objects.earliest("pk"), ae_title="CANNED")
        Connection.objects.create(ae=ae, hostname="127.7.0.1", port=port)
        (pressed,) = measure_in_turns(lambda: press(ae))
    yield duration("press of Echo to the result on the row", pressed)


if __name__ == "__main__":
    with fresh_home(DICOMCFG_ALLOW_LOOPBACK="1"):
        report(figures())
