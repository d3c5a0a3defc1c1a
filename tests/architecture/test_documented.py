"""What a person may set, and what dicomcfg may say, is documented: exactly that, in order."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import PROJECT, python_files, tree

TYPED = {"broker", "flag", "log_level", "networks", "number", "text", "time_zone", "words"}
READERS = {"get", "getenv", "pop", "setdefault", *TYPED}
# Read by us, but set by the system and not by a person.
SYSTEM = {"DJANGO_SETTINGS_MODULE", "COLUMNS"}


def _first_column(page: str) -> list[str]:
    text = (PROJECT / "docs" / page).read_text()
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def _environment_names(path: Path) -> Iterator[str]:
    """Names in upper case that are asked of the environment anywhere in a file."""
    for node in ast.walk(tree(path)):
        name: ast.expr | None = None
        if isinstance(node, ast.Call) and node.args:
            called = node.func
            if isinstance(called, ast.Attribute) and "environ" in ast.unparse(called.value):
                name = node.args[0] if called.attr in READERS else None
            elif ast.unparse(called).rpartition(".")[2] in TYPED:
                name = node.args[0]
        elif isinstance(node, ast.Subscript) and "environ" in ast.unparse(node.value):
            name = node.slice
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isupper():
            yield name.value


def _finding_codes() -> Iterator[str]:
    """Every literal `code=` of a call that makes a Finding, by keyword or as its first value."""
    for path in python_files("dicomcfg"):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func).rpartition(".")[2]
            values = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            if called.lower() in {"finding", "_finding"} and not values:
                values = node.args[:1]
            for value in values:
                for constant in ast.walk(value):
                    if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                        yield constant.value


def test_every_setting_is_documented() -> None:
    used = {name for path in python_files("dicomcfg") for name in _environment_names(path)}
    assert sorted(used - SYSTEM) == _first_column("settings.md")


def test_every_finding_code_is_documented() -> None:
    documented = _first_column("findings.md")
    missing = set(_finding_codes()) - set(documented)
    assert not missing
    assert documented == sorted(set(documented))


def test_no_documented_finding_is_out_of_use() -> None:
    documented = _first_column("findings.md")
    text = "\n".join((PROJECT / path).read_text() for path in python_files("dicomcfg"))
    assert documented
    assert not [code for code in documented if f'"{code}"' not in text]
