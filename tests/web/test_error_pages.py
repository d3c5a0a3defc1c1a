"""What people see when something is not there, not allowed, or broken."""

from __future__ import annotations

import re

import pytest
from django.test import RequestFactory
from django.views.defaults import server_error

from tests.parts.people import Person


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [("/nothing/", 404, "There is nothing at this address"), ("/users/", 403, "Not allowed")],
)
def test_a_page_that_cannot_be_shown_says_why_within_the_frame(
    viewer: Person, address: str, status: int, words: str
) -> None:
    answer = viewer.get(address)
    page = answer.content.decode()
    assert answer.status_code == status
    assert words in page
    assert 'aria-label="Main"' in page


def test_a_broken_page_needs_nothing_that_may_be_broken(static_files: None) -> None:
    """No database, no session and no signed-in person stand behind this page."""
    answer = server_error(RequestFactory().get("/"))
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Nothing was half saved" in page
    assert len(re.findall(r'<link rel="stylesheet"', page)) == 3
