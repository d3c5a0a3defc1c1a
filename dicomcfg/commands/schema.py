"""`dicomcfg schema`: the JSON Schema of the Document, for editors and programs that write it."""

from __future__ import annotations

import click

from dicomcfg.commands import output
from dicomcfg.core.formats.document.document_schema import document_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema of the Document, in which dicomcfg-json and dicomcfg-yaml are."""
    output.print_json(document_schema())
