"""What every page needs around its content: navigation, what the person may do, the theme.

Everything that costs a query is lazy, so that fragments for htmx pay for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from dicomcfg.accounts.models import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation; `names` are the URL names whose pages belong to it."""

    label: str
    name: str
    names: tuple[str, ...]
    role: Role = Role.VIEWER


@dataclass(frozen=True, slots=True)
class Section:
    """A group of lines, with a heading where it has one."""

    label: str
    entries: tuple[Entry, ...]


SECTIONS = (
    Section(
        "",
        (
            Entry("Board", "board", ("board",)),
            Entry("AEs", "ae-list", ("ae-",)),
            Entry("Devices", "device-list", ("device-",)),
            Entry("Associations", "association-list", ("association-", "context-")),
        ),
    ),
    Section(
        "Work",
        (
            Entry("Check runs", "run-list", ("run-", "check-")),
            Entry("Paste a table", "table-import", ("table-import",), Role.EDITOR),
            Entry("Import", "association-import", ("association-import", "import-"), Role.EDITOR),
            Entry("History", "history", ("history", "change-set-")),
        ),
    ),
    Section(
        "Settings",
        (
            Entry("Sites", "site-list", ("site-",), Role.ADMIN),
            Entry("Users", "user-list", ("user-",), Role.ADMIN),
        ),
    ),
)


def page(request: HttpRequest) -> dict[str, Any]:
    """The context processor: `navigation`, `may`, `theme`."""
    theme = request.COOKIES.get("theme")
    return {
        "navigation": lambda: _navigation(request),
        "may": SimpleLazyObject(lambda: _may(request)),
        "theme": theme if theme in {"light", "dark"} else "",
    }


def _may(request: HttpRequest) -> dict[str, bool]:
    user = request.user
    return {role.value: user.is_authenticated and user.may(role) for role in Role}


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    may = _may(request)
    here = request.resolver_match.url_name or "" if request.resolver_match else ""
    best = max(
        (
            prefix
            for s in SECTIONS
            for e in s.entries
            for prefix in e.names
            if here.startswith(prefix)
        ),
        key=len,
        default=None,
    )
    sections = []
    for section in SECTIONS:
        entries = [
            {"label": entry.label, "url": url, "current": best in entry.names}
            for entry in section.entries
            if may[entry.role] and (url := _url(entry.name))
        ]
        if entries:
            sections.append({"label": section.label, "entries": entries})
    return sections


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
