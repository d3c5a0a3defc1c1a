"""`dicomcfg formats`: what can be read and what can be written."""

from __future__ import annotations

import click

from dicomcfg.commands import output
from dicomcfg.core.formats.registry import FORMATS


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def formats(as_json: bool) -> None:
    """List the formats by name, and whether each is read only or written too."""
    if as_json:
        rows = [
            {"name": each.name, "title": each.title, "write": each.write is not None}
            for each in FORMATS.values()
        ]
        output.print_json({"formats": rows})
        return
    heading = ("name", "", "what it is")
    output.print_table(
        [
            heading,
            *(
                (each.name, "read, write" if each.write else "read", each.title)
                for each in FORMATS.values()
            ),
        ]
    )
