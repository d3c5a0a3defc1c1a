"""Associations made and found in the browser, as the tests of their features need them."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.visit import Visit

IMPLICIT, EXPLICIT = "Implicit VR Little Endian", "Explicit VR Little Endian"
VERIFICATION = "1.2.840.10008.1.1"


def choose_pair(page: Page, calling: str, called: str) -> None:
    """Type both titles into the form that stands there."""
    page.get_by_role("combobox", name="Calling AE").fill(calling)
    page.get_by_role("combobox", name="Called AE").fill(called)
    page.keyboard.press("Escape")


def preview_file(visit: Visit, file: Path, calling: str, called: str) -> Page:
    """Choose a file and a pair on the import page, and look at what it would do."""
    page = visit.go("/import/")
    page.get_by_label("Files", exact=True).set_input_files(file)
    choose_pair(page, calling, called)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Preview of {file.name}")
    return page


def import_file(visit: Visit, file: Path, calling: str, called: str) -> str:
    """Import a file for a new pair of new AEs; the path of the association's page."""
    page = preview_file(visit, file, calling, called)
    apply_to(page, calling, called)
    return visit.path()


def apply_to(page: Page, calling: str, called: str) -> None:
    """Apply the preview that is open, and go on to the association that it wrote."""
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Below is the preview that was applied")).to_be_visible()
    page.get_by_role("link", name=f"{calling} → {called}", exact=True).click()
    expect(page.get_by_role("navigation", name="Association")).to_be_visible()


def row_of(page: Page, calling: str, called: str) -> Locator:
    """The line of a pair in the list of associations."""
    return page.get_by_role("row").filter(
        has=page.get_by_role("link", name=f"{calling} → {called}", exact=True)
    )


def contexts(page: Page) -> Locator:
    """The lines of a table of presentation contexts."""
    return page.locator("table.contexts tbody tr")


def syntaxes(line: Locator) -> Locator:
    """The transfer syntaxes of one context, in order."""
    return line.locator("ol.syntaxes li")


def available(page: Page, name: str) -> Locator:
    """One of the transfer syntaxes that can be chosen."""
    return page.get_by_role("listbox", name="Available transfer syntaxes").get_by_role(
        "option", name=re.compile(f"^{re.escape(name)}")
    )


def selected(page: Page) -> Locator:
    """The transfer syntaxes that are chosen, in order."""
    return page.get_by_role("listbox", name="Selected, preferred first").get_by_role("option")


def move(page: Page, *names: str) -> None:
    """Select transfer syntaxes one after the other with the arrow."""
    for name in names:
        available(page, name).click()
        page.get_by_role("button", name="Move to the selected transfer syntaxes").click()
