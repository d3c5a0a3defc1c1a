"""Two SQLite stores side by side in one process, so that pages of both are measured in turns."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


def copied_store(name: str) -> tuple[BaseDatabaseWrapper, BaseDatabaseWrapper]:
    """The default store and a copy of it in the same folder, users and sessions included."""
    store = connections["default"]
    path = Path(store.settings_dict["NAME"])
    # The last connection to close leaves everything in the one file.
    store.close()
    shutil.copy(path, path.with_name(name))
    settings = {**store.settings_dict, "NAME": path.with_name(name)}
    return store, type(store)(settings, "default")


@contextmanager
def using(store: BaseDatabaseWrapper) -> Iterator[None]:
    """Make this store the default one; its connection stays open afterwards."""
    before = connections["default"]
    connections["default"] = store
    try:
        yield
    finally:
        connections["default"] = before
