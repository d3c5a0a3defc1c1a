"""The standard's tables in a browser: filtered while typing, codes in a dialog, without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import steps
from tests.browser.visit import Visit
from tests.parts.stack import Launched


@pytest.fixture(scope="module")
def settled(embedded: Launched, browser: Browser) -> Launched:
    """A store with its administrator and the demo network."""
    visit = Visit.begin(browser)
    steps.set_up(visit, embedded)
    steps.load_demo(visit)
    visit.end()
    return embedded


def test_the_dictionary_narrows_while_typing(settled: Launched, visit: Visit) -> None:
    steps.sign_in(visit, settled)
    page = visit.go("/standard/dictionary/")
    rows = page.locator("table.standard tbody tr")
    expect(rows).to_have_count(100)
    page.get_by_label("Filter").focus()
    page.keyboard.type("0008,0060")
    expect(rows).to_have_count(1)
    expect(page.locator("#results .count")).to_contain_text("1–1 of 1 that match")
    assert visit.path() == "/standard/dictionary/?q=0008%2C0060"
    page.get_by_label("Filter").fill("modality")
    expect(rows).not_to_have_count(1)
    page.get_by_role("link", name="Name", exact=False).first.click()
    expect(page.locator("[data-direction=ascending]")).to_contain_text("Name")
    page.get_by_label("VR").select_option("CS")
    expect(page).to_have_url(re.compile("sort=name.*vr=CS|vr=CS.*sort=name"))
    expect(page.locator("[data-direction=ascending]")).to_contain_text("Name")
    address = visit.path()
    page.get_by_role("link", name="Modality", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Modality")
    page.go_back()
    expect(page.get_by_label("Filter")).to_have_value("modality")
    assert visit.path() == address
    page.reload()
    expect(page.get_by_label("VR")).to_have_value("CS")


def test_a_filter_by_tab_alone(settled: Launched, visit: Visit) -> None:
    steps.sign_in(visit, settled)
    page = visit.go("/standard/abstract-syntaxes/")
    page.get_by_label("Filter").fill("mwl")
    page.keyboard.press("Tab")
    expect(page.locator("table.standard tbody tr")).to_have_count(1)
    expect(page.locator("table.standard")).to_contain_text("Modality Worklist")


def test_codes_open_in_a_dialog_with_a_filter_of_its_own(settled: Launched, visit: Visit) -> None:
    steps.sign_in(visit, settled)
    page = visit.go("/standard/dictionary/?q=status")
    opener = page.get_by_role("link", name="Codes of Status", exact=True)
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Status")
    expect(dialog).to_be_visible()
    field = dialog.get_by_label("Filter the codes")
    expect(field).to_be_focused()
    assert not visit.barriers()
    page.keyboard.type("C-MOVE A801")
    expect(dialog.locator("tbody tr:visible")).to_have_count(1)
    expect(dialog.get_by_role("heading", level=3)).to_have_count(1)
    expect(dialog.locator("tbody tr:visible")).to_contain_text("the move destination is not known")
    field.fill("no such code")
    expect(dialog.get_by_text("No value and no meaning")).to_be_visible()
    field.fill("")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    assert visit.path() == "/standard/dictionary/?q=status"
    opener.click()
    expect(dialog.locator("tbody tr").first).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(opener).to_be_focused()


def test_a_uid_is_copied(settled: Launched, visit: Visit) -> None:
    steps.sign_in(visit, settled)
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.go("/standard/abstract-syntaxes/1.2.840.10008.1.1/")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == "1.2.840.10008.1.1"


def test_filter_sort_and_codes_work_without_script(settled: Launched, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    visit = Visit(context, context.new_page())
    steps.sign_in(visit, settled)
    page = visit.go("/standard/dictionary/?sort=-name")
    page.get_by_label("Filter").fill("photometric")
    page.keyboard.press("Enter")
    expect(page.locator("table.standard tbody tr")).to_have_count(1)
    expect(page.locator("[data-direction=descending]")).to_contain_text("Name")
    page.get_by_role("link", name="Codes of Photometric Interpretation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Codes of Photometric Interpretation")
    page.get_by_label("Filter the codes").fill("jpeg xl")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr:visible")).to_have_count(1)
    expect(page.locator("tbody tr:visible")).to_contain_text("XYB")
    visit.end()
