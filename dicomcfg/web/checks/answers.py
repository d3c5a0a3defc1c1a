"""What a request proposed beside its contexts, and what the acceptor made of it (PS3.7 D.3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dicomcfg.core.diagnosis import negotiated
from dicomcfg.core.diagnosis.observation import Answer, Observation
from dicomcfg.core.records import RoleSelection
from dicomcfg.core.standard.uids import name_of
from dicomcfg.probes.target import Target

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of the table; `uid` is the SOP Class it is about, `tone` set where it failed."""

    name: str
    proposed: str
    answered: str
    uid: str = ""
    tone: str = ""


def answer_table(target: Target, observation: Observation) -> list[Asked]:
    """Proposed against answered, without what neither side mentioned; empty without an answer."""
    if observation.answer is None:
        return []
    return [
        *_whole(target, observation, observation.answer),
        *_by_class(target, observation.answer),
    ]


def _whole(target: Target, observation: Observation, answer: Answer) -> Iterator[Asked]:
    """What concerns the association as a whole."""
    options = target.options
    yield Asked(
        "Application context",
        name_of(options.application_context),
        name_of(answer.application_context) if answer.application_context else NOTHING,
    )
    theirs = observation.peer.maximum_length_received
    yield Asked("Maximum length", _length(options.maximum_length), _length(theirs))
    window = options.asynchronous_window
    if window or answer.asynchronous_window:
        # An acceptor that says nothing takes one operation at a time (PS3.7 D.3.3.3).
        said = _window(answer.asynchronous_window) or f"{NOTHING}: one at a time"
        yield Asked("Asynchronous operations window", _window(window) or NOTHING, said)
    identity = options.identity
    if identity is not None or answer.identity_response_bytes is not None:
        yield _identity(target, answer)


def _identity(target: Target, answer: Answer) -> Asked:
    identity, size = target.options.identity, answer.identity_response_bytes
    proposed = NOTHING
    if identity is not None:
        proposed = "user name and passcode" if identity.passcode_variable else "user name"
        proposed += ", response asked for" if identity.response_requested else ""
    answered = NOTHING if size is None else f"a response of {size} bytes, not kept"
    silent = identity is not None and identity.response_requested and size is None
    return Asked("User identity", proposed, answered, tone="warn" if silent else "")


def _by_class(target: Target, answer: Answer) -> Iterator[Asked]:
    """Role selection and extended negotiation, a line a SOP Class."""
    options = target.options
    asked = {role.sop_class: role for role in options.role_selections}
    told = {role.sop_class: role for role in answer.role_selections}
    for uid in dict.fromkeys((*asked, *told)):
        mine, theirs = asked.get(uid), told.get(uid)
        tone = "warn" if mine and (mine.scp or not mine.scu) and mine != theirs else ""
        said = role_words(theirs) if theirs else f"{NOTHING}: the default, SCU"
        yield Asked("Role selection", role_words(mine) if mine else NOTHING, said, uid, tone)
    sent = {each.sop_class: each.information for each in options.extended_negotiations}
    got = {each.sop_class: each.information for each in answer.extended_negotiations}
    for uid in dict.fromkeys((*sent, *got)):
        yield Asked("Extended negotiation", _spaced(sent.get(uid)), _spaced(got.get(uid)), uid)
    for common in options.common_extended_negotiations:
        # An acceptor does not answer it (PS3.7 D.3.3.6).
        service = f"service class {name_of(common.service_class)}"
        yield Asked("Common extended negotiation", service, "not answered", common.sop_class)


def role_words(role: RoleSelection) -> str:
    """A role selection in words, with its two bits as they are sent."""
    return f"{negotiated.role_words(role)} ({role.scu:d}/{role.scp:d})"


def _spaced(information: str | None) -> str:
    if information is None:
        return NOTHING
    try:
        return bytes.fromhex(information).hex(" ") or "no bytes"
    except ValueError:
        return information


def _window(window: tuple[int, int] | None) -> str:
    if window is None:
        return ""
    invoked, performed = (str(count) if count else "no limit" for count in window)
    return f"{invoked} invoked, {performed} performed"


def _length(size: int | None) -> str:
    if size is None:
        return NOTHING
    return f"{size:,} bytes" if size else "0, no limit"
