"""What an association proposes and a Profile holds: contexts, role selections and extended
negotiations as one value, its form in the history, and the rows of either's tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet

from dicomcfg.core import records
from dicomcfg.inventory.models import (
    ExtendedNegotiation,
    PresentationContext,
    ProfileContext,
    ProfileExtended,
    ProfileRole,
    RoleSelection,
    SyntaxList,
)
from dicomcfg.inventory.models.profiles import ContextFields, ExtendedFields, RoleFields
from dicomcfg.inventory.services.history import Snapshot

_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class ProposedSet:
    """Contexts in order, with the roles and the extended negotiations of SOP Classes."""

    contexts: tuple[records.PresentationContext, ...] = ()
    role_selections: tuple[records.RoleSelection, ...] = ()
    extended_negotiations: tuple[records.ExtendedNegotiation, ...] = ()

    def fields(self) -> dict[str, Any]:
        """The three by name, for a state that has them as fields of its own."""
        return {
            "contexts": self.contexts,
            "role_selections": self.role_selections,
            "extended_negotiations": self.extended_negotiations,
        }

    def normalised(self) -> ProposedSet:
        """Without outer spaces; a transfer syntax named twice in one context counts once."""
        return ProposedSet(
            contexts=tuple(
                records.PresentationContext(
                    context.abstract_syntax.strip(),
                    tuple(dict.fromkeys(uid.strip() for uid in context.transfer_syntaxes)),
                )
                for context in self.contexts
            ),
            role_selections=tuple(
                replace(role, sop_class=role.sop_class.strip()) for role in self.role_selections
            ),
            extended_negotiations=tuple(
                records.ExtendedNegotiation(
                    each.sop_class.strip(), "".join(each.information.split()).lower()
                )
                for each in self.extended_negotiations
            ),
        )

    def snapshot(self) -> Snapshot:
        """Plain JSON for the history: UIDs, not rows of interned lists."""
        return {
            "presentation_contexts": [
                {
                    "abstract_syntax": context.abstract_syntax,
                    "transfer_syntaxes": list(context.transfer_syntaxes),
                }
                for context in self.contexts
            ],
            "role_selections": [asdict(role) for role in self.role_selections],
            "extended_negotiations": [asdict(each) for each in self.extended_negotiations],
        }

    @classmethod
    def from_snapshot(cls, data: Snapshot) -> ProposedSet:
        """What a snapshot holds, also one older than roles and extended negotiations."""
        return cls(
            contexts=tuple(
                records.PresentationContext(c["abstract_syntax"], tuple(c["transfer_syntaxes"]))
                for c in data["presentation_contexts"]
            ),
            role_selections=tuple(
                records.RoleSelection(**role) for role in data.get("role_selections", ())
            ),
            extended_negotiations=tuple(
                records.ExtendedNegotiation(**each)
                for each in data.get("extended_negotiations", ())
            ),
        )


class Tables(NamedTuple):
    """Where the sets of one kind of owner are kept; `owner` names the reference to it."""

    owner: str
    contexts: type[ContextFields]
    roles: type[RoleFields]
    extended: type[ExtendedFields]


OF_ASSOCIATIONS: Final = Tables(
    "association", PresentationContext, RoleSelection, ExtendedNegotiation
)
OF_PROFILES: Final = Tables("profile", ProfileContext, ProfileRole, ProfileExtended)


def load_sets(
    tables: Tables, owners: Iterable[int], *, whole: bool = True
) -> dict[int, ProposedSet]:
    """The set of each owner, by its id; three queries, and one more where `owners` is a query of
    ids, which may mean more of them than a store takes as a list.

    Equal contexts are one object: associations propose the same ones over and over. Unless the
    `whole` set is wanted, of the contexts there is the first alone.
    """
    ids = list(owners)
    among = {f"{tables.owner}__in": owners if isinstance(owners, QuerySet) else ids}
    owner_id = f"{tables.owner}_id"
    contexts: dict[int, list[records.PresentationContext]] = {pk: [] for pk in ids}
    roles: dict[int, list[records.RoleSelection]] = {pk: [] for pk in ids}
    extended: dict[int, list[records.ExtendedNegotiation]] = {pk: [] for pk in ids}
    made: dict[tuple[str, str], records.PresentationContext] = {}
    placed = tables.contexts._default_manager.filter(**among).order_by("position")
    if not whole:
        placed = placed.filter(position=0)
    columns = placed.values_list(owner_id, "abstract_syntax", "syntax_list__uids")
    for pk, abstract_syntax, uids in columns.iterator(chunk_size=_CHUNK):
        key = (abstract_syntax, uids)
        if key not in made:
            made[key] = records.PresentationContext(abstract_syntax, tuple(uids.split()))
        contexts.get(pk, []).append(made[key])
    for role in tables.roles._default_manager.filter(**among).order_by("pk"):
        roles.get(getattr(role, owner_id), []).append(role.record())
    for each in tables.extended._default_manager.filter(**among).order_by("pk"):
        extended.get(getattr(each, owner_id), []).append(each.record())
    return {
        pk: ProposedSet(tuple(contexts[pk]), tuple(roles[pk]), tuple(extended[pk])) for pk in ids
    }


def write_contexts(
    tables: Tables, wanted: Mapping[int, tuple[records.PresentationContext, ...]]
) -> None:
    """Set the whole lists, by id of the owner. The rows are replaced: nothing refers to a context
    by its id."""
    rows = tables.contexts._default_manager
    rows.filter(**{f"{tables.owner}__in": list(wanted)}).delete()
    lists = SyntaxList.intern(c.transfer_syntaxes for contexts in wanted.values() for c in contexts)
    rows.bulk_create(
        tables.contexts(
            **{f"{tables.owner}_id": pk},
            position=position,
            abstract_syntax=context.abstract_syntax,
            syntax_list=lists[context.transfer_syntaxes],
        )
        for pk, contexts in wanted.items()
        for position, context in enumerate(contexts)
    )


def write_negotiation(tables: Tables, wanted: Mapping[int, ProposedSet]) -> None:
    """Set role selections and extended negotiations, replacing the rows as for contexts."""
    roles, extended = tables.roles._default_manager, tables.extended._default_manager
    owners = {f"{tables.owner}__in": list(wanted)}
    owner_id = f"{tables.owner}_id"
    roles.filter(**owners).delete()
    extended.filter(**owners).delete()
    roles.bulk_create(
        tables.roles(**{owner_id: pk}, **asdict(role))
        for pk, each in wanted.items()
        for role in each.role_selections
    )
    extended.bulk_create(
        tables.extended(**{owner_id: pk}, **asdict(negotiation))
        for pk, each in wanted.items()
        for negotiation in each.extended_negotiations
    )
