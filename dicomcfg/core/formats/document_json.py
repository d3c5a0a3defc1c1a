"""The Document as JSON: what the command line prints, read back without loss.

Reading is strict, since programs write this form: a wrong type, an unknown key or a reference to
nothing is an error finding with the path of the value (`aes[3].connections[0].port`).
"""

from __future__ import annotations

import json
import types
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats.base import Format, Source, Written
from dicomcfg.core.formats.losses import every_field
from dicomcfg.core.formats.text import clip
from dicomcfg.core.records import (
    SCHEMA,
    Ae,
    Association,
    Device,
    Document,
    PresentationContext,
    Profile,
)
from dicomcfg.core.standard.ae_title import check_ae_title
from dicomcfg.core.standard.endpoint import check_hostname, check_port
from dicomcfg.core.standard.uids import uid_problem

NAME: Final = "dicomcfg-json"
MAXIMUM_FINDINGS: Final = 1_000
_STATES = ("planned", "live", "retired")
_PROBES = ("find", "store")
_ROLES = ("SCU", "SCP")
_MOST_ASSOCIATIONS: Final = 32_767
_SECTIONS: Final[dict[str, type]] = {
    "devices": Device,
    "aes": Ae,
    "associations": Association,
    "profiles": Profile,
}


class _UnusableError(Exception):
    """A value that cannot be taken; ends the reading of its record only."""


