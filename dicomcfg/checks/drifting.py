"""What results say of capabilities and contexts, handed to the inventory.

Discoveries count under our own title and under one borrowed from another AE, as they do when they
are taken over as capabilities; negotiations under the title of their association. What a check
was answered before it was cut short or cancelled counts too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dicomcfg.checks.models import Kind
from dicomcfg.checks.verdicts import Concern, Verdict
from dicomcfg.core.diagnosis.observation import ContextResult, Observation, Outcome
from dicomcfg.core.negotiation.drift import SeenContext
from dicomcfg.inventory.services.seeing import (
    Discovered,
    Negotiated,
    saw_capabilities,
    saw_contexts,
)

Ended = tuple[Concern, Verdict, Observation]


def discovered_aes(ended: Iterable[Ended]) -> set[int]:
    """The AEs about which these results say something, to be locked with the statuses."""
    return {each.ae_id for each in _discovered(ended)}


def write_drift(ended: Sequence[Ended]) -> None:
    """Keep and compare what was seen; call with the rows locked. No query without need."""
    saw_capabilities(_discovered(ended))
    saw_contexts(_negotiated(ended))


def _discovered(ended: Iterable[Ended]) -> Iterable[Discovered]:
    for concern, verdict, observation in ended:
        seen = observation.discovery
        if concern.kind == Kind.DISCOVER and concern.ae_id is not None and seen is not None:
            yield Discovered(
                concern.ae_id,
                concern.check_id,
                verdict.finished_at,
                seen.matrix,
                seen.roles,
                seen.silent_roles,
            )


def _negotiated(ended: Iterable[Ended]) -> Iterable[Negotiated]:
    for concern, verdict, observation in ended:
        if concern.kind != Kind.NEGOTIATE or concern.association_id is None:
            continue
        if verdict.outcome is Outcome.CANCELLED:
            continue
        contexts = observation.contexts
        yield Negotiated(
            concern.association_id,
            concern.check_id,
            verdict.finished_at,
            tuple(
                SeenContext(c.abstract_syntax, c.proposed, c.result, _proposed(c))
                for c in contexts
                if c.result is not None
            ),
            frozenset(c.abstract_syntax for c in contexts if c.result is None),
        )


def _proposed(context: ContextResult) -> str | None:
    """The accepted syntax, if it was among those proposed; a peer may send anything."""
    return context.accepted if context.accepted in context.proposed else None
