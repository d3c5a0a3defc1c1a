"""What the architecture tests look at: the tracked files, and the syntax trees of our modules."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def project_files(*patterns: str) -> tuple[Path, ...]:
    """Files that are tracked or about to be, relative to the project."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (Path(name) for name in sorted(set(listing.split("\0"))) if name)
    return tuple(path for path in paths if (PROJECT / path).is_file())


def python_files(*folders: str) -> list[Path]:
    """Our Python files without migrations, which Django writes."""
    files = project_files(*(f"{folder}/*.py" for folder in folders))
    return [path for path in files if "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((PROJECT / path).read_text(), filename=str(path))


def functions(path: Path) -> Iterator[FunctionNode]:
    """Every function and method of a file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, FunctionNode):
            yield node


def length_lines(node: FunctionNode) -> int:
    """From `def` to the end of the body; decorators and docstring do not count."""
    first = node.body[0]
    has_docstring = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring
