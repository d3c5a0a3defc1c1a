"""Writing a Document as a file of a format, for the commands that do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from dicomcfg.commands import output
from dicomcfg.core.findings import Finding, has_errors
from dicomcfg.core.formats import registry
from dicomcfg.core.formats.base import Format
from dicomcfg.core.formats.output import output as written_as
from dicomcfg.core.formats.output import writable
from dicomcfg.core.records import Document

_Command = TypeVar("_Command", bound=Callable[..., Any])


def writing_options(command: _Command) -> _Command:
    """`-o`, `--each` and `--json`, as both commands have them."""
    out = click.option(
        "-o",
        "--output",
        "target",
        metavar="OUT",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The file to write, replacing what is there; else standard output.",
    )
    each = click.option("--each", is_flag=True, help="A zip of a file for each set of contexts.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print Document and findings.")
    return out(each(as_json(command)))


def format_to_write(name: str) -> Format:
    """A format that can be written. A usage error that lists those, where it is none."""
    chosen = registry.FORMATS.get(name)
    if chosen is None or chosen.write is None:
        known = ", ".join(each.name for each in writable())
        why = "there is no format" if chosen is None else "nothing can be written as"
        raise click.UsageError(f"{why} {name}; there are {known}")
    return chosen


def write_out(
    document: Document, chosen: Format, target: Path | None, *, each: bool, as_json: bool
) -> NoReturn:
    """Write the file, tell what it does not carry on standard error, and leave.

    Exit code 0, with losses too; 2 where an error stands in the way, and nothing is written. With
    `as_json` the Document and every finding are one object on standard output instead, and the
    file is written where `target` names one.
    """
    findings: tuple[Finding, ...] = document.findings
    data = b""
    if not has_errors(findings):
        made = written_as(document, chosen, "dicomcfg", each=each)
        findings, data = (*findings, *made.findings), made.data
    if as_json:
        output.print_json(replace(document, findings=findings).to_json())
    else:
        output.print_findings(findings, err=True)
    if has_errors(findings):
        sys.exit(2)
    if target is not None:
        _replace(target, data)
    elif not as_json:
        _print_bytes(data, binary=chosen.is_binary or each)
    sys.exit(0)


def _print_bytes(data: bytes, *, binary: bool) -> None:
    if binary and sys.stdout.isatty():
        raise click.UsageError("this is no text for a terminal: name a file with -o")
    click.echo(data, nl=False)


def _replace(target: Path, data: bytes) -> None:
    """Write all of it or nothing: whoever reads the file meets the old one or the new one."""
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)  # a pipe or a terminal
            return
        real = target.resolve()
        new = real.with_name(f".{real.name}.{os.getpid()}.new")
        try:
            new.write_bytes(data)
            if real.exists():
                new.chmod(real.stat().st_mode & 0o777)
            new.replace(real)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise click.UsageError(f"{target}: {error.strerror}") from error
