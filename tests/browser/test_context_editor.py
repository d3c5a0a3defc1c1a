"""The type-ahead and the editor of transfer syntaxes, worked by keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.visit import Visit
from tests.parts.stack import Launched


def _pick(page: Page, label: str, typed: str, option: str) -> None:
    """Type into a type-ahead, walk down to the option and take it."""
    field = page.get_by_role("combobox", name=label)
    field.press_sequentially(typed)
    wanted = page.get_by_role("option", name=re.compile(f"^{re.escape(option)}"))
    expect(wanted).to_be_visible()
    for _ in range(20):
        page.keyboard.press("ArrowDown")
        if wanted.get_attribute("aria-selected") == "true":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(field).to_be_focused()


def _names(selected: Locator) -> list[str]:
    return selected.locator("[data-name]").all_inner_texts()


@pytest.mark.timeout(120)
def test_a_pair_and_its_context_by_keyboard(embedded: Launched, visit: Visit) -> None:
    steps.set_up(visit, embedded)
    steps.load_demo(visit)
    page = visit.go("/associations/add/")
    _pick(page, "Calling AE", "ctmr", "DEMO_CTMR")
    _pick(page, "Called AE", "archive", "DEMO_PACS")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Add context").first.press("Enter")

    _pick(page, "Abstract syntax", "ct im", "CT Image Storage")
    narrow = page.get_by_role("searchbox")
    selected = page.get_by_role("list").filter(has=page.locator("[data-name]"))
    for typed in ("1.2.840.10008.1.2.5", "explicit vr little", "implicit"):
        narrow.fill(typed)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    assert _names(selected)[0] == "RLE Lossless"
    assert not visit.barriers()

    last = selected.get_by_role("button", name="Up: Implicit VR Little Endian")
    last.press("Enter")
    expect(page.get_by_role("button", name="Up: Implicit VR Little Endian")).to_be_focused()
    page.keyboard.press("Enter")
    # At the top there is no way up, so that the focus goes to what still can be done.
    expect(page.get_by_role("button", name="Down: Implicit VR Little Endian")).to_be_focused()
    page.get_by_role("button", name="Remove: RLE Lossless").press("Enter")
    order = _names(selected)
    assert order[0] == "Implicit VR Little Endian"
    assert "RLE Lossless" not in order

    page.get_by_role("button", name="Save context").press("Enter")
    row = page.locator("table.contexts tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("CT Image Storage")
    kept = row.locator("ol.syntaxes li").all_inner_texts()
    assert [text.rsplit(" ", 1)[0] for text in kept] == order
