"""The items of an association request or acceptance (PS3.8 9.3.2, 9.3.3, PS3.7 Annex D)."""

from __future__ import annotations

from typing import Final

from dicomcfg.core.diagnosis.cutting import Body, Cursor, Kinds, items, text
from dicomcfg.core.standard.codes import describe_context_result
from dicomcfg.core.standard.uids import lookup, uid_problem

CONTEXT_ID: Final = "Presentation context ID"
PROPOSED: Final = "Presentation context"
ANSWERED: Final = "Presentation context, answer"
RESULT: Final = "Result"
ABSTRACT_SYNTAX: Final = "Abstract syntax"
TRANSFER_SYNTAX: Final = "Transfer syntax"
APPLICATION_CONTEXT: Final = "Application context"
USER_INFORMATION: Final = "User information"
MAXIMUM_LENGTH: Final = "Maximum length"
CLASS_UID: Final = "Implementation class UID"
VERSION_NAME: Final = "Implementation version name"
WINDOW: Final = "Asynchronous operations window"
ROLES: Final = "Role selection"
EXTENDED: Final = "Extended negotiation"
COMMON_EXTENDED: Final = "Common extended negotiation"
IDENTITY: Final = "User identity"
IDENTITY_RESPONSE: Final = "User identity response"
SOP_CLASS: Final = "SOP Class UID"
INFORMATION: Final = "Application information"
UID: Final = "UID"
_IDENTITY_TYPES = {
    1: "user name",
    2: "user name and passcode",
    3: "Kerberos ticket",
    4: "SAML assertion",
    5: "JSON web token",
}


def uid(raw: bytes) -> tuple[str, str]:
    """A UID with its registered name."""
    shown, unprintable = text(raw)
    if raw.endswith(b"\0") and uid_problem(text(raw.rstrip(b"\0"))[0]) is None:
        return shown, "is padded, which no UID is here"
    if unprintable:
        return shown, unprintable
    entry = lookup(shown)
    problem = uid_problem(raw.decode("ascii"))
    return f"{entry.name} ({shown})" if entry else shown, problem or ""


def _uid_body(inner: Cursor) -> str:
    if not inner.left:
        inner.problem = "is empty"
        return ""
    inner.take(UID, inner.left, uid)
    return inner.nodes[-1].value


def _only_uid(label: str) -> tuple[str, Body]:
    return label, _uid_body


_SYNTAXES: Final[Kinds] = {
    0x30: _only_uid(ABSTRACT_SYNTAX),
    0x40: _only_uid(TRANSFER_SYNTAX),
}


def _context_id(inner: Cursor) -> int:
    number = inner.number(CONTEXT_ID, 1)
    if number >= 0 and number % 2 == 0:
        inner.problem = "its ID is even"
    return number


def _proposed(inner: Cursor) -> str:
    number = _context_id(inner)
    inner.take("Reserved", 3)
    items(inner, _SYNTAXES)
    abstract = next((n.value for n in inner.nodes if n.label == ABSTRACT_SYNTAX), "")
    count = sum(n.label == TRANSFER_SYNTAX for n in inner.nodes)
    plural = "" if count == 1 else "es"
    return f"{_id_words(number)}: {abstract}, {count} transfer syntax{plural}"


def _answered(inner: Cursor) -> str:
    number = _context_id(inner)
    inner.take("Reserved", 1)
    result = inner.number(RESULT, 1, lambda value: f"{value} {describe_context_result(value)}")
    inner.take("Reserved", 1)
    items(inner, {0x40: _only_uid(TRANSFER_SYNTAX)})
    words = f"{_id_words(number)}: {describe_context_result(None if result < 0 else result)}"
    syntax = next((n.value for n in inner.nodes if n.label == TRANSFER_SYNTAX), "")
    # With a refusal the syntax is not significant (PS3.8 9.3.3.2).
    return f"{words}, {syntax}" if result == 0 else words


def _id_words(number: int) -> str:
    return "?" if number < 0 else str(number)


def _maximum_length(inner: Cursor) -> str:
    size = inner.number(MAXIMUM_LENGTH, 4, _length_words)
    return "" if size < 0 else _length_words(size)


def _length_words(size: int) -> str:
    return f"{size:,} bytes" if size else "0, no limit"


