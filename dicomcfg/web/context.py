"""What every page needs around its content: navigation, what the person may do, the theme.

Everything that costs a query is lazy, so that fragments for htmx pay for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
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
            Entry("AEs", "ae-list", ("ae-", "capability-", "savedfilter-")),
            Entry("Devices", "device-list", ("device-",)),
            Entry("Associations", "association-list", ("association-", "context-")),
            Entry("Profiles", "profile-list", ("profile-",)),
            Entry("Map", "map", ("map",)),
        ),
    ),
    Section(
        "Work",
        (
            Entry("Check runs", "run-list", ("run-", "check-", "discovery")),
            Entry("Sweep", "sweep", ("sweep",), Role.OPERATOR),
            Entry("Drift", "drift", ("drift",)),
            Entry("Forecast", "forecast", ("forecast",)),
            Entry("Who accepts", "accepts", ("accepts",)),
            Entry("Import", "import-create", ("import-",), Role.EDITOR),
            Entry("Export", "export", ("export",)),
            Entry("Orthanc servers", "orthancserver-list", ("orthancserver-",)),
            Entry("History", "history", ("history", "change-set-")),
        ),
    ),
    Section(
        "The standard",
        (
            Entry("Abstract syntaxes", "abstract-syntax-list", ("abstract-syntax-",)),
            Entry("Transfer syntaxes", "transfer-syntax-list", ("transfer-syntax-",)),
            Entry("Data dictionary", "element-list", ("element-",)),
            Entry("Private UIDs", "privateuid-list", ("privateuid-",)),
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
    may, current = _may(request), _current(request)
    return [
        {
            "label": section.label,
            "entries": [
                {"label": entry.label, "url": reverse(entry.name), "current": entry is current}
                for entry in section.entries
                if may[entry.role]
            ],
        }
        for section in SECTIONS
        if any(may[entry.role] for entry in section.entries)
    ]


def _current(request: HttpRequest) -> Entry | None:
    """The entry whose longest prefix begins the page's URL name; None on an unknown address."""
    here = request.resolver_match.url_name if request.resolver_match else None
    fitting = [
        (len(prefix), entry)
        for section in SECTIONS
        for entry in section.entries
        for prefix in entry.names
        if (here or "").startswith(prefix)
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None
