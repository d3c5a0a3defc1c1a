"""A run's results as CSV for a spreadsheet: a line a check, made as they are read."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from dicomcfg.checks.models import Check, CheckRun
from dicomcfg.checks.selectors import with_hosts
from dicomcfg.core.formats.tables.table_writer import escape_formula

# The first four are read as an AE table by the import.
HEADINGS = (
    "AE Title",
    "Host",
    "Port",
    "TLS",
    "Called as",
    "Site",
    "Outcome",
    "Result",
    "Took ms",
    "Finished (UTC)",
    "Worker host",
    "What it means",
)
_AT_A_TIME = 500


class _Line:
    """A file that hands each line on instead of keeping it."""

    def write(self, text: str) -> str:
        """The line itself, which `csv` passes through."""
        return text


def csv_lines(run: CheckRun) -> Iterator[str]:
    """The heading and a line for each check; nothing in them runs as a formula."""
    writer = csv.writer(_Line())
    yield writer.writerow(HEADINGS)
    checks = with_hosts(run.checks.select_related("site").order_by("id"))
    for check in checks.iterator(_AT_A_TIME):
        yield writer.writerow([escape_formula(cell) for cell in _cells(check)])


def _cells(check: Check) -> tuple[str, ...]:
    target = check.target
    finished = check.finished_at
    return (
        target["called_ae_title"],
        target["hostname"],
        str(target["port"] or ""),
        target.get("tls") or "",
        target["calling_ae_title"],
        check.site.name,
        check.outcome or check.state,
        check.headline,
        "" if check.elapsed_ms is None else f"{check.elapsed_ms:.1f}",
        f"{finished:%Y-%m-%d %H:%M:%S}" if finished else "",
        getattr(check, "worker_host", None) or "",
        check.findings[0]["message"] if check.findings else "",
    )