def _window(inner: Cursor) -> str:
    invoked = inner.number("Operations invoked", 2, _count_words)
    performed = inner.number("Operations performed", 2, _count_words)
    if min(invoked, performed) < 0:
        return ""
    return f"{invoked or 'no limit'} invoked, {performed or 'no limit'} performed"


def _count_words(count: int) -> str:
    return str(count) if count else "0, no limit"


def _roles(inner: Cursor) -> str:
    name = inner.counted("UID", SOP_CLASS, uid)
    scu = inner.number("SCU role", 1, _role_words)
    scp = inner.number("SCP role", 1, _role_words)
    return f"{name}: SCU {_role_words(scu)}, SCP {_role_words(scp)}"


def _role_words(bit: int) -> str:
    return {0: "0 no", 1: "1 yes", -1: "missing"}.get(bit, f"{bit}, neither 0 nor 1")


def _version_name(inner: Cursor) -> str:
    size = inner.left
    if not 0 < size <= 16:
        inner.problem = f"has {size} characters where 1 to 16 are allowed"
    if size:
        inner.take(VERSION_NAME, size, text)
        return inner.nodes[-1].value
    return ""


def _extended(inner: Cursor) -> str:
    name = inner.counted("UID", SOP_CLASS, uid)
    if inner.left:
        inner.take(INFORMATION, inner.left)
        return f"{name}: {inner.nodes[-1].value}"
    return f"{name}: nothing"


def _common_extended(inner: Cursor) -> str:
    name = inner.counted("SOP Class UID", SOP_CLASS, uid)
    service = inner.counted("Service class UID", "Service class UID", uid)
    related = inner.number("Length of related general SOP Classes", 2)
    among = inner.inside(related)
    while among.has_more():
        among.counted("UID", "Related general SOP Class UID", uid)
    if among.left or among.nodes:
        inner.close("Related general SOP Classes", "", among)
    return f"{name} as {service}"


def _identity(inner: Cursor) -> str:
    if inner.left and not any(inner.data[inner.at : inner.end]):
        return _blanked(inner)
    kind = inner.number("Identity type", 1, _identity_words)
    inner.number("Response requested", 1, lambda bit: "yes" if bit else "no")
    inner.counted("Primary field", "Primary field", _withheld)
    inner.counted("Secondary field", "Secondary field", _withheld)
    return _identity_words(kind)


def _identity_words(kind: int) -> str:
    return _IDENTITY_TYPES.get(kind, f"type {kind}")


def _identity_response(inner: Cursor) -> str:
    size = inner.left
    if size and not any(inner.data[inner.at : inner.end]):
        return _blanked(inner)
    inner.counted("Server response", "Server response", _withheld)
    return f"{max(0, size - 2)} bytes, not shown"


def _blanked(inner: Cursor) -> str:
    words = f"{inner.left} bytes, blanked in the record"
    inner.take("Identity", inner.left, lambda _: (words, ""))
    return words


def _withheld(raw: bytes) -> tuple[str, str]:
    return f"{len(raw)} bytes, not shown", ""


_USER_ITEMS: Final[Kinds] = {
    0x51: (MAXIMUM_LENGTH, _maximum_length),
    0x52: _only_uid(CLASS_UID),
    0x53: (WINDOW, _window),
    0x54: (ROLES, _roles),
    0x55: (VERSION_NAME, _version_name),
    0x56: (EXTENDED, _extended),
    0x57: (COMMON_EXTENDED, _common_extended),
    0x58: (IDENTITY, _identity),
    0x59: (IDENTITY_RESPONSE, _identity_response),
}


def _user_information(inner: Cursor) -> str:
    items(inner, _USER_ITEMS)
    name = next((n.value for n in inner.nodes if n.label == VERSION_NAME), "")
    return name or next((n.value for n in inner.nodes if n.label == CLASS_UID), "")


_SHARED: Final[Kinds] = {
    0x10: _only_uid(APPLICATION_CONTEXT),
    0x50: (USER_INFORMATION, _user_information),
}
REQUEST_ITEMS: Final[Kinds] = {**_SHARED, 0x20: (PROPOSED, _proposed)}
ACCEPT_ITEMS: Final[Kinds] = {**_SHARED, 0x21: (ANSWERED, _answered)}
