"""A PDU's tree and its bytes light each other up, by pointer and by keyboard alone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.visit import Visit
from tests.parts.stack import Launched


def _lit(page: Page) -> str:
    """The bytes that are lit, as hexadecimal: their spans come before those of the ASCII."""
    parts = page.locator(".pdu-hex i.lit").all_inner_texts()
    return " ".join(parts[: len(parts) // 2])


def test_a_pdu_by_pointer_and_by_keyboard(embedded: Launched, visit: Visit) -> None:
    steps.set_up(visit, embedded)
    steps.load_demo(visit)
    steps.echo_all(visit)
    page = visit.go("/checks/runs/1/")
    line = page.locator(".check-line").filter(has_text="DEMO_PACS")
    line.locator(".name a").click()
    page.locator("details.pdu > summary").first.click()
    tree = page.get_by_role("tree", name="Pieces of the PDU")
    kind = tree.get_by_role("treeitem").filter(has_text="PDU type").last
    expect(kind).to_be_visible()

    kind.locator(".piece").hover()
    expect(page.locator("[data-said]")).to_contain_text("Byte 0: PDU type")
    assert _lit(page) == "01"

    called = page.locator(".pdu-hex i[data-at='10']").first
    called.hover()
    expect(tree.locator(".piece.lit")).to_contain_text("Called AE title")
    called.click()
    expect(tree.locator("li:focus > .piece b")).to_have_text("Called AE title")

    page.keyboard.press("Home")
    for _ in range(9):
        page.keyboard.press("ArrowDown")
    context = tree.locator("li:focus")
    expect(context).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    expect(context).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(tree.locator("li:focus > .piece b")).to_have_text("Item type")
    assert _lit(page) == "10"

    page.locator(".pdu-hex").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-said]")).to_contain_text("Byte 1: Reserved")
    assert not visit.barriers()

    page.locator("details.pdu > summary").last.click()
    expect(page.locator("details.pdu pre").last).to_contain_text("BEGIN A-ASSOCIATE-RQ")
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copied]")).not_to_be_empty()
