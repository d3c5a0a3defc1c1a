"""`make run`: prepare the store, start web, worker and demo network, and end them together.

The launcher holds the listening socket, so that a port in use is known before anything starts
and a restarted web server keeps its place. It waits for signals synchronously: no handlers, no
threads. It starts nothing that outlives it.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from dicomcfg.commands.django_setup import set_up_django
from dicomcfg.home import home_folder
from dicomcfg.processes import Child, stop_all

PROJECT = Path(__file__).resolve().parent.parent
ADDRESS = "127.0.0.1"
READY_WITHIN_S = 60.0
# A child may die this often within this time before the run is given up.
DEATHS, DEATHS_WITHIN_S = 3, 60.0
STOP = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class CannotRun(Exception):
    """Why the run ends, in words for whoever typed `make run`."""


def wanted_port() -> int:
    """PORT, 8000 by default. Raises CannotRun."""
    value = os.environ.get("PORT") or "8000"
    if not value.isascii() or not value.isdigit() or int(value) > 65_535:
        raise CannotRun(f"PORT must be a number from 0 to 65535, not {value!r}.")
    return int(value)


def open_port(port: int) -> socket.socket:
    """The listening socket; port 0 takes any free one. Raises CannotRun when it is taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise CannotRun(
            f"Port {port} of {ADDRESS} cannot be used: {error}. Try another: make run PORT=8001"
        ) from error
    return listener


def prepare_store() -> None:
    """Bring the tables up to date and collect the static files where they changed.

    Raises CannotRun when a setting, the home folder or the database cannot be used.
    """
    set_up_django()
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise CannotRun(f"The database cannot be used: {error}") from error
    connection.close()
    stamp = home_folder() / "static.stamp"
    fingerprint = _static_fingerprint()
    if not stamp.is_file() or stamp.read_text() != fingerprint:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(fingerprint)


def _static_fingerprint() -> str:
    """Changes whenever a static file of ours or of a library does."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def the_children(listener: socket.socket) -> list[Child]:
    """Web, worker and demo network, in the order in which they start."""
    listener_fd = listener.fileno()
    bind = f"fd://{listener_fd}"
    web = [sys.executable, "-m", "gunicorn", "dicomcfg.wsgi:application", "--bind", bind]
    command = [sys.executable, "-m", "dicomcfg"]
    return [
        Child("web", web, folder=PROJECT, pass_fds=(listener_fd,)),
        Child("worker", [*command, "worker"], folder=PROJECT),
        Child("demo", [*command, "demo"], folder=PROJECT, is_quiet=True),
    ]


class Supervisor:
    """Runs the children until a signal, or until one of them cannot be kept alive.

    `is_ready` is asked until it agrees, then `announce` is called once. The demo network is not
    essential: without it the run goes on and says so.
    """

    def __init__(
        self,
        children: list[Child],
        is_ready: Callable[[], bool],
        announce: Callable[[], None],
    ) -> None:
        self._children = children
        self._is_ready = is_ready
        self._announce = announce
        self._ready = False
        self._deaths: dict[str, deque[float]] = {
            child.name: deque(maxlen=DEATHS) for child in children
        }

    def run(self) -> None:
        """Returns after SIGINT, SIGTERM or SIGHUP. Raises CannotRun."""
        waited_for = {*STOP, signal.SIGCHLD}
        signal.pthread_sigmask(signal.SIG_BLOCK, waited_for)
        try:
            for child in self._children:
                child.start()
            deadline = time.monotonic() + READY_WITHIN_S
            while True:
                received = signal.sigtimedwait(waited_for, 60.0 if self._ready else 0.05)
                if received is not None and received.si_signo in STOP:
                    return
                for child in [child for child in self._children if child.ended() is not None]:
                    self._revive(child)
                if not self._ready:
                    self._announce_once_ready(deadline)
        finally:
            stop_all(self._children, within_s=15)  # the worker gives its own children 10

    def _revive(self, child: Child) -> None:
        deaths = self._deaths[child.name]
        deaths.append(time.monotonic())
        too_often = len(deaths) == DEATHS and deaths[-1] - deaths[0] < DEATHS_WITHIN_S
        what = f"The {child.name} process ended ({child.ended_because()})"
        child.stop()  # whatever it left in its group
        if self._ready and not too_often:
            click.echo(f"{what}; it is started again.", err=True)
            child.start()
        elif child.name == "demo":
            click.echo(f"{what}; going on without the demo network.", err=True)
            self._children.remove(child)
        else:
            raise CannotRun(f"{what}; its messages are above.")

    def _announce_once_ready(self, deadline: float) -> None:
        if self._is_ready():
            self._ready = True
            self._announce()
        elif time.monotonic() > deadline:
            raise CannotRun(f"No page answered within {READY_WITHIN_S:g} s.")


def page_answers(port: int) -> bool:
    """Whether the log-in page is served. Bounded: a stalled server counts as not yet."""
    connection = http.client.HTTPConnection(ADDRESS, port, timeout=2)
    try:
        connection.request("GET", "/login/")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(port: int) -> None:
    """Print where to go; the set-up link only while there is no administrator."""
    from django.db import connection

    from dicomcfg.accounts.services import issue_setup_link

    base = f"http://{ADDRESS}:{port}"
    path = issue_setup_link()
    connection.close()
    lines = [f"Ready: {base}/"] if path is None else [f"Ready: {base}/", f"Set-up: {base}{path}"]
    click.echo("\n".join(lines))


def main() -> int:
    """Run until stopped; the exit code is 0 after a requested stop and 1 when it cannot run."""
    try:
        with open_port(wanted_port()) as listener:
            prepare_store()
            port = listener.getsockname()[1]
            is_ready, tell = partial(page_answers, port), partial(announce, port)
            Supervisor(the_children(listener), is_ready, tell).run()
    except (CannotRun, click.UsageError) as error:
        click.echo(str(error), err=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
