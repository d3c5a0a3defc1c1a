"""A fresh embedded default in a folder of its own, for benchmarks that need the database."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def fresh_home(**environment: str) -> Iterator[Path]:
    """Django set up on an empty, migrated SQLite store; once a process."""
    with tempfile.TemporaryDirectory(prefix="dicomcfg-bench-", ignore_cleanup_errors=True) as home:
        for name in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(name, None)
        os.environ.update(environment, DICOMCFG_HOME=home)
        os.environ["DJANGO_SETTINGS_MODULE"] = "dicomcfg.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield Path(home)
