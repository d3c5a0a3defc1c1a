"""The published JSON Schema is the records', and written Documents keep to it."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.document.document_schema import document_schema
from dicomcfg.core.formats.losses import SECTIONS
from dicomcfg.core.records import Document
from tests.core.test_document_json import FULL
from tests.parts.documents import FIXED, documents

PUBLISHED = Path(__file__).parents[2] / "docs/document.schema.json"
TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}
KNOWN = {
    *("$schema", "$id", "$defs", "$ref", "title", "description", "type", "properties", "required"),
    *("additionalProperties", "items", "enum", "const", "minimum", "maximum", "minLength"),
    *("maxLength", "pattern"),
}


def problems(value, schema, root, path="$"):
    """Where a value breaks a schema of the keywords that ours uses."""
    assert schema.keys() <= KNOWN, schema.keys() - KNOWN
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    names = schema.get("type", [])
    allowed = tuple(TYPES[name] for name in ([names] if isinstance(names, str) else names))
    if allowed and type(value) not in allowed:
        return [f"{path} has the wrong type"]
    found = [] if is_allowed(value, schema) else [f"{path} is not allowed"]
    if type(value) is list:
        for index, item in enumerate(value):
            found += problems(item, schema.get("items", {}), root, f"{path}[{index}]")
    if type(value) is dict:
        properties = schema.get("properties", {})
        missing = set(schema.get("required", ())) - value.keys()
        unknown = value.keys() - properties.keys() if "additionalProperties" in schema else set()
        found += [f"{path}.{key} is missing or unknown" for key in missing | unknown]
        for key in value.keys() & properties.keys():
            found += problems(value[key], properties[key], root, f"{path}.{key}")
    return found


def is_allowed(value, schema):
    """Whether a value is in its sets and bounds."""
    fine = value in schema.get("enum", [value]) and value == schema.get("const", value)
    if type(value) is int:
        fine &= schema.get("minimum", value) <= value <= schema.get("maximum", value)
    if type(value) is str:
        fine &= schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        fine &= re.search(schema.get("pattern", ""), value) is not None
    return fine


def test_the_published_schema_is_the_records():
    assert json.loads(PUBLISHED.read_text()) == document_schema()


def test_every_field_of_every_record_is_in_it():
    schema = document_schema()
    for section, (_, kind) in SECTIONS.items():
        name = schema["properties"][section]["items"]["$ref"].rpartition("/")[2]
        assert list(schema["$defs"][name]["properties"]) == [field.name for field in fields(kind)]
    assert set(schema["properties"]) == {f.name for f in fields(Document)} - {"knows", "places"} | {
        "$schema"
    }


@pytest.mark.parametrize("document", [FULL, *FIXED.values()])
def test_written_documents_keep_to_it(document):
    schema = document_schema()
    data = json.loads(registry.write(document, "dicomcfg-json").text)
    assert problems(data, schema, schema) == []


@settings(max_examples=40)
@given(documents())
def test_any_written_document_keeps_to_it(document):
    schema = document_schema()
    data = json.loads(registry.write(document, "dicomcfg-json").text)
    assert problems(data, schema, schema) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("aes", 0, "connections", 0, "port"), 70_000),
        (("aes", 0, "connections", 0, "port"), "104"),
        (("aes", 0, "state"), "gone"),
        (("aes", 0, "ae_title"), ""),
        (("aes", 0, "bogus"), 1),
        (("aes", 0, "transfer_capabilities", 0, "role"), "BOTH"),
        (("associations", 0, "presentation_contexts", 0, "abstract_syntax"), "1.02"),
        (("associations", 0, "associations_at_once"), 0),
        (("profiles", 0, "name"), None),
        (("schema",), 2),
    ],
)
def test_what_the_reader_refuses_breaks_it(path, value):
    data = json.loads(json.dumps(FULL.to_json()))
    here = data
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    schema = document_schema()
    assert problems(data, schema, schema)
    assert registry.read(json.dumps(data).encode(), format="dicomcfg-json").findings


def test_a_document_may_name_the_schema():
    data = {"$schema": "document.schema.json", "schema": 1}
    assert registry.read(json.dumps(data).encode(), format="dicomcfg-json").findings == ()
