"""Reading the files that a command was given, and choosing what to propose of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import click

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.bundle import Bundle, Given, read_files
from dicomcfg.core.records import Association, Document, Profile

_MOST_IN_A_FOLDER: Final = 1_000
paths_argument = click.argument(
    "paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
_Record = TypeVar("_Record", Profile, Association)


def read(path: Path, format_name: str | None = None) -> Document:
    """The Document of a file, an archive or a folder; a usage error where it cannot be opened."""
    return read_all([path], format_name).document


def read_all(paths: Sequence[Path], format_name: str | None = None) -> Bundle:
    """What several files say together; `-` is standard input. A format that is said is every
    file's. A usage error where one cannot be opened or the format is not known."""
    if format_name is not None and format_name not in registry.FORMATS:
        known = ", ".join(registry.FORMATS)
        raise click.UsageError(f"there is no format {format_name}; there are {known}")
    given = [each for path in paths for each in _given(path, format_name)]
    return read_files(given)


def _given(path: Path, format_name: str | None) -> Iterator[Given]:
    """A file, or every file below a folder but the hidden ones, in the order of their names."""
    try:
        if str(path) == "-":
            yield Given("standard input", sys.stdin.buffer.read(), format_name)
        elif path.is_dir():
            for inner in sorted(path.rglob("[!.]*"))[:_MOST_IN_A_FOLDER]:
                if inner.is_file():
                    name = inner.relative_to(path.parent).as_posix()
                    yield Given(name, inner.read_bytes(), format_name)
        else:
            yield Given(path.name, path.read_bytes(), format_name)
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error


def proposal(
    document: Document, profile: str | None, association: str | None
) -> Profile | Association:
    """What was named, or the only profile or association there is.

    Raises a usage error that lists what can be named otherwise.
    """
    profiles = {profile.name: profile for profile in document.profiles}
    pairs = {f"{pair.calling}:{pair.called}": pair for pair in document.associations}
    if profile is not None:
        return _named(profiles, profile, "--profile")
    if association is not None:
        return _named(pairs, association, "--association")
    candidates: list[Profile | Association] = [*profiles.values(), *pairs.values()]
    if len(candidates) == 1:
        return candidates[0]
    named = [*(f"--profile {n}" for n in profiles), *(f"--association {n}" for n in pairs)]
    names = ", ".join(named)
    raise click.UsageError(f"say which contexts: {names}" if names else "no contexts in the file")


def _named(found: dict[str, _Record], name: str, option: str) -> _Record:
    if name not in found:
        known = ", ".join(found) or "none"
        raise click.UsageError(f"{option} {name}: the file has {known}")
    return found[name]
