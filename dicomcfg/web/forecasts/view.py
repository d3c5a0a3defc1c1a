"""A forecast as pages show it: its rows, what they mean, and which of them to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.paginator import Paginator

from dicomcfg.core.diagnosis.observation import ContextResult
from dicomcfg.core.negotiation.beside import POLICY_WORDS, Beside, Verdict, agreement, beside
from dicomcfg.core.negotiation.forecast import ACCEPTED, Policy
from dicomcfg.core.negotiation.forecast_findings import findings_of
from dicomcfg.core.negotiation.sides import Accepting, Proposing, foreseen
from dicomcfg.core.standard.codes import describe_context_result
from dicomcfg.web.checks.answers import role_words

ROWS_PER_PAGE = 200
_VERDICTS: Final = {
    Verdict.SAME: "as foreseen",
    Verdict.REASON: "refused as foreseen, for another reason",
    Verdict.SYNTAX: "differs: no policy foresees this transfer syntax",
    Verdict.REFUSED: "differs: accepted on paper",
    Verdict.ACCEPTED: "differs: refused on paper",
}
_DIFFERING = frozenset({Verdict.SYNTAX, Verdict.REFUSED, Verdict.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Choice:
    """A transfer syntax with the policies under which it is taken."""

    policies: str
    accepted: str


@dataclass(frozen=True, slots=True)
class Row:
    """One context of the table."""

    beside: Beside

    @property
    def refused(self) -> bool:
        """Whether the context fails on paper."""
        return self.beside.foreseen.result != ACCEPTED

    @property
    def differs(self) -> bool:
        """Whether the live answer is not what any policy foresees."""
        return self.beside.verdict in _DIFFERING

    @property
    def tone(self) -> str:
        """The tone of the forecast."""
        return "bad" if self.refused else "ok"

    @property
    def words(self) -> str:
        """The foreseen result in the standard's words."""
        return describe_context_result(self.beside.foreseen.result)

    @property
    def choices(self) -> list[Choice]:
        """The transfer syntaxes by policy, where the policy decides."""
        if not self.beside.order_decides:
            return []
        found: dict[str, list[str]] = {}
        for policy, each in self.beside.by_policy.items():
            found.setdefault(each.accepted or "", []).append(POLICY_WORDS[policy])
        return [Choice(" and ".join(named), uid) for uid, named in found.items()]

    @property
    def role(self) -> str:
        """The roles that the acceptor would grant, where some were proposed."""
        role = self.beside.foreseen.role
        return "" if role is None or self.refused else role_words(role)

    @property
    def live_tone(self) -> str:
        """The tone of the live answer."""
        live = self.beside.live
        return "ok" if live is not None and live.result == ACCEPTED else "bad"

    @property
    def live_words(self) -> str:
        """The live result in the standard's words."""
        live = self.beside.live
        return "" if live is None else describe_context_result(live.result)

    @property
    def verdict(self) -> str:
        """What the live answer says of the forecast."""
        verdict = self.beside.verdict
        if verdict is None:
            return ""
        if verdict is Verdict.ORDER:
            return "as by " + " and ".join(POLICY_WORDS[each] for each in self.beside.agreeing)
        return _VERDICTS[verdict]


# What the table can be narrowed to: its words, and which rows that leaves.
NARROWINGS: Final = {
    "": "All",
    "refused": "Refused",
    "order": "The order decides",
    "differing": "Live differs",
}


def _fits(row: Row, show: str) -> bool:
    fitting = {
        "refused": row.refused,
        "order": row.beside.order_decides,
        "differing": row.differs,
    }
    return fitting.get(show, True)


def shown(
    proposing: Proposing,
    accepting: Accepting,
    called: str,
    wanted: Mapping[str, str],
    preferred: tuple[str, ...] = (),
    live: Sequence[ContextResult] = (),
) -> dict[str, Any]:
    """The context of `forecasts/_result.html`; `wanted` may hold `show` and `page`."""
    policies = [Policy.REQUESTOR, Policy.ACCEPTOR, *([Policy.PREFERRED] if preferred else [])]
    by_policy = {each: foreseen(proposing, accepting, each, preferred) for each in policies}
    besides = beside(by_policy, live)
    rows = [Row(each) for each in besides]
    show = wanted.get("show", "")
    counts = {name: sum(_fits(row, name) for row in rows) for name in NARROWINGS}
    narrowed = [row for row in rows if _fits(row, show)]
    return {
        "called_title": called,
        "findings": findings_of(besides, called, proposing.roles),
        "counts": counts,
        "narrowings": [
            (name, words, counts[name])
            for name, words in NARROWINGS.items()
            if counts[name] or name == show
        ],
        "show": show if show in NARROWINGS else "",
        "requests": besides[-1].foreseen.request if besides else 0,
        "rows": Paginator(narrowed, ROWS_PER_PAGE).get_page(wanted.get("page")),
        "agreement": agreement(besides),
        "has_live": any(row.beside.live is not None for row in rows),
    }
