"""A pasted AE table previewed and applied with its history, on a fresh SQLite database.

New rows first, then the same table with one port changed in every row.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure, duration, measure_in_turns, report
from benchmarks.home import fresh_home

ROWS = 1000
ROUNDS = 7


def table(rows: int, port: int) -> bytes:
    """A table of distinct AEs, ten a device, as a spreadsheet's clipboard gives it."""
    lines = ["AE Title\tHost\tPort\tDevice\tTags\tDescription"]
    lines += [
        f"AE{n:06}\t10.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}\t{port}\tBox {n // 10}"
        f"\tct, ward {n % 7}\tRoom {n % 40}"
        for n in range(rows)
    ]
    return "\n".join(lines).encode()


def paste(rows: int, port: int) -> None:
    """The preview as a page would make it, then the apply."""
    from dicomcfg.exchange.imports import keep_import
    from dicomcfg.exchange.tables import apply_table, preview_table
    from dicomcfg.inventory.services.actor import Actor

    kept = keep_import(None, table(rows, port), "bench.tsv", "ae-table")
    preview = preview_table(kept)
    assert not preview.blocked, preview.all_findings[:3]
    apply_table(Actor.command_line(), kept)


def clear() -> None:
    """An empty inventory again."""
    from dicomcfg.exchange.models import Import
    from dicomcfg.inventory.models import AE, ChangeSet, Device

    for model in (Import, AE, Device, ChangeSet):
        model.objects.all().delete()


def figures() -> Iterator[Figure]:
    """Pasting new rows and changed ones in turns, the store emptied before each new table."""
    _, new, changed = measure_in_turns(
        clear, lambda: paste(ROWS, 104), lambda: paste(ROWS, 11112), rounds=ROUNDS
    )
    yield duration(f"pasted table of {ROWS:,} AEs, all new", new, at_most_s=2)
    yield duration(f"pasted table of {ROWS:,} AEs, all changed", changed, at_most_s=2)


if __name__ == "__main__":
    with fresh_home():
        report(figures())
