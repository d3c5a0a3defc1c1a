"""Observations put together by hand, as a worker at 10.0.0.9 would have seen them."""

from __future__ import annotations

from typing import Any

from dicomcfg.core.diagnosis.observation import ContextResult, Observation, Outcome, SeenFrom

CT = "1.2.840.10008.5.1.4.1.1.2"
ILE, ELE = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
SEEN = SeenFrom("worker-1", "10.0.0.9", "DICOMCFG")


def observed(outcome: Outcome, *, kind: str = "echo", **more: Any) -> Observation:
    """A check that ended so."""
    return Observation(kind=kind, outcome=outcome, seen_from=SEEN, **more)


def negotiated(
    *results: int | None,
    outcome: Outcome = Outcome.SUCCESS,
    proposed: tuple[str, ...] = (ELE, ILE),
    kind: str = "negotiate",
) -> Observation:
    """A context of CT for each result; result 0 takes the first of the syntaxes."""
    contexts = tuple(
        ContextResult(1, 2 * n + 1, CT, proposed, result, proposed[0] if result == 0 else None)
        for n, result in enumerate(results)
    )
    return observed(outcome, kind=kind, contexts=contexts)
