"""`make bench`: every benchmark in a process of its own, gathered into one table.

Names as arguments run only those: `python -m benchmarks.run bench_pages`. The exit code is 1
when a target is missed or a benchmark fails.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure

HERE = Path(__file__).resolve().parent
WORDS = {True: "reached", False: "MISSED", None: ""}


def run_one(name: str) -> list[Figure]:
    """The figures of one benchmark; a line that is no figure is passed on to standard error."""
    process = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}"],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    figures = []
    for line in process.stdout.splitlines():
        if line.startswith('{"name": '):
            figures.append(Figure(**json.loads(line)))
        else:
            print(line, file=sys.stderr)
    if process.returncode != 0:
        figures.append(Figure(name, "failed", "", 0, f"exit code {process.returncode}", False))
    return figures


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all of them, and print the table."""
    table = Table(title=f"{platform.machine()}, Python {platform.python_version()}")
    for heading in ("figure", "median", "spread", "rounds", "target", ""):
        table.add_column(heading)
    missed = False
    for name in names or sorted(path.stem for path in HERE.glob("bench_*.py")):
        print(f"{name} ...", file=sys.stderr)
        for figure in run_one(name):
            missed |= figure.reached is False
            verdict = WORDS[figure.reached]
            columns = (figure.value, figure.spread, str(figure.rounds), figure.target, verdict)
            table.add_row(figure.name, *columns)
        table.add_section()
    Console(width=150).print(table)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
