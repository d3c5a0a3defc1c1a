"""`dicomcfg convert FILE... --to FORMAT`: one format into another; no database is needed."""

from __future__ import annotations

from pathlib import Path

import click

from dicomcfg.commands import files
from dicomcfg.commands.writing import format_to_write, write_out, writing_options


@click.command()
@click.argument(
    "paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--to", "name", metavar="FORMAT", required=True, help="See `dicomcfg formats`.")
@click.option("--format", "format_name", metavar="F", help="What FILE is, where detection errs.")
@writing_options
def convert(
    paths: tuple[Path, ...],
    name: str,
    format_name: str | None,
    target: Path | None,
    each: bool,
    as_json: bool,
) -> None:
    """Read FILE, whatever its format, and write it as FORMAT.

    Several files, a zip archive and a folder are read as one; `-` is standard input. What FORMAT
    cannot carry is told on standard error. Exit code 0, also with losses; 2 for usage, or input
    that cannot be read, and then nothing is written.
    """
    chosen = format_to_write(name)
    document = files.read_all(paths, format_name).document
    write_out(document, chosen, target, each=each, as_json=as_json)
