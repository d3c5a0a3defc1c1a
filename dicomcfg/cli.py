"""The command line `dicomcfg`: a table of commands, each imported only when it is called.

Whoever sits at the shell acts for himself, so no address policy binds the live commands. Exit
codes: 0 success, 1 the thing tested failed, 2 usage or unreadable input.
"""

from __future__ import annotations

from importlib import import_module

import click

from dicomcfg import __version__

# name -> (where the click command is, its line in the help)
COMMANDS = {
    "create-association": (
        "dicomcfg.commands.create_association:create_association",
        "Make a pair that proposes every known SOP Class.",
    ),
    "demo": ("dicomcfg.commands.demo:demo", "Run the demo network on loopback."),
    "discover": (
        "dicomcfg.commands.discover:discover",
        "Find everything that a peer accepts.",
    ),
    "echo": ("dicomcfg.commands.echo:echo", "Send one C-ECHO and time its stages."),
    "forecast": (
        "dicomcfg.commands.forecast:forecast",
        "Work out what two files would negotiate.",
    ),
    "import": ("dicomcfg.commands.import_:import_", "Import files of AEs and associations."),
    "inspect": ("dicomcfg.commands.inspect:inspect", "Read a file, print what it says."),
    "negotiate": ("dicomcfg.commands.negotiate:negotiate", "Propose a file's contexts to a peer."),
    "sweep": ("dicomcfg.commands.sweep:sweep", "Echo every AE of a file."),
    "worker": ("dicomcfg.commands.worker:worker", "Run the checks that people start."),
}


class LazyGroup(click.Group):
    """Finds its commands in COMMANDS, so that `echo` does not pay for what others import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """click: the names, for help and completion."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """click: the command of this name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """click: the list in the help, without importing a single command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dicomcfg")
def main() -> None:
    """Configure and test DICOM AE titles, addresses and presentation contexts."""
