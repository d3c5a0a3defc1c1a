"""The JSON Schema of the Document, made from its records: what its JSON and YAML look like.

The schema is as strict as the reader about types, keys and sets of values; that references lead
somewhere and that keys are unique is beyond what a schema can say.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats.document.document_records import MOST_ASSOCIATIONS, PROBES, ROLES, STATES
from dicomcfg.core.records import SCHEMA, Document

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Final[dict[object, str]] = {str: "string", int: "integer", bool: "boolean"}
_UID: Final = {
    "type": "string",
    "maxLength": 64,
    "pattern": r"^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+$",
}
_COUNT: Final = {"minimum": 1, "maximum": MOST_ASSOCIATIONS}
# What a field's type does not say, by record and field.
_MORE: Final[dict[str, dict[str, Any]]] = {
    "Ae.ae_title": {"minLength": 1, "maxLength": 16},
    "Ae.allowed_probes": {"items": {"enum": list(PROBES)}},
    "Ae.maximum_associations_in": _COUNT,
    "Ae.maximum_associations_out": _COUNT,
    "Ae.profile_role": {"enum": [*ROLES, None]},
    "Ae.state": {"enum": list(STATES)},
    "Association.associations_at_once": _COUNT,
    "Connection.hostname": {"minLength": 1},
    "Connection.port": {"minimum": 1, "maximum": 65535},
    "Device.state": {"enum": list(STATES)},
    "Document.schema": {"const": SCHEMA},
    "ExtendedNegotiation.sop_class": _UID,
    "PresentationContext.abstract_syntax": _UID,
    "PresentationContext.transfer_syntaxes": {"items": _UID},
    "RoleSelection.sop_class": _UID,
    "TransferCapability.role": {"enum": list(ROLES)},
    "TransferCapability.sop_class": _UID,
    "TransferCapability.transfer_syntaxes": {"items": _UID},
}
_UNWRITTEN: Final = frozenset({"Document.knows", "Document.places"})
# What the reader asks for; a Document is always written with all of its sections.
_REQUIRED: Final = {"Document": ["schema"]}


def document_schema() -> dict[str, Any]:
    """The schema as plain data, in the order of the records."""
    records: dict[str, Any] = {}
    root = _object(Document, records)
    return {
        "$schema": DIALECT,
        "$id": f"urn:dicomcfg:document:{SCHEMA}",
        "title": f"The Document of dicomcfg, version {SCHEMA}",
        **root,
        "$defs": dict(sorted(records.items())),
    }


def _object(kind: type, records: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    written = [each for each in fields(kind) if f"{kind.__name__}.{each.name}" not in _UNWRITTEN]
    required = [each.name for each in written if _is_required(each)]
    properties = {
        each.name: _value(hints[each.name], records) | _MORE.get(f"{kind.__name__}.{each.name}", {})
        for each in written
    }
    if kind is Document:
        # An editor finds the schema by this key.
        properties = {"$schema": {"type": "string"}, **properties}
    return {
        "type": "object",
        "description": (kind.__doc__ or "").split("\n")[0],
        "properties": properties,
        "required": _REQUIRED.get(kind.__name__, required),
        "additionalProperties": False,
    }


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(kind: Any, records: dict[str, Any]) -> dict[str, Any]:
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _value(get_args(kind)[0], records)}
    if get_origin(kind) in (Union, types.UnionType):
        inner = _value(get_args(kind)[0], records)
        return inner | {"type": [inner["type"], "null"]}
    if kind is Finding:
        # Findings of an earlier reading are told, and not taken back.
        return {"type": "object"}
    if is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in records:
            records[kind.__name__] = {}
            records[kind.__name__] = _object(kind, records)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    return {"type": _PLAIN[kind]}
