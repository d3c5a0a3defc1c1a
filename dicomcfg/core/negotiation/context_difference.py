"""What tells two ordered lists of presentation contexts apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dicomcfg.core.records import PresentationContext


@dataclass(frozen=True, slots=True)
class ChangedContext:
    """A context that stays with other transfer syntaxes, or with the same in another order."""

    context: PresentationContext
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextDifference:
    """What becomes of one list to make it another; `reordered` where only places change."""

    new: tuple[PresentationContext, ...]
    changed: tuple[ChangedContext, ...]
    gone: tuple[PresentationContext, ...]
    reordered: bool

    @property
    def is_empty(self) -> bool:
        """Whether both lists are the same, in the same order."""
        return not (self.new or self.changed or self.gone or self.reordered)


def context_difference(
    before: Sequence[PresentationContext], after: Sequence[PresentationContext]
) -> ContextDifference:
    """Compare two lists, in which an abstract syntax may stand in several contexts.

    Contexts that both lists hold are matched first; the first of those left over of an abstract
    syntax is what the first one left over in the other list became.
    """
    kept = Counter(before) & Counter(after)
    old, wanted = _without(before, kept), _without(after, kept)
    left: dict[str, list[PresentationContext]] = {}
    for context in old:
        left.setdefault(context.abstract_syntax, []).append(context)
    new: list[PresentationContext] = []
    changed: list[ChangedContext] = []
    for context in wanted:
        if former := left.get(context.abstract_syntax):
            changed.append(_changed(former.pop(0), context))
        else:
            new.append(context)
    gone = tuple(context for contexts in left.values() for context in contexts)
    moved = not (new or changed or gone) and list(before) != list(after)
    return ContextDifference(tuple(new), tuple(changed), gone, moved)


def _without(
    contexts: Iterable[PresentationContext], kept: Counter[PresentationContext]
) -> list[PresentationContext]:
    remaining = kept.copy()
    found = []
    for context in contexts:
        if remaining[context]:
            remaining[context] -= 1
        else:
            found.append(context)
    return found


def _changed(before: PresentationContext, after: PresentationContext) -> ChangedContext:
    had, has = before.transfer_syntaxes, after.transfer_syntaxes
    return ChangedContext(
        after,
        tuple(uid for uid in has if uid not in had),
        tuple(uid for uid in had if uid not in has),
    )
