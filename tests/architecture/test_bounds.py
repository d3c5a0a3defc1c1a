"""Files, functions and views stay small enough to be read at one sitting."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT, functions, length_lines, project_files, python_files

FILE_LINES, FUNCTION_LINES, VIEW_LINES = 400, 50, 25
OURS = python_files("dicomcfg", "tests", "benchmarks")


def _is_view(name: str, first_argument: str | None) -> bool:
    return first_argument == "request" and not name.startswith("_")


@pytest.mark.parametrize("path", OURS, ids=str)
def test_no_python_file_is_too_long(path: Path) -> None:
    assert len((PROJECT / path).read_text().splitlines()) <= FILE_LINES


@pytest.mark.parametrize(
    "path", project_files("static/*.css", "static/*.js", "templates/*.html"), ids=str
)
def test_no_template_style_or_script_is_too_long(path: Path) -> None:
    assert len((PROJECT / path).read_text().splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", OURS, ids=str)
def test_no_function_is_too_long(path: Path) -> None:
    too_long = {
        f.name: length_lines(f) for f in functions(path) if length_lines(f) > FUNCTION_LINES
    }
    assert not too_long


@pytest.mark.parametrize("path", python_files("dicomcfg/web"), ids=str)
def test_no_view_is_too_long(path: Path) -> None:
    too_long = {
        f.name: length_lines(f)
        for f in functions(path)
        if _is_view(f.name, f.args.args[0].arg if f.args.args else None)
        and length_lines(f) > VIEW_LINES
    }
    assert not too_long
