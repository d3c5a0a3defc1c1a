"""Records of the Document from plain data, strictly: what its JSON and its YAML share.

Reading is strict, since programs write these forms: a wrong type, an unknown key or a reference to
nothing is an error finding with the path of the value (`aes[3].connections[0].port`).
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from dicomcfg.core.findings import Severity
from dicomcfg.core.formats.bounded import Findings, Place
from dicomcfg.core.formats.losses import SECTIONS
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import (
    SCHEMA,
    Ae,
    Association,
    Document,
    PresentationContext,
    Profile,
)
from dicomcfg.core.standard.ae_title import check_ae_title
from dicomcfg.core.standard.endpoint import check_hostname, check_port
from dicomcfg.core.standard.uids import uid_problem

STATES: Final = ("planned", "live", "retired")
PROBES: Final = ("find", "store")
ROLES: Final = ("SCU", "SCP")
MOST_ASSOCIATIONS: Final = 32_767
_INDEX: Final = re.compile(r"(\[[0-9]+\])")


class Plain(str):
    """A text that stood there without quotes: where a number or a truth belongs it may be one."""

    __slots__ = ()


class _UnusableError(Exception):
    """A value that cannot be taken; ends the reading of its record only."""


class _Reader:
    """Builds records from plain JSON by their annotations and gathers findings with paths."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.kept: dict[str, list[int]] = {}

    def error(self, code: str, path: str, message: str, remedy: str = "") -> None:
        """Keep one error."""
        self.findings.say(code, Severity.ERROR, path, message, remedy, Place(path=path))

    def value(self, kind: Any, data: object, path: str) -> Any:
        """One value of an annotation. Raises _UnusableError after saying what is wrong."""
        if is_dataclass(kind) and isinstance(kind, type):
            return self.record(kind, data, path)
        if get_origin(kind) is tuple:
            return self.items(get_args(kind)[0], data, path)
        if get_origin(kind) in (Union, types.UnionType):
            if data is None or (type(data) is Plain and data in NULLS):
                return None
            return self.value(get_args(kind)[0], data, path)
        if type(data) is Plain:
            data = _meant(data, kind)
        if type(data) is not kind:
            message = f"{path} is {_named(type(data))} where {_named(kind)} belongs."
            self.error("document-wrong-type", path, message)
            raise _UnusableError
        if isinstance(data, str) and not _storable(data):
            message = f"{path} holds a zero or an unpaired surrogate, which is no text."
            self.error("document-bad-text", path, message)
            raise _UnusableError
        return data

    def items(self, kind: Any, data: object, path: str) -> tuple[Any, ...]:
        """A list; items that cannot be taken are left out, and `kept` tells which were not."""
        if not isinstance(data, list):
            message = f"{path} is {_named(type(data))} where a list belongs."
            self.error("document-wrong-type", path, message)
            raise _UnusableError
        built = {}
        for index, item in enumerate(data):
            try:
                built[index] = self.value(kind, item, f"{path}[{index}]")
            except _UnusableError:
                continue
        if len(built) < len(data):
            self.kept[path] = list(built)
        return tuple(built.values())

    def record(self, kind: type, data: object, path: str) -> Any:
        """One dataclass. Raises _UnusableError when a field is missing or cannot be taken."""
        if not isinstance(data, dict):
            message = f"{path} is {_named(type(data))} where an object belongs."
            self.error("document-wrong-type", path, message)
            raise _UnusableError
        hints, required = _shape(kind)
        for key in data.keys() - hints.keys():
            place = f"{path}.{clip(key)}"
            self.error("document-unknown-key", place, f"{place} is not known.", "Remove it.")
        for key in sorted(required - data.keys()):
            self.error("document-missing-key", f"{path}.{key}", f"{path}.{key} is missing.")
        if required - data.keys():
            raise _UnusableError
        return kind(
            **{k: self.value(hints[k], v, f"{path}.{k}") for k, v in data.items() if k in hints}
        )


NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTHS: Final = {"true": True, "True": True, "false": False, "False": False}


