"""Files, functions and views stay small enough to be read at one sitting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tests.architecture.sources import (
    PROJECT,
    FunctionNode,
    functions,
    length_lines,
    project_files,
    python_files,
)

FILE_LINES, FUNCTION_LINES, VIEW_LINES = 400, 50, 25
OURS = python_files("dicomcfg", "tests", "benchmarks")


def _is_view(function: FunctionNode) -> bool:
    first = function.args.args[0].arg if function.args.args else None
    return first == "request" and not function.name.startswith("_")


def _too_long(paths: Iterable[Path]) -> dict[str, int]:
    lengths = {str(path): len((PROJECT / path).read_text().splitlines()) for path in paths}
    return {path: lines for path, lines in lengths.items() if lines > FILE_LINES}


def _longer(
    bound_lines: int, paths: Iterable[Path], counts: Callable[[FunctionNode], bool]
) -> list[str]:
    return [
        f"{path}:{function.lineno} {function.name}: {lines} lines"
        for path in paths
        for function in functions(path)
        if counts(function) and (lines := length_lines(function)) > bound_lines
    ]


def test_no_python_file_is_too_long() -> None:
    assert _too_long(OURS) == {}


def test_no_template_style_or_script_is_too_long() -> None:
    assert _too_long(project_files("static/*.css", "static/*.js", "templates/*.html")) == {}


def test_no_function_is_too_long() -> None:
    assert _longer(FUNCTION_LINES, OURS, lambda _: True) == []


def test_no_view_is_too_long() -> None:
    assert _longer(VIEW_LINES, python_files("dicomcfg/web"), _is_view) == []
