"""The standard's tables as they come: pydicom's, and our supplement of what it lacks.

A module of pydicom's is run under a name of ours, once: the package around it costs 0.1 s, and
pynetdicom adds entries to the package's tables, so that shared ones would answer differently by
order of import.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_OURS: Final = Path(__file__).parent


def pydicoms(name: str) -> ModuleType:
    """A module of tables inside pydicom, run apart from the package.

    Raises ModuleNotFoundError where pydicom, or the module in it, is not installed.
    """
    package = importlib.util.find_spec("pydicom")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("pydicom, which carries the standard's tables, is not installed")
    path = Path(package.submodule_search_locations[0]) / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"dicomcfg{name}", path)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"no table of the standard at {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ours(name: str) -> Any:
    """A JSON file that stands beside this module."""
    return json.loads((_OURS / f"{name}.json").read_text(encoding="utf-8"))
