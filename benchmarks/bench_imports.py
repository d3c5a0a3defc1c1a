"""Large imports on a private PostgreSQL: reading and preview, applying with its history, undo.

A table of 20,000 AEs, all new and then all changed, and an association file of 100,000 lines.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from benchmarks.figures import Figure, Sample, duration, measure_in_turns, report
from benchmarks.home import fresh_home
from tests.parts.servers import PostgresServer

AES = 20_000
LINES = 100_000
ROUNDS = 3
MEMORY_MB = 1_000


def table(rows: int, port: int) -> bytes:
    """A table of distinct AEs, ten a device, as a spreadsheet's clipboard gives it."""
    lines = ["AE Title\tHost\tPort\tDevice\tTags\tDescription"]
    lines += [
        f"AE{n:06}\t10.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}\t{port}\tBox {n // 10}"
        f"\tct, ward {n % 7}\tRoom {n % 40}"
        for n in range(rows)
    ]
    return "\n".join(lines).encode()


def association_file(lines: int) -> bytes:
    """Pairs of 2,500 private SOP Classes with 40 private transfer syntaxes."""
    pairs = product(range(lines // 40), range(40))
    return "".join(f"1.2.840.99999.1.{a}\\1.2.840.99999.2.{t}\n" for a, t in pairs).encode()


@dataclass
class Bench:
    """The import under way, so that preview, apply and undo are timed apart."""

    data: bytes = b""
    options: dict[str, object] | None = None
    kept: object = None

    def preview(self) -> None:
        """What a person waits for after dropping the file."""
        from dicomcfg.core.formats.bundle import Given
        from dicomcfg.exchange.imports import keep
        from dicomcfg.exchange.preview import prepare

        row = keep(None, [Given("bench.txt", self.data)], **(self.options or {}))
        prepare(row)
        assert row.state == "previewed", row.problem
        self.kept = row

    def apply(self) -> None:
        """What a person waits for after pressing the button."""
        from dicomcfg.exchange.applying import apply
        from dicomcfg.exchange.models import Import
        from dicomcfg.inventory.services.actor import Actor

        assert isinstance(self.kept, Import)
        assert apply(Actor.command_line(), self.kept) is not None

    def undo(self) -> None:
        """What a person waits for who takes all of it back."""
        from dicomcfg.exchange.models import Import
        from dicomcfg.inventory.services.actor import Actor
        from dicomcfg.inventory.services.undo import undo

        assert isinstance(self.kept, Import)
        assert self.kept.change_set is not None
        undo(Actor.command_line(), self.kept.change_set)


def clear() -> None:
    """An empty inventory again, with no trace of what was in it.

    Rows that are deleted would still lie in the tables, and plans be made for a store that nobody
    has.
    """
    from django.db import connection

    from dicomcfg.exchange.models import Import
    from dicomcfg.inventory.models import AE, Association, ChangeSet, Device

    tables = ", ".join(
        connection.ops.quote_name(model._meta.db_table)
        for model in (Import, Association, AE, Device, ChangeSet)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")


def timed(data: bytes, options: dict[str, object], before: bytes) -> list[Sample]:
    """Preview, apply and undo of the file, over what applying `before` leaves."""
    bench, earlier = Bench(data, options), Bench(before, options)

    def prepared() -> None:
        clear()
        if before:
            earlier.preview()
            earlier.apply()

    actions = prepared, bench.preview, bench.apply, bench.undo
    return measure_in_turns(*actions, rounds=ROUNDS)[1:]


def memory_mb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def figures() -> Iterator[Figure]:
    """Each file with its preview, its apply and its undo, and the memory of all."""
    new, changed = table(AES, 104), table(AES, 11112)
    pair: dict[str, object] = {
        "target": "association",
        "calling": "new:CT1",
        "called": "new:PACS",
    }
    for name, data, options, before in (
        (f"table of {AES:,} AEs, all new", new, {}, b""),
        (f"table of {AES:,} AEs, all changed", changed, {}, new),
        (f"association file of {LINES:,} lines", association_file(LINES), pair, b""),
    ):
        preview, apply, undo = timed(data, options, before)
        yield duration(f"{name}: read and preview", preview, at_most_s=5)
        yield duration(f"{name}: apply", apply, at_most_s=10)
        yield duration(f"{name}: undo", undo, at_most_s=10)
    peak = memory_mb()
    bound, reached = f"at most {MEMORY_MB:,} MB", peak <= MEMORY_MB
    yield Figure("imports: peak memory", f"{peak:.0f} MB", "", ROUNDS, bound, reached)


def main() -> None:
    """On a database that is gone afterwards."""
    server = PostgresServer()
    try:
        with fresh_home(DATABASE_URL=server.create_database("bench"), SECRET_KEY="bench"):
            report(figures())
    finally:
        server.stop()


if __name__ == "__main__":
    main()
