"""The pages of presentation contexts, worked by keyboard alone and by dragging."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import steps
from tests.browser.visit import Visit
from tests.parts.stack import Launched

IMPLICIT, EXPLICIT = "Implicit VR Little Endian", "Explicit VR Little Endian"


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


def _available(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Available transfer syntaxes")


def _selected(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Selected, preferred first")


def _option(page: Page, name: str) -> Locator:
    return _available(page).get_by_role("option", name=re.compile(f"^{re.escape(name)}"))


def _names(page: Page) -> list[str]:
    return _selected(page).locator("[data-name]").all_inner_texts()


def _classes(page: Page) -> list[str]:
    """The abstract syntaxes of the list in order, in either view."""
    texts = page.locator("[data-number] .uid").evaluate_all(
        "all => all.filter(each => !each.closest('.syntaxes')).map(each => each.innerText)"
    )
    return [re.sub(r" Storage.*| SOP Class.*", "", text, flags=re.DOTALL) for text in texts]


@pytest.fixture(scope="module")
def paired(embedded: Launched, browser: Browser) -> Iterator[Launched]:
    """A pair, made by keyboard, without contexts."""
    visit = Visit.begin(browser)
    steps.set_up(visit, embedded)
    steps.load_demo(visit)
    page = visit.go("/associations/add/")
    _pick(page, "Calling AE", "ctmr", "DEMO_CTMR")
    _pick(page, "Called AE", "archive", "DEMO_PACS")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing to propose yet")).to_be_visible()
    visit.end()
    yield embedded


def test_a_context_by_keyboard(paired: Launched, visit: Visit) -> None:
    steps.sign_in(visit, paired)
    page = visit.go("/associations/1/contexts/")
    page.get_by_role("link", name="Add context").first.press("Enter")

    narrow = page.get_by_label("Narrow the abstract syntaxes")
    narrow.press_sequentially("CT iM")
    page.keyboard.press("Enter")
    chosen = page.get_by_role("radio", name=re.compile("^CT Image Storage"))
    expect(chosen).to_be_focused()
    page.keyboard.press("Space")
    expect(chosen).to_be_checked()
    assert page.get_by_role("radio", checked=True).count() == 1

    filter_ = page.get_by_label("Narrow the available transfer syntaxes")
    for typed in ("1.2.840.10008.1.2.5", "explicit vr little", "implicit"):
        filter_.fill(typed)
        page.keyboard.press("Enter")
        expect(_available(page)).to_be_focused()
        page.keyboard.press("Enter")
    assert _names(page) == ["RLE Lossless", EXPLICIT, IMPLICIT]
    said = page.locator("[data-said]")
    expect(said).to_have_text(f"{IMPLICIT} selected, number 3 of 3.")
    assert not visit.barriers()

    _selected(page).focus()
    page.keyboard.press("End")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    assert _names(page) == [IMPLICIT, "RLE Lossless", EXPLICIT]
    expect(said).to_have_text(f"{IMPLICIT} is number 1 of 3.")
    expect(_selected(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Delete")
    expect(said).to_have_text("RLE Lossless taken back.")
    assert _names(page) == [IMPLICIT, EXPLICIT]

    page.get_by_label("UID of a transfer syntax that is not listed").fill("1.2.3.4")
    page.keyboard.press("Enter")
    assert _names(page)[2:] == ["1.2.3.4"]
    page.get_by_role("button", name="Save").press("Enter")
    row = page.locator("table.contexts tbody tr").last
    expect(row).to_contain_text("CT Image Storage")
    expect(row.locator("ol.syntaxes li")).to_have_count(3)
    expect(page.get_by_role("button", name=re.compile("^Undo"))).to_be_visible()


def test_two_panes_by_mouse(paired: Launched, visit: Visit) -> None:
    steps.sign_in(visit, paired)
    page = visit.go("/associations/1/contexts/add/")
    options = _available(page).get_by_role("option")
    _option(page, EXPLICIT).click()
    page.get_by_role("button", name="Move to the selected").click()
    _option(page, IMPLICIT).dblclick()
    assert _names(page) == [EXPLICIT, IMPLICIT]
    # Several at once, then back.
    options.nth(0).click()
    options.nth(2).click(modifiers=["Shift"])
    page.get_by_role("button", name="Move to the selected").click()
    assert len(_names(page)) == 5
    page.get_by_role("button", name="Move back").click()
    assert _names(page) == [EXPLICIT, IMPLICIT]

    chosen = _selected(page).get_by_role("option")
    chosen.nth(1).click()
    page.get_by_role("button", name="Up", exact=True).click()
    assert _names(page) == [IMPLICIT, EXPLICIT]
    page.get_by_role("button", name="Down", exact=True).click()
    assert _names(page) == [EXPLICIT, IMPLICIT]
    chosen.nth(1).drag_to(chosen.nth(0), target_position={"x": 40, "y": 3})
    assert _names(page) == [IMPLICIT, EXPLICIT]
    _option(page, "RLE Lossless").drag_to(chosen.nth(1), target_position={"x": 40, "y": 3})
    assert _names(page) == [IMPLICIT, "RLE Lossless", EXPLICIT]
    chosen.nth(1).drag_to(_available(page))
    assert _names(page) == [IMPLICIT, EXPLICIT]
    # Cancel ignores all of it.
    before = page.locator("nav.tabs .count").inner_text()
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("nav.tabs .count")).to_have_text(before)


def test_the_list_is_added_to_and_arranged(paired: Launched, visit: Visit) -> None:
    steps.sign_in(visit, paired)
    page = visit.go("/associations/1/contexts/many/?source=modality:MR")
    expect(page.get_by_role("button", name=re.compile("^Add 5"))).to_be_visible()
    _option(page, EXPLICIT).dblclick()
    page.get_by_label("Narrow the SOP Classes").fill("enhanced")
    page.get_by_role("button", name="None").click()
    add = page.get_by_role("button", name="Add 2 contexts")
    expect(add).to_be_visible()
    add.click()
    expect(page.get_by_role("heading", name=re.compile("proposes$"))).to_be_visible()
    visit.go("/associations/1/contexts/?view=table")
    order = _classes(page)
    assert order[-2:] == ["MR Image", "MR Spectroscopy"]

    page.locator("[data-number] [data-handle]").last.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#contexts [data-said]")).to_contain_text(f"number {len(order) - 1} of")
    assert _classes(page)[-2:] == ["MR Spectroscopy", "MR Image"]
    moved = page.locator(f"[data-number='{len(order) - 1}'] [data-handle]")
    expect(moved).to_be_focused()

    visit.go("/associations/1/contexts/?view=tree")
    first = page.locator("[data-number='1']")
    page.locator("[data-handle]").last.drag_to(first, target_position={"x": 200, "y": 3})
    expect(page.locator("#contexts [data-said]")).to_contain_text("number 1 of")
    assert _classes(page)[0] == "MR Image"
    undo = page.get_by_role("button", name=re.compile("^Undo"))
    undo.click()
    expect(first).not_to_contain_text("MR Image")
    assert _classes(page)[-2:] == ["MR Spectroscopy", "MR Image"]

    # One syntax of the tree, then all that is ticked.
    several = page.locator("[data-number]").filter(has=page.locator("[name=syntax]:not(:disabled)"))
    syntaxes = several.first.locator("ol.syntaxes li")
    count = syntaxes.count()
    several.first.locator("[name=syntax]").last.click()
    expect(page.locator("#contexts [data-said]")).to_have_text("Deleted.")
    expect(page.locator("[data-number='1'] ol.syntaxes li")).to_have_count(count - 1)
    page.get_by_label(f"Select context {len(order)}", exact=True).check()
    page.get_by_role("button", name="Delete selected").click()
    expect(page.locator("[data-number]")).to_have_count(len(order) - 1)
    assert not visit.barriers()
