"""What a forecast means and what to do about it, grouped so that fifty refusals are one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.negotiation.beside import Beside, Verdict
from dicomcfg.core.negotiation.forecast import CLASS_REFUSED, SYNTAXES_REFUSED
from dicomcfg.core.records import RoleSelection
from dicomcfg.core.standard import uids
from dicomcfg.core.wording import counted, listed

_RESULT_CLAUSE = "PS3.8 9.3.3.2"
_ROLE_CLAUSE = "PS3.7 D.3.3.4"


def findings_of(
    rows: Sequence[Beside], called: str, roles: Iterable[RoleSelection] = ()
) -> list[Finding]:
    """What fails and why, where the order decides, and where live answers differ.

    `called` is the acceptor's title, `roles` what was proposed.
    """
    return [
        *_classes_refused(rows, called),
        *_nothing_common(rows, called),
        *_roles(rows, called, roles),
        *_live(rows, called),
        *_order(rows, called),
        *_all_well(rows, called),
    ]


def _names(rows: Iterable[Beside]) -> str:
    return listed(list(dict.fromkeys(uids.name_of(row.foreseen.abstract_syntax) for row in rows)))


def _of(rows: Sequence[Beside], result: int) -> list[Beside]:
    return [row for row in rows if row.foreseen.result == result]


def _share(part: Sequence[Beside], rows: Sequence[Beside]) -> str:
    return "The context" if len(rows) == 1 else f"{len(part)} of {len(rows)} contexts"


def _classes_refused(rows: Sequence[Beside], called: str) -> list[Finding]:
    group = _of(rows, CLASS_REFUSED)
    if not group:
        return []
    message = f"{_share(group, rows)} will be refused, since {called} is not known to serve the "
    message += f"SOP Class (result 3): {_names(group)}."
    remedy = f"Take them out of what is proposed, or add them to {called}'s Transfer Capabilities "
    remedy += "if it does serve them; a discovery shows whether it does."
    code = "forecast-class-not-supported"
    return [Finding(code, Severity.WARNING, called, message, remedy, _RESULT_CLAUSE)]


def _nothing_common(rows: Sequence[Beside], called: str) -> list[Finding]:
    """One finding for each pair of lists, since the remedy depends on them."""
    by_why: dict[str, list[Beside]] = {}
    for row in _of(rows, SYNTAXES_REFUSED):
        by_why.setdefault(row.foreseen.why, []).append(row)
    remedy = f"Propose one that {called} takes as well, or correct its Transfer Capabilities."
    return [
        Finding(
            "forecast-no-common-syntax",
            Severity.WARNING,
            called,
            f"{_share(group, rows)} will be refused (result 4): {_names(group)}. {why}",
            remedy,
            _RESULT_CLAUSE,
        )
        for why, group in by_why.items()
    ]


def _roles(rows: Sequence[Beside], called: str, roles: Iterable[RoleSelection]) -> list[Finding]:
    """Roles that are lost although a context of the class is accepted."""
    proposed = {role.sop_class: role for role in roles}
    lost = []
    for row in rows:
        seen = row.foreseen
        if seen.result == 0 and seen.role not in (None, proposed.get(seen.abstract_syntax)):
            lost.append(row)
    if not lost:
        return []
    message = f"{called} will not grant every role proposed for: {_names(lost)}."
    remedy = "What needs the role, such as receiving images by C-GET, will not work. Its SCU "
    remedy += "capabilities say of which SOP Classes it lets the requestor be the SCP."
    code = "forecast-role-not-granted"
    return [Finding(code, Severity.WARNING, called, message, remedy, _ROLE_CLAUSE)]


_LIVE = {
    Verdict.REFUSED: (
        "forecast-refused-live",
        "was accepted on paper and refused live",
        "Its Transfer Capabilities promise more than it takes: take over what a discovery finds.",
    ),
    Verdict.ACCEPTED: (
        "forecast-accepted-live",
        "was refused on paper and accepted live",
        "Its Transfer Capabilities lack it: take over what a discovery finds, or add it.",
    ),
    Verdict.SYNTAX: (
        "forecast-other-syntax-live",
        "was accepted live with a transfer syntax that no policy foresees",
        "Its Transfer Capabilities have other transfer syntaxes, or another order: correct them.",
    ),
}


def _live(rows: Sequence[Beside], called: str) -> list[Finding]:
    found = []
    for verdict, (code, words, remedy) in _LIVE.items():
        group = [row for row in rows if row.verdict == verdict]
        if group:
            message = f"{counted(len(group), 'context')} {words}: {_names(group)}."
            message = message if len(group) == 1 else message.replace(" was ", " were ", 1)
            found.append(Finding(code, Severity.WARNING, called, message, remedy, _RESULT_CLAUSE))
    return found


def _order(rows: Sequence[Beside], called: str) -> list[Finding]:
    group = [row for row in rows if row.order_decides and row.live is None]
    if not group:
        return []
    message = f"Whose order {called} follows decides the transfer syntax of "
    message += f"{counted(len(group), 'context')}: {_names(group)}."
    remedy = "A live negotiation tells. To be sure beforehand, propose in a context of its own the "
    remedy += "transfer syntax that has to be taken."
    code = "forecast-order-decides"
    return [Finding(code, Severity.INFO, called, message, remedy, "PS3.8 7.1.1.14")]


def _all_well(rows: Sequence[Beside], called: str) -> list[Finding]:
    if not rows or any(row.foreseen.result for row in rows):
        return []
    contexts = "the one context" if len(rows) == 1 else f"all {len(rows)} contexts"
    message = f"{called} is expected to accept {contexts}."
    return [Finding("forecast-all-accepted", Severity.INFO, called, message)]
