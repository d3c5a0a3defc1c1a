"""Reading a file that a command was given, and choosing what to propose of it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import click

from dicomcfg.core.formats import registry
from dicomcfg.core.records import Association, Document, Profile

_Record = TypeVar("_Record", Profile, Association)


def read(path: Path, format_name: str | None = None) -> Document:
    """The Document of a file; a usage error where it cannot be opened."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error
    return registry.read(data, name=path.name, format=format_name)


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
