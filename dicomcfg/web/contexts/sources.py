"""From where many presentation contexts can be added at once, and what each source offers.

A source is named by a key: `every`, `service:Storage`, `modality:CT`, `profile:3`, or one of those
that the Holder itself has. What the standard offers has SOP Classes without transfer syntaxes,
which the person then chooses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from dicomcfg.core.negotiation import selection
from dicomcfg.core.negotiation.proposal import Budget
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard import uids
from dicomcfg.inventory.context_selectors import profile_contexts, profile_names
from dicomcfg.probes.cost import budget_of
from dicomcfg.web.contexts.holders import Holder
from dicomcfg.web.row_ids import row_ids

EVERY = "every"

Groups = list[tuple[str, list[tuple[str, str]]]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What one source has: `contexts`, in whose order they are shown.

    `is_standard` says that the transfer syntaxes are to be chosen; `include_retired` matters for
    these alone.
    """

    key: str
    words: str
    contexts: list[PresentationContext]
    is_standard: bool
    include_retired: bool

    @property
    def entries(self) -> list[tuple[str, uids.UidEntry | None]]:
        """Each SOP Class with its entry in the registry, where it has one."""
        return [(each.abstract_syntax, uids.lookup(each.abstract_syntax)) for each in self.contexts]

    @property
    def token(self) -> str:
        """A word that stands for what the source holds now."""
        text = "\n".join(" ".join((c.abstract_syntax, *c.transfer_syntaxes)) for c in self.contexts)
        return hashlib.sha256(text.encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A source that holds no more than is needed, and what proposing that alone takes."""

    key: str
    words: str
    budget: Budget


def groups_of(holder: Holder) -> Groups:
    """All sources by heading, those of the holder first; one query for the Profiles."""
    found: Groups = [
        *holder.sources,
        ("Profile", [(f"profile:{pk}", name) for pk, name in profile_names()]),
        ("Modality or kind of object", [(f"modality:{k}", k) for k in selection.stored_kinds()]),
        ("Service group", [(f"service:{name}", name) for name in selection.services()]),
        ("Everything", [(EVERY, "Every known SOP Class")]),
    ]
    # Itself offers a holder nothing.
    others = [
        (heading, [s for s in sources if s[0] != holder.itself]) for heading, sources in found
    ]
    return [(heading, sources) for heading, sources in others if sources]


def offer_of(holder: Holder, groups: Groups, asked: Mapping[str, str]) -> Offer | None:
    """What the `source` in a query or a post offers; None where none of `groups` is named."""
    key = asked.get("source", "")
    words = {source: words for _, sources in groups for source, words in sources}.get(key)
    if words is None:
        return None
    retired = bool(asked.get("retired"))
    kind, _, name = key.partition(":")
    if kind in (EVERY, "service", "modality"):
        contexts = [
            PresentationContext(entry.uid, ()) for entry in _standard(kind, name, retired=retired)
        ]
        return Offer(key, words, contexts, True, retired)
    if kind == "profile":
        contexts = profile_contexts(row_ids([name])[0])
    else:
        contexts = holder.contexts_from(key)
    return Offer(key, words, selection.by_class(contexts), False, retired)


def alternatives_of(holder: Holder) -> list[Alternative]:
    """What would do where every SOP Class was about to be added."""
    words = {key: words for _, sources in holder.sources for key, words in sources}
    found = [(key, selection.by_class(holder.contexts_from(key))) for key in holder.needed]
    return [
        Alternative(key, words[key], budget_of(contexts)) for key, contexts in found if contexts
    ]


def _standard(kind: str, name: str, *, retired: bool) -> list[uids.UidEntry]:
    if kind == EVERY:
        return selection.every_class(include_retired=retired)
    if kind == "service":
        return selection.classes_of_service(name, include_retired=retired)
    return selection.classes_of_kind(name, include_retired=retired)
