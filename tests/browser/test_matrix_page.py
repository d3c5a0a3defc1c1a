"""The matrix in a browser: walked by keyboard, narrowed, filling in, read on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import steps
from tests.browser.visit import Visit
from tests.parts.stack import Launched


@pytest.fixture(scope="module")
def discovered(embedded: Launched, browser: Browser) -> Iterator[tuple[Launched, int, int]]:
    """A store with two ended discoveries of one AE; its id and the later check's."""
    visit = Visit.begin(browser)
    steps.set_up(visit, embedded)
    visit.end()
    ae, check = embedded.ask("discover_twice")
    yield embedded, ae, check


def _said(page: Page) -> str:
    return page.locator("[data-said]").inner_text()


def test_the_matrix_by_keyboard_and_filter(
    discovered: tuple[Launched, int, int], visit: Visit
) -> None:
    stack, _, check = discovered
    steps.sign_in(visit, stack)
    page = visit.go(f"/checks/{check}/matrix/")
    assert not visit.barriers()
    rows = page.locator("tr[data-i]:visible")
    everything = rows.count()

    page.get_by_label("Narrow to SOP Classes").fill("ct image storage enhanced")
    expect(rows).to_have_count(2)
    page.get_by_label("Narrow to SOP Classes").fill("1.2.840.10008.5.1.4.1.1.2")
    page.get_by_role("button", name="Changed").click()
    expect(rows).to_have_count(1)
    cell = page.locator("td[tabindex='0']")
    cell.focus()
    page.keyboard.press("ArrowRight")
    assert "CT Image Storage (1.2.840.10008.5.1.4.1.1.2) with Explicit LE" in _said(page)
    assert _said(page).endswith("accepted, was refused before")
    page.keyboard.press("ArrowRight")
    assert _said(page).endswith("transfer syntax not supported")

    page.get_by_label("Narrow to SOP Classes").fill("")
    page.get_by_role("button", name="Accepted").click()
    heads = page.locator("[data-j]:visible")
    expect(heads).to_have_count(3)
    cell.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    assert "with JPEG baseline" in _said(page)
    assert page.locator("td[tabindex='0']").count() == 1
    assert not visit.barriers()

    page.get_by_role("button", name="Refused").click()
    expect(page.get_by_role("columnheader", name="JPEG XL lossless")).to_be_visible()
    cell.focus()
    assert "every transfer syntax: SOP Class not supported" in _said(page)
    page.get_by_role("button", name="All").click()
    expect(rows).to_have_count(everything)
    fold = page.get_by_role("button", name="1 class refused").first
    fold.press("Enter")
    expect(rows).to_have_count(everything + 1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_every_page_of_a_discovery_is_accessible_and_fits(
    discovered: tuple[Launched, int, int], browser: Browser, scheme: str, phone: bool
) -> None:
    stack, ae, check = discovered
    visit = Visit.begin(browser, scheme, phone)
    steps.sign_in(visit, stack)
    barriers = []
    for address in (
        f"/aes/{ae}/discover/",
        f"/checks/{check}/matrix/",
        f"/checks/{check}/matrix/adopt/",
        f"/aes/{ae}/",
    ):
        visit.go(address)
        barriers += visit.barriers()
    assert not barriers, "\n".join(barriers)
    visit.end()


def test_a_phone_reads_each_class_with_what_it_accepts(
    discovered: tuple[Launched, int, int], browser: Browser
) -> None:
    stack, _, check = discovered
    visit = Visit.begin(browser, phone=True)
    steps.sign_in(visit, stack)
    page = visit.go(f"/checks/{check}/matrix/")
    expect(page.locator("table.matrix")).to_be_hidden()
    page.get_by_label("Narrow to SOP Classes").fill("mr image storage")
    line = page.locator(".matrix-list li:visible").first
    expect(line).to_contain_text("MR Image Storage")
    expect(line).to_contain_text("Implicit LE, Explicit LE · JPEG baseline")
    visit.end()
