"""`dicomcfg echo HOST:PORT`: one C-ECHO with its stage times."""

from __future__ import annotations

from typing import Any

import click

from dicomcfg.commands.live import LiveOptions, live_options, probe_and_tell


@click.command()
@live_options
def echo(endpoint: tuple[str, int], **given: Any) -> None:
    """Send one C-ECHO to HOST:PORT and time its stages."""
    options = LiveOptions(**given)
    probe_and_tell("echo", options.target(endpoint), options)
