"""A forecast beside what the peer answered: context by context, and which policy it follows."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dicomcfg.core.diagnosis.observation import ContextResult
from dicomcfg.core.negotiation.forecast import ACCEPTED, ContextForecast, Policy
from dicomcfg.core.wording import counted

POLICY_WORDS = {
    Policy.REQUESTOR: "the requestor's order",
    Policy.ACCEPTOR: "the acceptor's order",
    Policy.PREFERRED: "the preferred list",
}


class Verdict(StrEnum):
    """What a live answer says of the forecast.

    `order` is as one policy or another foresees it, `reason` a refusal for another reason,
    `syntax` an accepted transfer syntax that no policy foresees.
    """

    SAME = "same"
    ORDER = "order"
    REASON = "reason"
    SYNTAX = "syntax"
    REFUSED = "refused"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Beside:
    """One context under each policy; `live` is the peer's answer, None where there is none."""

    number: int
    by_policy: Mapping[Policy, ContextForecast]
    live: ContextResult | None = None

    @property
    def foreseen(self) -> ContextForecast:
        """What does not depend on the policy, and the requestor's choice."""
        return self.by_policy[Policy.REQUESTOR]

    @property
    def order_decides(self) -> bool:
        """Whether the accepted transfer syntax depends on the policy."""
        return len({each.accepted for each in self.by_policy.values()}) > 1

    @property
    def verdict(self) -> Verdict | None:
        """What the live answer says; None without one."""
        if self.live is None:
            return None
        if self.live.result != ACCEPTED:
            if self.foreseen.result == ACCEPTED:
                return Verdict.REFUSED
            return Verdict.SAME if self.live.result == self.foreseen.result else Verdict.REASON
        if self.foreseen.result != ACCEPTED:
            return Verdict.ACCEPTED
        agreeing = self.agreeing
        if not agreeing:
            return Verdict.SYNTAX
        return Verdict.SAME if len(agreeing) == len(self.by_policy) else Verdict.ORDER

    @property
    def agreeing(self) -> tuple[Policy, ...]:
        """The policies that foresee the live answer, whatever the reason of a refusal."""
        if self.live is None:
            return ()
        return tuple(
            policy
            for policy, each in self.by_policy.items()
            if (each.result == ACCEPTED) == (self.live.result == ACCEPTED)
            and each.accepted == self.live.accepted
        )


def beside(
    by_policy: Mapping[Policy, Sequence[ContextForecast]], live: Sequence[ContextResult] = ()
) -> tuple[Beside, ...]:
    """The contexts in proposed order; `by_policy` holds at least the requestor's order.

    An answer belongs to the context that proposes the same: contexts may have been changed since.
    """
    answers: dict[tuple[str, tuple[str, ...]], deque[ContextResult]] = {}
    for answer in live:
        if answer.result is not None:
            key = answer.abstract_syntax, tuple(answer.proposed)
            answers.setdefault(key, deque()).append(answer)
    rows = []
    for number, first in enumerate(by_policy[Policy.REQUESTOR], 1):
        waiting = answers.get((first.abstract_syntax, first.proposed))
        each = {policy: contexts[number - 1] for policy, contexts in by_policy.items()}
        rows.append(Beside(number, each, waiting.popleft() if waiting else None))
    return tuple(rows)


def agreement(rows: Sequence[Beside]) -> str:
    """Which policy the live answers agree with, as a sentence; empty without answers."""
    answered = [row for row in rows if row.live is not None]
    if not answered:
        return ""
    explained = [row for row in answered if row.agreeing]
    if not explained:
        return "No policy foresees what was answered live."
    where = "the one context" if len(answered) == 1 else f"all {len(answered)} contexts"
    if len(explained) < len(answered):
        where = f"{len(explained)} of {counted(len(answered), 'context')}, and in the others with "
        where += "no policy"
    fitting = {p: sum(p in row.agreeing for row in explained) for p in answered[0].by_policy}
    whole = [policy for policy, count in fitting.items() if count == len(explained)]
    if len(whole) == len(fitting):
        return f"The live answers agree with every policy in {where}."
    if whole:
        named = " and ".join(POLICY_WORDS[policy] for policy in whole)
        return f"The live answers agree with {named} in {where}."
    counts = ", ".join(f"with {POLICY_WORDS[p]} in {count}" for p, count in fitting.items())
    asked = counted(len(answered), "context")
    return f"The live answers follow no single policy: of {asked} they agree {counts}."
