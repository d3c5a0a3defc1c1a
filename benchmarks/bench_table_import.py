"""A pasted AE table, previewed and applied with its history, on a fresh SQLite database.

Goal: 1,000 AEs in at most 2 s. Prints the median of several runs with the spread, new rows and
then the same table with one port changed in every row; also 10,000 rows once.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

RUNS = 5
GOAL_S = 2.0


def table(rows: int, port: int) -> bytes:
    """A table of distinct AEs, ten a device, as a spreadsheet's clipboard gives it."""
    lines = ["AE Title\tHost\tPort\tDevice\tTags\tDescription"]
    lines += [
        f"AE{n:06}\t10.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}\t{port}\tBox {n // 10}"
        f"\tct, ward {n % 7}\tRoom {n % 40}"
        for n in range(rows)
    ]
    return "\n".join(lines).encode()


def import_once(rows: int, port: int) -> tuple[float, float]:
    """Seconds of the preview as a page would make it, then of the apply."""
    from dicomcfg.exchange.imports import keep_import
    from dicomcfg.exchange.tables import apply_table, preview_table
    from dicomcfg.inventory.services.actor import Actor

    start = time.perf_counter()
    kept = keep_import(None, table(rows, port), "bench.tsv", "ae-table")
    preview = preview_table(kept)
    assert not preview.blocked, preview.all_findings[:3]
    between = time.perf_counter()
    apply_table(Actor.command_line(), kept)
    return between - start, time.perf_counter() - between


def clear() -> None:
    """An empty inventory again."""
    from dicomcfg.exchange.models import Import
    from dicomcfg.inventory.models import AE, ChangeSet, Device

    for model in (Import, AE, Device, ChangeSet):
        model.objects.all().delete()


def show(name: str, times: list[tuple[float, float]]) -> float:
    """One line for a case; returns the median of preview and apply together."""
    totals = [preview + apply for preview, apply in times]
    median = statistics.median(totals)
    previews = statistics.median(preview for preview, _ in times)
    print(
        f"{name:<34} median {median:6.2f} s  (preview {previews:5.2f} s, "
        f"spread {min(totals):.2f} to {max(totals):.2f} s, {len(totals)} runs)"
    )
    return median


def main() -> None:
    """Measure in a database of its own and print the figures."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(DICOMCFG_HOME=home, DJANGO_SETTINGS_MODULE="dicomcfg.settings")
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        new, changed = [], []
        for _ in range(RUNS):
            clear()
            new.append(import_once(1000, 104))
            changed.append(import_once(1000, 11112))
        worst = max(show("1,000 AEs, all new", new), show("1,000 AEs, all changed", changed))
        clear()
        show("10,000 AEs, all new", [import_once(10_000, 104)])
        show("10,000 AEs, all changed", [import_once(10_000, 11112)])
        size_mb = Path(home, "dicomcfg.sqlite3").stat().st_size / 1e6
        verdict = "reached" if worst <= GOAL_S else "MISSED"
        print(f"goal {GOAL_S} s for 1,000: {verdict}; the database has {size_mb:.0f} MB")


if __name__ == "__main__":
    main()
