"""An ordered list of presentation contexts after an act on it: moved, deleted from, added to.

Contexts are named by their index from 0, since one abstract syntax may stand in several. Every
function gives the whole new list and leaves the old one alone; IndexError says that an index,
negative ones included, is none of the list's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dicomcfg.core.records import PresentationContext

Contexts = tuple[PresentationContext, ...]


class Existing(StrEnum):
    """What adding does with an abstract syntax that stands in the list already."""

    SKIP = "skip"
    ADD = "add"
    REPLACE = "replace"


class Fate(StrEnum):
    """What became of a context that was to be added."""

    NEW = "new"
    SKIPPED = "skipped"
    COMPLETED = "completed"
    REPLACED = "replaced"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Added:
    """A context that was to be added and its fate; `gained` and `lost` are transfer syntaxes."""

    context: PresentationContext
    fate: Fate
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Addition:
    """The list after adding, and what became of each context, in the order in which they came."""

    contexts: Contexts
    added: tuple[Added, ...]

    def count(self, *fates: Fate) -> int:
        """How many had one of these fates."""
        return sum(each.fate in fates for each in self.added)


def moved(contexts: Sequence[PresentationContext], start: int, end: int) -> Contexts:
    """The context at `start` stands at `end` afterwards; past either end it stands at that end."""
    _check(start, len(contexts))
    wanted = list(contexts)
    context = wanted.pop(start)
    wanted.insert(max(0, end), context)
    return tuple(wanted)


def without(contexts: Sequence[PresentationContext], indexes: Collection[int]) -> Contexts:
    """The list without the contexts at `indexes`."""
    for index in indexes:
        _check(index, len(contexts))
    return tuple(each for index, each in enumerate(contexts) if index not in indexes)


def without_syntax(contexts: Sequence[PresentationContext], index: int, syntax: int) -> Contexts:
    """The list without one transfer syntax of the context at `index`, which may leave it none."""
    _check(index, len(contexts))
    syntaxes = contexts[index].transfer_syntaxes
    _check(syntax, len(syntaxes))
    kept = (*syntaxes[:syntax], *syntaxes[syntax + 1 :])
    changed = replace(contexts[index], transfer_syntaxes=kept)
    return (*contexts[:index], changed, *contexts[index + 1 :])


def added(
    contexts: Sequence[PresentationContext],
    wanted: Iterable[PresentationContext],
    existing: Existing,
) -> Addition:
    """The list with `wanted` at its end, which names each abstract syntax once.

    Where one stands in the list already, ADD puts the missing transfer syntaxes at the end of its
    first context, and REPLACE leaves it that one context with the wanted syntaxes.
    """
    lists: dict[str, list[PresentationContext]] = {}
    for context in contexts:
        lists.setdefault(context.abstract_syntax, []).append(context)
    results: list[Added] = []
    for context in wanted:
        present = lists.get(context.abstract_syntax, [])
        result, becomes = _added(present, context, existing)
        lists[context.abstract_syntax] = becomes
        results.append(result)
    return Addition(_in_order(contexts, lists), tuple(results))


def _added(
    present: list[PresentationContext], wanted: PresentationContext, existing: Existing
) -> tuple[Added, list[PresentationContext]]:
    """The fate of one context, and the contexts of its abstract syntax afterwards."""
    if not present:
        return Added(wanted, Fate.NEW, wanted.transfer_syntaxes), [wanted]
    if existing is Existing.SKIP:
        return Added(wanted, Fate.SKIPPED), present
    had = tuple(dict.fromkeys(uid for each in present for uid in each.transfer_syntaxes))
    gained = tuple(uid for uid in wanted.transfer_syntaxes if uid not in had)
    if existing is Existing.REPLACE:
        lost = tuple(uid for uid in had if uid not in wanted.transfer_syntaxes)
        fate = Fate.SAME if present == [wanted] else Fate.REPLACED
        return Added(wanted, fate, gained, lost), [wanted]
    if not gained:
        return Added(wanted, Fate.SAME), present
    first = replace(present[0], transfer_syntaxes=(*present[0].transfer_syntaxes, *gained))
    return Added(wanted, Fate.COMPLETED, gained), [first, *present[1:]]


def _in_order(
    contexts: Sequence[PresentationContext], lists: dict[str, list[PresentationContext]]
) -> Contexts:
    """Every abstract syntax where its contexts stood, new ones at the end."""
    left = {uid: list(each) for uid, each in lists.items()}
    found = [left[each.abstract_syntax].pop(0) for each in contexts if left[each.abstract_syntax]]
    return (*found, *(context for each in left.values() for context in each))


def _check(index: int, length: int) -> None:
    if not 0 <= index < length:
        raise IndexError(index)
