"""The formats that can be written, in groups, with what each holds in a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dicomcfg.core.formats.base import Format
from dicomcfg.core.formats.losses import every_field
from dicomcfg.core.formats.output import is_context_format, writable

GROUPS: tuple[tuple[str, Callable[[Format], bool]], ...] = (
    ("Ours", lambda each: each.name.startswith("dicomcfg-")),
    ("Spreadsheets", lambda each: each.name.startswith(("ae-", "context-"))),
    ("Products: AEs", lambda each: not is_context_format(each)),
    ("Products: presentation contexts", lambda each: True),
)
_OF_AES = {
    "ae.connections": "address",
    "ae.description": "description",
    "ae.tags": "tags",
    "ae.site": "site",
    "ae.transfer_capabilities": "capabilities",
}
_OF_CONTEXTS = {
    ".presentation_contexts": "presentation contexts",
    ".role_selections": "role selections",
    ".extended_negotiations": "extended negotiations",
    "ae.transfer_capabilities": "capabilities of AEs",
}
_SECTIONS = {
    "device": "devices",
    "association": "associations",
    "profile": "Profiles",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A format as the page lists it."""

    name: str
    title: str
    holds: str


def grouped() -> list[tuple[str, list[Choice]]]:
    """Every group that has a format, each format in the first group that takes it."""
    found: dict[str, list[Choice]] = {name: [] for name, _ in GROUPS}
    for each in sorted(writable(), key=lambda each: each.title.casefold()):
        group = next(name for name, takes in GROUPS if takes(each))
        found[group].append(Choice(each.name, each.title, holds(each)))
    return [(name, choices) for name, choices in found.items() if choices]


def grouped_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The same for a field."""
    return [(name, [(each.name, each.title) for each in group]) for name, group in grouped()]


def holds(chosen: Format) -> str:
    """What a format has a place for: `AEs with address and tags; devices`."""
    knows = chosen.knows
    if knows >= every_field():
        return "everything that the inventory knows"
    if is_context_format(chosen):
        parts = [
            words
            for end, words in _OF_CONTEXTS.items()
            if any(name.endswith(end) for name in knows)
        ]
        return f"{_listed(parts)}; no addresses"
    sections = {name.partition(".")[0] for name in knows}
    about = [words for name, words in _OF_AES.items() if name in knows]
    parts = ["AEs" + (f" with {_listed(about)}" if about else "")] if "ae" in sections else []
    parts += [words for section, words in _SECTIONS.items() if section in sections]
    return "; ".join(parts)


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
