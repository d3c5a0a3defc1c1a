"""Who accepts a SOP Class or a transfer syntax, among 1,000,000 capabilities on PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.bench_inventory import CT_IMAGES, LARGE, answers, asking, viewer
from benchmarks.figures import Figure, duration, measure_in_turns, report
from benchmarks.home import fresh_home
from tests.parts.servers import PostgresServer

JPEG_2000 = "1.2.840.10008.1.2.4.90"
AT_MOST_S = 0.1
QUESTIONS = {
    "a SOP Class": f"/accepts/?uid={CT_IMAGES}",
    "a transfer syntax": f"/accepts/?uid={JPEG_2000}",
    "Verification, as all do": "/accepts/?uid=1.2.840.10008.1.1",
    "Implicit VR, as all do": "/accepts/?uid=1.2.840.10008.1.2",
    "Implicit VR as SCU, in nearly all capabilities": "/accepts/?uid=1.2.840.10008.1.2&role=SCU",
    "JPEG 2000 as SCU": f"/accepts/?uid={JPEG_2000}&role=SCU",
}


def figures() -> Iterator[Figure]:
    """The whole page, with its count and its first rows."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
    client = viewer()
    call_command("seed_inventory", stdout=sys.stderr, **LARGE)
    known = {name: url for name, url in QUESTIONS.items() if answers(client, url)}
    samples = measure_in_turns(*(asking(client, url) for url in known.values()))
    for name, sample in zip(known, samples, strict=True):
        title = f"who accepts {name}, {LARGE['capabilities']:,} capabilities"
        yield duration(title, sample, at_most_s=AT_MOST_S)


def main() -> None:
    """Measure on a private PostgreSQL."""
    postgres = PostgresServer()
    try:
        with fresh_home(
            DATABASE_URL=postgres.create_database("bench"),
            SECRET_KEY="for benchmarks only",
            DICOMCFG_HTTPS="no",
            DICOMCFG_ALLOWED_HOSTS="testserver",
        ):
            report(figures())
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
