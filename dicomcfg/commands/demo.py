"""`dicomcfg demo`: the demo network on loopback, until interrupted."""

from __future__ import annotations

import asyncio
import contextlib
import signal

import click

from dicomcfg.commands import output
from dicomcfg.home import home_folder, tls_folder
from dicomcfg.network.demo import DEMO_AES, DEMO_BASE_PORT, DEMO_HOST, serve_demo
from dicomcfg.network.demo_tls import demo_context


@click.command()
@click.option("--host", default=DEMO_HOST, show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535 - len(DEMO_AES)),
    default=DEMO_BASE_PORT,
    envvar="DICOMCFG_DEMO_PORT",
    show_default=True,
    show_envvar=True,
    help=f"The first of {len(DEMO_AES)} ports.",
)
def demo(host: str, port: int) -> None:
    """Run the demo network on loopback until interrupted."""
    with contextlib.suppress(KeyboardInterrupt):
        try:
            asyncio.run(_serve(host, port))
        except OSError as error:
            raise click.ClickException(f"cannot listen: {error}") from error


async def _serve(host: str, base_port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    tls = demo_context(home_folder() / "demo", tls_folder(), host)
    async with serve_demo(tls, host, base_port) as ports:
        output.print_table(
            (ae.ae_title, f"{host}:{ports[ae.ae_title]}", ae.description) for ae in DEMO_AES
        )
        click.echo("Ready. Ctrl-C stops it.")
        await stop.wait()
