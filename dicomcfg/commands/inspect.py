"""`dicomcfg inspect FILE`: what a file says, in our words, and what is wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dicomcfg.commands import files, output
from dicomcfg.core.findings import has_errors
from dicomcfg.core.records import Document, PresentationContext
from dicomcfg.core.standard.endpoint import endpoint


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format_name", metavar="F", help="The format, where detection errs.")
@click.option("--json", "as_json", is_flag=True, help="Print the Document as one JSON object.")
def inspect(file: Path, format_name: str | None, as_json: bool) -> None:
    """Detect the format of FILE, read it, print the Document and its findings."""
    document = files.read(file, format_name)
    if as_json:
        output.print_json(document.to_json())
    else:
        _print(document)
        output.print_findings(document.findings)
    sys.exit(2 if has_errors(document.findings) else 0)


def _print(document: Document) -> None:
    click.echo(f"format: {document.format}")
    rows = [("ae title", "device", "connections")]
    for ae in document.aes:
        connections = ", ".join(endpoint(c.hostname, c.port) for c in ae.connections)
        rows.append((ae.ae_title, ae.device or "", connections))
    if document.aes:
        click.echo()
        output.print_table(rows)
    for pair in document.associations:
        _print_contexts(f"association {pair.calling} -> {pair.called}", pair.presentation_contexts)
    for profile in document.profiles:
        _print_contexts(f"profile {profile.name}", profile.presentation_contexts)


def _print_contexts(title: str, contexts: tuple[PresentationContext, ...]) -> None:
    click.echo(f"\n{title}")
    for context in contexts:
        click.echo(f"  {output.named(context.abstract_syntax)}")
        for uid in context.transfer_syntaxes:
            click.echo(f"    {output.named(uid)}")
