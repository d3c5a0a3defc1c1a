"""Reading a file that a command was given, and choosing the contexts in it."""

from __future__ import annotations

from pathlib import Path

import click

from dicomcfg.core.formats import registry
from dicomcfg.core.records import Document, PresentationContext


def read(path: Path, format_name: str | None = None) -> Document:
    """The Document of a file; a usage error where it cannot be opened."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error
    return registry.read(data, name=path.name, format=format_name)


def contexts(
    document: Document, profile: str | None, association: str | None
) -> tuple[PresentationContext, ...]:
    """The contexts named, or those of the only profile or association there is.

    Raises a usage error that lists what can be named otherwise.
    """
    found = {profile.name: profile.presentation_contexts for profile in document.profiles}
    pairs = {
        f"{pair.calling}:{pair.called}": pair.presentation_contexts
        for pair in document.associations
    }
    if profile is not None:
        return _named(found, profile, "--profile")
    if association is not None:
        return _named(pairs, association, "--association")
    candidates = [*found.values(), *pairs.values()]
    if len(candidates) == 1:
        return candidates[0]
    names = ", ".join([*(f"--profile {n}" for n in found), *(f"--association {n}" for n in pairs)])
    raise click.UsageError(f"say which contexts: {names}" if names else "no contexts in the file")


def _named(
    found: dict[str, tuple[PresentationContext, ...]], name: str, option: str
) -> tuple[PresentationContext, ...]:
    if name not in found:
        known = ", ".join(found) or "none"
        raise click.UsageError(f"{option} {name}: the file has {known}")
    return found[name]