def _meant(text: str, kind: Any) -> object:
    """An unquoted text as what belongs there, or itself as a text."""
    if kind is bool:
        return _TRUTHS.get(text, str(text))
    digits = text.removeprefix("-")
    if kind is int and digits.isascii() and digits.isdigit() and len(digits) < 10:
        return int(text)
    return str(text)


@cache
def _shape(kind: type) -> tuple[dict[str, Any], set[str]]:
    required = {
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    }
    return get_type_hints(kind), required


_KINDS = {str: "text", int: "a whole number", bool: "true or false", dict: "an object"}


def _named(kind: type) -> str:
    return _KINDS.get(kind) or ("a list" if kind is list else "null or a fraction")


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


class _Checker:
    """Tells what is wrong with records that were read, by the paths that the file has for them."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader

    def error(self, code: str, path: str, message: str, remedy: str = "") -> None:
        """Keep one error; `path` counts what was read."""
        true = ""
        for part in _INDEX.split(path):
            kept = self._reader.kept.get(true) if part[:1] == "[" else None
            true += f"[{kept[int(part[1:-1])]}]" if kept else part
        self._reader.error(code, true, message, remedy)


def _check_contexts(
    checker: _Checker, contexts: tuple[PresentationContext, ...], path: str
) -> None:
    for index, context in enumerate(contexts):
        for uid in (context.abstract_syntax, *context.transfer_syntaxes):
            _check_uid(checker, uid, f"{path}.presentation_contexts[{index}]")


def _check_uid(checker: _Checker, uid: str, path: str) -> None:
    problem = uid_problem(uid)
    if problem:
        checker.error("uid-invalid", path, f"The UID {clip(uid)!r} {problem}.")


def _check_ae(checker: _Checker, ae: Ae, path: str) -> None:
    found = [(finding, f"{path}.ae_title") for finding in check_ae_title(ae.ae_title)]
    for index, connection in enumerate(ae.connections):
        place = f"{path}.connections[{index}]"
        found += [(f, f"{place}.hostname") for f in check_hostname(connection.hostname)]
        found += [(f, f"{place}.port") for f in check_port(connection.port)]
    for finding, place in found:
        if finding.severity is Severity.ERROR:
            checker.error(finding.code, place, finding.message, finding.remedy)
    for index, probe in enumerate(ae.allowed_probes):
        if probe not in PROBES:
            message = f"{clip(probe)!r} is no probe that can be allowed; there are find and store."
            checker.error("document-bad-value", f"{path}.allowed_probes[{index}]", message)
    for index, capability in enumerate(ae.transfer_capabilities):
        place = f"{path}.transfer_capabilities[{index}]"
        for uid in (capability.sop_class, *capability.transfer_syntaxes):
            _check_uid(checker, uid, place)
        if capability.role not in ROLES:
            checker.error("document-bad-value", f"{place}.role", "The role is neither SCU nor SCP.")


def _check_following(checker: _Checker, ae: Ae, path: str) -> None:
    if (ae.profile is None) is not (ae.profile_role is None):
        message = "A Profile and the role in which the AE follows it are given together or not."
        checker.error("document-bad-value", f"{path}.profile_role", message)
    elif ae.profile_role not in (None, *ROLES):
        message = "The role is neither SCU nor SCP."
        checker.error("document-bad-value", f"{path}.profile_role", message)


def _check_count(checker: _Checker, count: int | None, path: str) -> None:
    if count is not None and not 1 <= count <= MOST_ASSOCIATIONS:
        message = f"A number of associations at once is 1 to {MOST_ASSOCIATIONS:,}."
        checker.error("document-bad-value", path, message)


def _check_state(checker: _Checker, state: str, path: str) -> None:
    if state not in STATES:
        message = f"{clip(state)!r} is no state; there are {', '.join(STATES)}."
        checker.error("document-bad-value", f"{path}.state", message)


def _check_unique(checker: _Checker, keys: list[str], path: str, field: str) -> None:
    seen: set[str] = set()
    for index, key in enumerate(keys):
        if key in seen:
            place = f"{path}[{index}].{field}"
            checker.error("document-key-repeated", place, f"{clip(key)!r} stands there twice.")
        seen.add(key)


def _check_references(checker: _Checker, document: Document) -> None:
    devices = {device.key for device in document.devices}
    aes = {ae.key for ae in document.aes}
    profiles = {profile.name for profile in document.profiles}
    references = [(ae.device, devices, f"aes[{i}].device") for i, ae in enumerate(document.aes)]
    references += [(ae.profile, profiles, f"aes[{i}].profile") for i, ae in enumerate(document.aes)]
    for i, association in enumerate(document.associations):
        references += [
            (association.calling, aes, f"associations[{i}].calling"),
            (association.called, aes, f"associations[{i}].called"),
            (association.profile, profiles, f"associations[{i}].profile"),
        ]
    for key, known, path in references:
        if key is not None and key not in known:
            message = f"{clip(key)!r} is named, which the file does not hold."
            checker.error("document-dangling-reference", path, message)


def _check(checker: _Checker, document: Document) -> None:
    _check_unique(checker, [device.key for device in document.devices], "devices", "key")
    _check_unique(checker, [ae.key for ae in document.aes], "aes", "key")
    _check_unique(checker, [profile.name for profile in document.profiles], "profiles", "name")
    for index, device in enumerate(document.devices):
        _check_state(checker, device.state, f"devices[{index}]")
    for index, ae in enumerate(document.aes):
        _check_state(checker, ae.state, f"aes[{index}]")
        _check_ae(checker, ae, f"aes[{index}]")
        _check_following(checker, ae, f"aes[{index}]")
        for name in ("maximum_associations_in", "maximum_associations_out"):
            _check_count(checker, getattr(ae, name), f"aes[{index}].{name}")
    for index, pair in enumerate(document.associations):
        path = f"associations[{index}].associations_at_once"
        _check_count(checker, pair.associations_at_once, path)
    for section in ("associations", "profiles"):
        holders: tuple[Association | Profile, ...] = getattr(document, section)
        for index, holder in enumerate(holders):
            path = f"{section}[{index}]"
            _check_contexts(checker, holder.presentation_contexts, path)
            for i, role in enumerate(holder.role_selections):
                _check_uid(checker, role.sop_class, f"{path}.role_selections[{i}]")
            for i, extended in enumerate(holder.extended_negotiations):
                _check_uid(checker, extended.sop_class, f"{path}.extended_negotiations[{i}]")
    _check_references(checker, document)


def document_of(data: Mapping[str, Any], name: str) -> Document:
    """The Document of a format from its sections; findings of its first reading are not taken."""
    reader = _Reader()
    schema = data.get("schema")
    if (_meant(schema, int) if type(schema) is Plain else schema) != SCHEMA:
        message = f"The schema is {clip(repr(schema))}; this program reads {SCHEMA}."
        reader.error("document-schema-unknown", "schema", message, "Use the program that wrote it.")
        return Document(name, findings=reader.findings.all())
    for key in data.keys() - SECTIONS.keys() - {"format", "schema", "findings", "$schema"}:
        path = clip(str(key))
        reader.error("document-unknown-key", path, f"{path} is not known.", "Remove it.")
    sections: dict[str, Any] = {}
    for section, (_, kind) in SECTIONS.items():
        try:
            sections[section] = reader.items(kind, data.get(section, []), section)
        except _UnusableError:
            sections[section] = ()
    document = Document(name, **sections)
    _check(_Checker(reader), document)
    return replace(document, findings=reader.findings.all(), places=_places(data.get("aes")))


def _places(aes: object) -> dict[str, str]:
    """The paths of AEs by their keys: those that could not be read count too."""
    items = enumerate(aes if isinstance(aes, list) else ())
    named = ((index, ae.get("key")) for index, ae in items if isinstance(ae, dict))
    return {str(key): f"aes[{index}]" for index, key in named if key is not None}
