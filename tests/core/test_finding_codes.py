"""Every finding code of the core is documented, also those that stand in tables."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[a-z]+(-[a-z0-9]+)+")
# Literals of the same look that are no codes: names of formats, encodings and needs.
NO_CODES = {
    *("ae-table", "dicomcfg-json", "utf-8", "utf-16-le", "utf-16-be"),
    *("orthanc-json", "orthanc-env", "orthanc-compose", "utf-16"),
    *("context-back", "role-back"),
}


def _literals(tree: ast.AST) -> set[str]:
    """String literals that are neither a dictionary's key nor compared with something."""
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = (key for key in node.keys if key is not None)
            skipped.update(part for key in keys for part in ast.walk(key))
        elif isinstance(node, ast.Compare):
            skipped.update(ast.walk(node))
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in (
            "startswith",
            "removeprefix",
        ):
            skipped.update(node.args)
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped
    }


def _codes_in_source() -> set[str]:
    folders = ("standard", "formats", "diagnosis", "negotiation")
    files = [path for name in folders for path in (ROOT / "dicomcfg/core" / name).glob("*.py")]
    texts = {
        text
        for path in files
        if path.name not in ("observation.py",)
        for text in _literals(ast.parse(path.read_text("utf-8")))
    }
    return {text for text in texts if CODE.fullmatch(text)} - NO_CODES


def _rows() -> list[list[str]]:
    text = (ROOT / "docs/findings.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_code_of_the_core_has_a_row():
    missing = _codes_in_source() - {row[0].strip("`") for row in _rows()}
    assert not missing


def test_every_row_is_filled():
    rows = _rows()
    assert all(len(row) == 3 and all(row) for row in rows)
