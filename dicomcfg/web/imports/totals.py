"""The figures above a preview: how many rows of each kind come to what, in numbers and words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dicomcfg.core.findings import Severity
from dicomcfg.exchange.models import Action, RowKind

_WORDS = {
    RowKind.DEVICE: ("device", "devices"),
    RowKind.AE: ("AE", "AEs"),
    RowKind.PROFILE: ("Profile", "Profiles"),
    RowKind.ASSOCIATION: ("association", "associations"),
}
_TONES = {Action.NEW: "ok", Action.CHANGED: "warn", Action.CONFLICT: "bad"}

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Tile:
    """What comes to one action: how many rows, and of which kinds."""

    action: str
    words: str
    number: int
    kinds: str
    tone: str


def tiles(counts: Counts) -> list[Tile]:
    """A tile for each action, in the order of their weight."""
    return [_tile(action, counts) for action in Action]


def _tile(action: Action, counts: Counts) -> Tile:
    by_kind = {kind: counts.get(kind, {}).get(action, 0) for kind in RowKind}
    number = sum(by_kind.values())
    kinds = ", ".join(kind_words(kind, n) for kind, n in by_kind.items() if n)
    return Tile(action, action.label, number, kinds, _TONES.get(action, "") if number else "")


def kind_words(kind: RowKind, number: int) -> str:
    """`1 AE`, `2,300 devices`."""
    one, many = _WORDS[kind]
    return f"{number:,} {one if number == 1 else many}"


def changed_words(counts: Counts) -> str:
    """`12 AEs new, 3 changed` in one line, empty where nothing would be or was written."""
    parts = []
    for kind in RowKind:
        found = counts.get(kind, {})
        new, changed = found.get(Action.NEW, 0), found.get(Action.CHANGED, 0)
        said = [f"{n:,} {word}" for n, word in ((new, "new"), (changed, "changed")) if n]
        if said:
            parts.append(f"{_WORDS[kind][1]}: {', '.join(said)}")
    return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class FindingCounts:
    """How many findings of each severity."""

    error: int = 0
    warning: int = 0
    info: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.error + self.warning + self.info

    @property
    def tone(self) -> str:
        """The tone of the gravest."""
        return "bad" if self.error else "warn" if self.warning else "idle"

    @property
    def words(self) -> str:
        """`2 errors, 1 warning`, empty where there is none."""
        said = ((self.error, "error"), (self.warning, "warning"), (self.info, "note"))
        return ", ".join(f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in said if n)


def count_findings(findings: Iterable[Mapping[str, Any]]) -> FindingCounts:
    """Count findings as an import keeps them."""
    found = [finding["severity"] for finding in findings]
    return FindingCounts(*(found.count(severity.value) for severity in Severity))
