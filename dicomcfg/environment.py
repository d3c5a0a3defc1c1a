"""Environment variables as what they are meant to be.

What cannot be that raises ImproperlyConfigured with one sentence for the administrator, which
every entry point prints alone. Values that may hold a password are not repeated.
"""

from __future__ import annotations

import logging
import os
from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The value as it is; a variable set to nothing counts as not set."""
    return os.environ.get(name) or default


def flag(name: str, default: bool) -> bool:
    """Whether the value says yes."""
    value = text(name)
    return default if not value else value.lower() in {"1", "true", "yes", "on"}


def words(name: str) -> list[str]:
    """A list parted by commas or spaces."""
    return text(name).replace(",", " ").split()


def number(name: str, default: float, least: float, most: float) -> float:
    """A number from `least` to `most`."""
    value = text(name)
    try:
        found = float(value or default)
    except ValueError:
        found = float("nan")
    if not least <= found <= most:
        raise ImproperlyConfigured(
            f"{name} must be a number from {least:g} to {most:g}, not {value!r}."
        )
    return found


def networks(name: str) -> list[str]:
    """Networks such as 10.20.0.0/16."""
    found = words(name)
    for network in found:
        try:
            ip_network(network, strict=False)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} holds {network!r}: {error}.") from error
    return found


def time_zone(name: str) -> str:
    """A time zone of this system, UTC by default."""
    value = text(name, "UTC")
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(f"{name} is {value!r}, which is no time zone here.") from error
    return value


def log_level(name: str, default: str) -> str:
    """A severity's name as `logging` knows it."""
    value = text(name, default).upper()
    known = logging.getLevelNamesMapping()
    if value not in known:
        raise ImproperlyConfigured(f"{name} is {value!r}; it can be {', '.join(known)}.")
    return value


def database(url: str) -> dict[str, Any]:
    """Django's settings for a PostgreSQL at `url`."""
    problem = "DATABASE_URL cannot be used: it reads postgres://user:password@host:5432/name."
    try:
        found = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    except ValueError as error:
        raise ImproperlyConfigured(problem) from error
    if found["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(problem)
    return found


def broker(name: str) -> str:
    """A Redis as redis:// or rediss://, or nothing."""
    url = text(name)
    if url and not url.startswith(("redis://", "rediss://")):
        raise ImproperlyConfigured(f"{name} cannot be used: it reads redis://host:6379/0.")
    return url
