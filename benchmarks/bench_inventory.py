"""Does any page slow down with the inventory? 10,000 AEs with 5,000 associations and 1,000,000
capabilities beside a hundredth of each.

Two made-up networks on SQLite are asked for the same pages in turns; times are of the whole
request on the server. Pages are named by their address; one that the application lacks is told
on standard error and left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.figures import Figure, duration, measure_in_turns, ratio, report
from benchmarks.home import fresh_home

FACTOR = 100
LARGE = {"aes": 10_000, "associations": 5_000, "capabilities": 1_000_000}
SMALL = {name: number // FACTOR for name, number in LARGE.items()}
AT_MOST = 1.5
CT_IMAGES = "1.2.840.10008.5.1.4.1.1.2"
# AE and association stand for the same row in both networks.
PAGES = {
    "AE list": "/aes/",
    "devices": "/devices/",
    "association list": "/associations/",
    "AE": "/aes/{ae}/",
    "association": "/associations/{association}/",
    "its presentation contexts": "/associations/{association}/contexts/",
    "search for a title": "/search/?q=CT_ER",
    "search for words": "/search/?q=ward+ct",
    "search for a UID": f"/search/?q={CT_IMAGES}",
    "drift": "/drift/",
    "map": "/map/",
    "map of a site": "/map/?in=s{site}",
    "matrix": "/map/matrix/",
}


def figures() -> Iterator[Figure]:
    """The pages on SQLite, the small network and the large one in turns."""
    from django.core.management import call_command

    from benchmarks.stores import copied_store, using

    call_command("collectstatic", interactive=False, verbosity=0)
    client = viewer()
    small, large = copied_store("large.sqlite3")
    for store, size in ((small, SMALL), (large, LARGE)):
        with using(store):
            call_command("seed_inventory", stdout=sys.stderr, **size)
    names, asked = [], []
    for name, address in PAGES.items():
        pair = []
        for store in (small, large):
            with using(store):
                pair.append(using(store)(asking(client, _address(address))))
                known = answers(client, _address(address))
        if known:
            names.append(name)
            asked += pair
    samples = measure_in_turns(*asked)
    for name, few, many in zip(names, samples[::2], samples[1::2], strict=True):
        yield duration(f"{name}, {LARGE['aes']:,} AEs", many)
        yield ratio(f"... beside {SMALL['aes']:,} AEs", many, few, at_most=AT_MOST)


def viewer() -> Any:
    """A browser in the hands of somebody who may look."""
    from django.test import Client

    from dicomcfg.accounts.models import Role, User

    client = Client()
    user = User.objects.create(username="benchmark", role=Role.VIEWER)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _address(pattern: str) -> str:
    """The address about rows of the network: a modality, its association, the first site."""
    from dicomcfg.inventory.models import Association

    first = Association.objects.select_related("calling").filter(
        calling__ae_title__startswith="US_"
    )
    row = first.earliest("pk")
    return pattern.format(ae=row.calling_id, association=row.pk, site=row.calling.site_id)


def answers(client: Any, address: str) -> bool:
    """Whether the application has this page."""
    status = client.get(address).status_code
    if status == 404:
        print(f"{address} is not there", file=sys.stderr)
    return bool(status != 404)


def asking(client: Any, address: str) -> Callable[[], None]:
    """What asks for a page and insists on an answer."""

    def ask() -> None:
        response = client.get(address)
        assert response.status_code == 200, f"{address}: {response.status_code}"

    return ask


def main() -> None:
    """Measure in a temporary home."""
    with fresh_home(DICOMCFG_ALLOWED_HOSTS="testserver"):
        report(figures())


if __name__ == "__main__":
    main()
