"""The rooms import each other only along the arrows of docs/architecture.md."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.sources import PROJECT


def test_import_linter_keeps_every_contract() -> None:
    command = "from importlinter.cli import lint_imports_command as run; run()"
    result = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout
