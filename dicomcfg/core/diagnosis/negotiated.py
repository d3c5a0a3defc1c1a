"""Findings for what an association negotiates beside its contexts (PS3.7 D.3.3, PS3.8 9.3.3).

An acceptor may leave any of it unanswered, and then the standard's default holds; that is worth
telling where something else was wanted, and never an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from dicomcfg.core.diagnosis.observation import Answer, ContextResult, Observation, Trial
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.negotiation.options import PASSCODE_PREFIX, RequestOptions
from dicomcfg.core.records import RoleSelection
from dicomcfg.core.standard import uids
from dicomcfg.core.wording import listed

_ROLE_CLAUSE: Final = "PS3.7 D.3.3.4"
_WINDOW_CLAUSE: Final = "PS3.7 D.3.3.3"
_EXTENDED_CLAUSE: Final = "PS3.7 D.3.3.5"
_IDENTITY_CLAUSE: Final = "PS3.7 D.3.3.7"
_DEFAULT_WINDOW: Final = (1, 1)
_SHOWN_HEX: Final = 32


def findings_of(seen: Observation | Trial, called: str, options: RequestOptions) -> list[Finding]:
    """What became of `options`; nothing where no association was accepted."""
    answer = seen.answer
    if answer is None:
        return []
    return [
        *_application_context(answer, called, options),
        *_roles(answer, seen.contexts, called, options),
        *_window(answer, called, options),
        *_extended(answer, seen.contexts, called, options),
        *_identity(answer, called, options),
    ]


def passcode_missing(observation: Observation, called: str, options: RequestOptions) -> Finding:
    """The worker has no passcode to send, so it sent nothing."""
    identity = options.identity
    variable = (identity and identity.passcode_variable) or "for the passcode"
    if observation.detail == "passcode-variable-not-allowed":
        code = "passcode-variable-not-allowed"
        message = f"The environment variable {variable} may not be read, so nothing was sent."
        remedy = f"A passcode stands in a variable whose name begins with {PASSCODE_PREFIX}."
    else:
        code = "passcode-missing"
        message = f"The worker has no environment variable {variable}, so nothing was sent."
        remedy = "Set it where the worker is started and start the worker again."
    return Finding(code, Severity.ERROR, called, message, remedy, _IDENTITY_CLAUSE)


def _application_context(answer: Answer, called: str, options: RequestOptions) -> list[Finding]:
    name, asked = answer.application_context, options.application_context
    if name is None or name == asked:
        return []
    message = f"{called} answered with the application context {uids.name_of(name)} where "
    message += f"{uids.name_of(asked)} was proposed."
    remedy = "The one answered holds for the association. DICOM has only one, so another is a "
    remedy += "mistake or a vendor's own protocol: ask the peer's vendor."
    code = "application-context-changed"
    return [Finding(code, Severity.WARNING, called, message, remedy, "PS3.8 7.1.1.2")]


def role_words(role: RoleSelection) -> str:
    """The two bits of a role selection as a person says them."""
    named = [name for name, bit in (("SCU", role.scu), ("SCP", role.scp)) if bit]
    return " and ".join(named) or "no role"


def _named(roles: Iterable[RoleSelection]) -> str:
    return listed([f"{uids.name_of(role.sop_class)} ({role_words(role)})" for role in roles])


def _classes(sop_classes: Iterable[str]) -> str:
    return listed([uids.name_of(uid) for uid in sop_classes])


def _roles(
    answer: Answer, contexts: Sequence[ContextResult], called: str, options: RequestOptions
) -> list[Finding]:
    """Roles count only where a context of the class was accepted."""
    accepted = {context.abstract_syntax for context in contexts if context.result == 0}
    proposed_classes = {context.abstract_syntax for context in contexts}
    proposed = {role.sop_class: role for role in options.role_selections}
    answered = {role.sop_class: role for role in answer.role_selections}
    granted, refused, silent, strange = [], [], [], []
    for sop_class, role in proposed.items():
        if sop_class not in accepted:
            continue
        taken = answered.get(sop_class)
        if taken is None:
            silent.append(role)
        elif taken == role:
            granted.append(role)
        elif (role.scu or not taken.scu) and (role.scp or not taken.scp):
            refused.append((role, taken))
    for sop_class, taken in answered.items():
        asked = proposed.get(sop_class)
        if asked is None or (taken.scu and not asked.scu) or (taken.scp and not asked.scp):
            strange.append(taken)
    unsent = [uid for uid in proposed if uid not in proposed_classes]
    return [
        *_granted(granted, called),
        *_refused(refused, called),
        *_silent(silent, called),
        *_strange(strange, called),
        *_unsent(unsent, called),
    ]


def _granted(roles: list[RoleSelection], called: str) -> list[Finding]:
    if not roles:
        return []
    message = f"{called} accepted the roles that were proposed: {_named(roles)}."
    return [Finding("roles-accepted", Severity.INFO, called, message, clause=_ROLE_CLAUSE)]


def _refused(pairs: list[tuple[RoleSelection, RoleSelection]], called: str) -> list[Finding]:
    if not pairs:
        return []
    each = [
        f"{uids.name_of(asked.sop_class)}: {role_words(asked)} proposed, {role_words(taken)} "
        "accepted"
        for asked, taken in pairs
    ]
    message = f"{called} did not accept every role that was proposed. {listed(each)}."
    remedy = "What needs the role, for example receiving images by C-GET, will not work on this "
    remedy += "association. Have the peer's administrator allow it."
    return [Finding("roles-refused", Severity.WARNING, called, message, remedy, _ROLE_CLAUSE)]


def _silent(roles: list[RoleSelection], called: str) -> list[Finding]:
    if not roles:
        return []
    # The default is what SCU alone asks for, so nothing is lost then.
    lost = any(role.scp or not role.scu for role in roles)
    message = f"{called} left the role selection unanswered, so the default holds and we are SCU "
    message += f"only. Proposed: {_named(roles)}."
    remedy = "Many products do not know role selection; see the peer's conformance statement."
    severity = Severity.WARNING if lost else Severity.INFO
    return [Finding("roles-not-answered", severity, called, message, remedy, _ROLE_CLAUSE)]


def _strange(roles: list[RoleSelection], called: str) -> list[Finding]:
    if not roles:
        return []
    message = f"{called} answered with roles that were not proposed: {_named(roles)}."
    remedy = "The standard lets an acceptor only narrow what was proposed; report it to the peer's "
    remedy += "vendor."
    return [Finding("roles-not-proposed", Severity.WARNING, called, message, remedy, _ROLE_CLAUSE)]


def _unsent(sop_classes: list[str], called: str) -> list[Finding]:
    if not sop_classes:
        return []
    message = "Roles were not proposed for SOP Classes that no presentation context has: "
    message += f"{_classes(sop_classes)}."
    remedy = "Add a context for each, or remove the role."
    code = "role-without-context"
    return [Finding(code, Severity.INFO, called, message, remedy, _ROLE_CLAUSE)]


def _operations(window: tuple[int, int]) -> str:
    invoked, performed = ("any number" if count == 0 else str(count) for count in window)
    return f"{invoked} invoked and {performed} performed"


def _exceeds(count: int, bound: int) -> bool:
    """Whether a number of operations is more than another; 0 is any number."""
    return bound != 0 and (count == 0 or count > bound)


def _window(answer: Answer, called: str, options: RequestOptions) -> list[Finding]:
    asked, taken = options.asynchronous_window, answer.asynchronous_window
    if asked is None and taken is None:
        return []
    if taken is None:
        assert asked is not None
        message = f"{called} left the asynchronous operations window unanswered "
        message += f"({_operations(asked)} proposed), so one operation at a time is the rule."
        remedy = "Nothing needs doing: few products do more than one operation at a time."
        code, severity = "window-not-answered", Severity.INFO
    elif any(map(_exceeds, taken, asked or _DEFAULT_WINDOW)):
        message = f"{called} answered with a wider asynchronous operations window than was "
        message += f"proposed: {_operations(taken)}."
        remedy = "Use no more than was proposed, and report it to the peer's vendor."
        code, severity = "window-not-proposed", Severity.WARNING
    elif asked is not None and taken != asked:
        message = f"{called} narrowed the asynchronous operations window from {_operations(asked)} "
        message += f"to {_operations(taken)}."
        remedy = "Nothing needs doing: keep to the narrower window."
        code, severity = "window-narrowed", Severity.INFO
    else:
        message = f"{called} accepted the asynchronous operations window: {_operations(taken)}."
        code, severity, remedy = "window-accepted", Severity.INFO, ""
    return [Finding(code, severity, called, message, remedy, _WINDOW_CLAUSE)]


def _extended(
    answer: Answer, contexts: Sequence[ContextResult], called: str, options: RequestOptions
) -> list[Finding]:
    accepted = {context.abstract_syntax for context in contexts if context.result == 0}
    proposed = {extended.sop_class for extended in options.extended_negotiations}
    answered = {e.sop_class: e.information for e in answer.extended_negotiations}
    found = []
    told = [
        f"{uids.name_of(uid)} ({text[:_SHOWN_HEX]})"
        for uid, text in answered.items()
        if uid in proposed
    ]
    if told:
        message = f"{called} answered the extended negotiation: {listed(told)}."
        remedy = "Each byte tells whether an option is supported; the SOP Class's own chapter of "
        remedy += "PS3.4 names them."
        code = "extended-negotiation-answered"
        found.append(Finding(code, Severity.INFO, called, message, remedy, _EXTENDED_CLAUSE))
    silent = [uid for uid in sorted(proposed & accepted) if uid not in answered]
    if silent:
        message = f"{called} left the extended negotiation unanswered for: {_classes(silent)}."
        remedy = "The peer supports none of the options, for example relational queries; use the "
        remedy += "baseline behaviour."
        code = "extended-negotiation-ignored"
        found.append(Finding(code, Severity.INFO, called, message, remedy, _EXTENDED_CLAUSE))
    strange = [uid for uid in answered if uid not in proposed]
    if strange:
        message = f"{called} answered an extended negotiation that was not proposed: "
        message += f"{_classes(strange)}."
        code = "extended-negotiation-not-proposed"
        remedy = "Report it to the peer's vendor."
        found.append(Finding(code, Severity.WARNING, called, message, remedy, _EXTENDED_CLAUSE))
    return found


def _identity(answer: Answer, called: str, options: RequestOptions) -> list[Finding]:
    identity = options.identity
    if identity is None or not identity.response_requested:
        return []
    if answer.identity_response_bytes is not None:
        message = f"{called} acknowledged the user identity."
        code, severity, remedy = "identity-acknowledged", Severity.INFO, ""
    else:
        message = f"{called} accepted the association without acknowledging the user identity, "
        message += "though that was asked for."
        remedy = (
            "The peer does not know user identities, or leaves out the answer for a user name: "
        )
        remedy += "do not take the user as verified."
        code, severity = "identity-not-acknowledged", Severity.WARNING
    return [Finding(code, severity, called, message, remedy, _IDENTITY_CLAUSE)]
