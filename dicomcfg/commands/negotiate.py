"""`dicomcfg negotiate HOST:PORT --contexts FILE`: what a peer accepts of a file's contexts."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from dicomcfg.commands import files, output
from dicomcfg.commands.live import LiveOptions, live_options, probe_and_tell
from dicomcfg.commands.request_options import ProposalOptions, proposal_options
from dicomcfg.core.findings import has_errors


@click.command()
@live_options
@proposal_options
@click.option(
    "--contexts",
    "file",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="Any readable file with contexts.",
)
@click.option("--profile", help="The profile of the file to propose.")
@click.option("--association", metavar="CALLING:CALLED", help="The association to propose.")
def negotiate(
    endpoint: tuple[str, int],
    file: Path,
    profile: str | None,
    association: str | None,
    **given: Any,
) -> None:
    """Propose the contexts of FILE to HOST:PORT and print the result of each.

    The file's role selections and extended negotiations are proposed with them.
    """
    if profile is not None and association is not None:
        raise click.UsageError("--profile and --association exclude each other")
    beside = ProposalOptions(
        **{each.name: given.pop(each.name) for each in fields(ProposalOptions)}
    )
    options = LiveOptions(**given)
    document = files.read(file)
    if has_errors(document.findings):
        if options.as_json:
            output.print_json({"findings": [f.to_json() for f in document.findings]})
        else:
            output.print_findings(document.findings)
        raise SystemExit(2)
    chosen = files.proposal(document, profile, association)
    if not chosen.presentation_contexts:
        raise click.UsageError("there are no contexts to propose")
    target = options.target(endpoint, chosen.presentation_contexts, beside.request_options(chosen))
    probe_and_tell("negotiate", target, options)
