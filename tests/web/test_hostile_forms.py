"""Forms that come back as no page of ours sends them: answered in words, never a failure.

Every form of every page is read from the page itself, so that a new one is met here without being
named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import transaction

from dicomcfg.web.urls import urlpatterns
from tests.parts.people import Person
from tests.web import test_every_address

pytestmark = pytest.mark.django_db
address = test_every_address.address
# Signing out, and the worker's business of checks, which other tests have.
LEFT_OUT = {"/logout/"}
GARBAGE = ("a\0b", "9" * 30, "-1", "x" * 3000)
ALONE = ("9" * 30,)


@dataclass
class Form:
    """A form of a page: where it goes, and the fields that it would send."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """Collects the forms of a page that are posted."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self.here = here
        self.found: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action") or self.here)
            if given.get("method", "").lower() == "post":
                self.found.append(self._open)
            self.by_id[given.get("id", "")] = self._open
        form = self.by_id.get(given["form"]) if "form" in given else self._open
        if "formaction" in given and form:
            self.found.append(Form(given["formaction"], form.fields))
        if form and "name" in given and tag in ("input", "textarea", "button"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                form.fields[given["name"]] = given.get("value", "")
            else:
                form.fields.setdefault(given["name"], given.get("value", ""))
        if tag == "select" and "name" in given and form:
            self._select = given["name"]
            form.fields.setdefault(self._select, "")
        if tag == "option" and self._select and form and given.get("value"):
            form.fields[self._select] = form.fields[self._select] or given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag == "select":
            self._select = ""


@pytest.fixture
def forms(admin: Person, address: Callable[[str], str]) -> list[Form]:
    """The forms of all pages, each address and set of fields once."""
    found: dict[Any, Form] = {}
    for name in {pattern.name for pattern in urlpatterns} - test_every_address.OPEN:
        here = address(str(name))
        answer = admin.get(here)
        if answer.status_code != 200 or "text/html" not in answer["Content-Type"]:
            continue
        reader = Forms(here)
        reader.feed(answer.text)
        for form in reader.found:
            form.fields.pop("csrfmiddlewaretoken", None)
            if form.action not in LEFT_OUT:
                found.setdefault((form.action, *sorted(form.fields)), form)
    return list(found.values())


def posts(form: Form) -> Iterator[tuple[str, dict[str, str]]]:
    """What is sent: garbage everywhere, and in each field alone."""
    for garbage in GARBAGE:
        yield f"all {garbage[:8]!r}", dict.fromkeys(form.fields, garbage)
    for name in form.fields:
        for garbage in ALONE:
            yield f"{name} {garbage[:8]!r}", {**form.fields, name: garbage}


def test_no_form_of_any_page_breaks_on_garbage(admin: Person, forms: list[Form]) -> None:
    assert len(forms) > 60
    broken = []
    for form in forms:
        for words, sent in posts(form):
            with transaction.atomic():
                try:
                    status = str(admin.post(form.action, sent).status_code)
                except Exception as failure:
                    status = repr(failure)
                if status[0] not in "234":
                    broken.append((form.action, words, status[:160]))
                transaction.set_rollback(True)
    assert broken == []