class _Reader:
    """Builds records from plain JSON by their annotations and gathers findings with paths."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def error(self, code: str, path: str, message: str, remedy: str = "") -> None:
        """Keep one error; beyond the bound only that there are more."""
        if len(self.findings) < MAXIMUM_FINDINGS:
            self.findings.append(
                Finding(code, Severity.ERROR, clip(path), message, remedy, path=path)
            )
        elif len(self.findings) == MAXIMUM_FINDINGS:
            message = f"There are more than {MAXIMUM_FINDINGS:,} findings; the rest is not listed."
            self.findings.append(Finding("more-findings", Severity.ERROR, "file", message))

    def value(self, kind: Any, data: object, path: str) -> Any:
        """One value of an annotation. Raises _UnusableError after saying what is wrong."""
        if is_dataclass(kind) and isinstance(kind, type):
            return self.record(kind, data, path)
        if get_origin(kind) is tuple:
            return self.items(get_args(kind)[0], data, path)
        if get_origin(kind) in (Union, types.UnionType):
            return None if data is None else self.value(get_args(kind)[0], data, path)
        if type(data) is not kind:
            message = f"{path} is {_named(type(data))} where {_named(kind)} belongs."
            self.error("json-wrong-type", path, message)
            raise _UnusableError
        if isinstance(data, str) and not _storable(data):
            message = f"{path} holds a zero or an unpaired surrogate, which is no text."
            self.error("json-bad-text", path, message)
            raise _UnusableError
        return data

    def items(self, kind: Any, data: object, path: str) -> tuple[Any, ...]:
        """A list; items that cannot be taken are left out, all of them beyond the bound."""
        if not isinstance(data, list):
            message = f"{path} is {_named(type(data))} where a list belongs."
            self.error("json-wrong-type", path, message)
            raise _UnusableError
        built = []
        for index, item in enumerate(data):
            if len(self.findings) > MAXIMUM_FINDINGS:
                break
            try:
                built.append(self.value(kind, item, f"{path}[{index}]"))
            except _UnusableError:
                continue
        return tuple(built)

    def record(self, kind: type, data: object, path: str) -> Any:
        """One dataclass. Raises _UnusableError when a field is missing or cannot be taken."""
        if not isinstance(data, dict):
            message = f"{path} is {_named(type(data))} where an object belongs."
            self.error("json-wrong-type", path, message)
            raise _UnusableError
        hints, required = _shape(kind)
        for key in data.keys() - hints.keys():
            place = f"{path}.{clip(key)}"
            self.error("json-unknown-key", place, f"{place} is not known.", "Remove it.")
        for key in sorted(required - data.keys()):
            self.error("json-missing-key", f"{path}.{key}", f"{path}.{key} is missing.")
        if required - data.keys():
            raise _UnusableError
        return kind(
            **{k: self.value(hints[k], v, f"{path}.{k}") for k, v in data.items() if k in hints}
        )


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


def _check_contexts(reader: _Reader, contexts: tuple[PresentationContext, ...], path: str) -> None:
    for index, context in enumerate(contexts):
        for uid in (context.abstract_syntax, *context.transfer_syntaxes):
            _check_uid(reader, uid, f"{path}.presentation_contexts[{index}]")


def _check_uid(reader: _Reader, uid: str, path: str) -> None:
    problem = uid_problem(uid)
    if problem:
        reader.error("uid-invalid", path, f"The UID {clip(uid)!r} {problem}.")


def _check_ae(reader: _Reader, ae: Ae, path: str) -> None:
    found = [(finding, f"{path}.ae_title") for finding in check_ae_title(ae.ae_title)]
    for index, connection in enumerate(ae.connections):
        place = f"{path}.connections[{index}]"
        found += [(f, f"{place}.hostname") for f in check_hostname(connection.hostname)]
        found += [(f, f"{place}.port") for f in check_port(connection.port)]
    for finding, place in found:
        if finding.severity is Severity.ERROR:
            reader.error(finding.code, place, finding.message, finding.remedy)
    for index, probe in enumerate(ae.allowed_probes):
        if probe not in _PROBES:
            message = f"{clip(probe)!r} is no probe that can be allowed; there are find and store."
            reader.error("json-bad-value", f"{path}.allowed_probes[{index}]", message)
    for index, capability in enumerate(ae.transfer_capabilities):
        place = f"{path}.transfer_capabilities[{index}]"
        for uid in (capability.sop_class, *capability.transfer_syntaxes):
            _check_uid(reader, uid, place)
        if capability.role not in _ROLES:
            reader.error("json-bad-value", f"{place}.role", "The role is neither SCU nor SCP.")


def _check_following(reader: _Reader, ae: Ae, path: str) -> None:
    if (ae.profile is None) is not (ae.profile_role is None):
        message = "A Profile and the role in which the AE follows it are given together or not."
        reader.error("json-bad-value", f"{path}.profile_role", message)
    elif ae.profile_role not in (None, *_ROLES):
        message = "The role is neither SCU nor SCP."
        reader.error("json-bad-value", f"{path}.profile_role", message)


def _check_count(reader: _Reader, count: int | None, path: str) -> None:
    if count is not None and not 1 <= count <= _MOST_ASSOCIATIONS:
        message = f"A number of associations at once is 1 to {_MOST_ASSOCIATIONS:,}."
        reader.error("json-bad-value", path, message)


def _check_state(reader: _Reader, state: str, path: str) -> None:
    if state not in _STATES:
        message = f"{clip(state)!r} is no state; there are {', '.join(_STATES)}."
        reader.error("json-bad-value", f"{path}.state", message)


def _check_unique(reader: _Reader, keys: list[str], path: str, field: str) -> None:
    seen: set[str] = set()
    for index, key in enumerate(keys):
        if key in seen:
            place = f"{path}[{index}].{field}"
            reader.error("json-key-repeated", place, f"{clip(key)!r} stands there twice.")
        seen.add(key)


def _check_references(reader: _Reader, document: Document) -> None:
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
            message = f"{path} names {clip(key)!r}, which the file does not hold."
            reader.error("json-dangling-reference", path, message)


def _check(reader: _Reader, document: Document) -> None:
    _check_unique(reader, [device.key for device in document.devices], "devices", "key")
    _check_unique(reader, [ae.key for ae in document.aes], "aes", "key")
    _check_unique(reader, [profile.name for profile in document.profiles], "profiles", "name")
    for index, device in enumerate(document.devices):
        _check_state(reader, device.state, f"devices[{index}]")
    for index, ae in enumerate(document.aes):
        _check_state(reader, ae.state, f"aes[{index}]")
        _check_ae(reader, ae, f"aes[{index}]")
        _check_following(reader, ae, f"aes[{index}]")
        for name in ("maximum_associations_in", "maximum_associations_out"):
            _check_count(reader, getattr(ae, name), f"aes[{index}].{name}")
    for index, pair in enumerate(document.associations):
        path = f"associations[{index}].associations_at_once"
        _check_count(reader, pair.associations_at_once, path)
    for section in ("associations", "profiles"):
        holders: tuple[Association | Profile, ...] = getattr(document, section)
        for index, holder in enumerate(holders):
            path = f"{section}[{index}]"
            _check_contexts(reader, holder.presentation_contexts, path)
            for i, role in enumerate(holder.role_selections):
                _check_uid(reader, role.sop_class, f"{path}.role_selections[{i}]")
            for i, extended in enumerate(holder.extended_negotiations):
                _check_uid(reader, extended.sop_class, f"{path}.extended_negotiations[{i}]")
    _check_references(reader, document)


def _parsed(text: str) -> tuple[dict[str, Any] | None, list[Finding]]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as problem:
        message = f"This is not JSON: {problem.msg} in column {problem.colno}."
        finding = Finding("json-malformed", Severity.ERROR, "file", message, line=problem.lineno)
        return None, [finding]
    except (RecursionError, ValueError):
        message = "The JSON nests too deeply or holds a number beyond all bounds."
        return None, [Finding("json-malformed", Severity.ERROR, "file", message)]
    if not isinstance(data, dict):
        message = "The JSON is not an object with devices, aes, associations and profiles."
        return None, [Finding("json-wrong-type", Severity.ERROR, "file", message)]
    return data, []


def read(source: Source) -> Document:
    """The Document that was printed; findings of its first reading are not carried over."""
    data, problems = _parsed(source.text)
    if data is None:
        return Document(NAME, findings=tuple(problems))
    reader = _Reader()
    if data.get("schema") != SCHEMA:
        message = f"The schema is {clip(repr(data.get('schema')))}; this program reads {SCHEMA}."
        reader.error("json-schema-unknown", "schema", message, "Use the program that wrote it.")
        return Document(NAME, findings=tuple(reader.findings))
    for key in data.keys() - _SECTIONS.keys() - {"format", "schema", "findings"}:
        reader.error("json-unknown-key", clip(key), f"{clip(key)} is not known.", "Remove it.")
    sections: dict[str, Any] = {}
    for name, kind in _SECTIONS.items():
        try:
            sections[name] = reader.items(kind, data.get(name, []), name)
        except _UnusableError:
            sections[name] = ()
    document = Document(NAME, **sections)
    _check(reader, document)
    return replace(document, findings=tuple(reader.findings))


def write(document: Document) -> Written:
    """The whole Document, indented, UTF-8 characters as they are."""
    return Written.of(json.dumps(document.to_json(), indent=2, ensure_ascii=False) + "\n")


def detect(source: Source) -> float:
    """Sure of an object that names a schema and one of the sections near its beginning."""
    head = source.text[:2_000]
    if not head.lstrip().startswith("{"):
        return 0.0
    named = any(f'"{section}"' in head for section in _SECTIONS)
    return 1.0 if '"schema"' in head and '"format"' in head and named else 0.2


FORMAT: Final = Format(
    name=NAME,
    title="dicomcfg JSON",
    detect=detect,
    read=read,
    write=write,
    suffix=".json",
    knows=every_field(),
)
