"""A sweep in a real browser: from a saved filter to its end, with nothing loaded again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from dicomcfg.network.demo import DEMO_AES
from tests.browser import steps
from tests.browser.visit import Visit
from tests.parts.stack import Launched


@pytest.fixture(scope="module")
def demo(embedded: Launched, browser: Browser) -> Iterator[Launched]:
    """A store with an administrator and the demo network."""
    visit = Visit.begin(browser)
    steps.set_up(visit, embedded)
    steps.load_demo(visit)
    visit.end()
    yield embedded


def test_a_saved_filter_is_swept_and_seen_to_finish(demo: Launched, visit: Visit) -> None:
    steps.sign_in(visit, demo)
    page = visit.go("/aes/?q=DEMO_S")
    page.locator("summary", has_text="Saved").click()
    page.get_by_role("link", name="Save this filter").click()
    page.get_by_label("Name").fill("Strict or silent")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("table.aes tbody tr")).to_have_count(2)

    page = visit.go("/sweep/")
    prospect = page.locator("#prospect")
    expect(prospect.get_by_role("button")).to_have_text(f"Sweep {len(DEMO_AES)} AEs")
    page.get_by_label("A saved filter").check()
    expect(prospect.get_by_role("button")).to_have_text("Sweep 2 AEs")
    page.get_by_label("Give up on an AE after").fill("2")
    page.get_by_label("Checks a second").focus()
    expect(prospect).to_contain_text("2.0 s")
    barriers = visit.barriers()
    prospect.get_by_role("button").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Sweep 2 AEs")
    page.evaluate("window.notLoadedAgain = true")
    progress = page.get_by_role("region", name="Progress")
    expect(progress).to_contain_text("2 of 2 finished", timeout=steps.OUTCOME_MS)
    for title, words in (("DEMO_STRICT", "Calling title refused"), ("DEMO_SILENT", "silent")):
        line = page.locator("tr", has=page.get_by_role("link", name=title, exact=True))
        expect(line.locator(".result")).to_contain_text(words)
        expect(line.locator(".as")).to_contain_text("from ")
    expect(progress).to_contain_text("took ")
    assert page.evaluate("window.notLoadedAgain")
    barriers += visit.barriers()

    page.get_by_role("button", name="Sweep the 2 failed again").click()
    progress = page.get_by_role("region", name="Progress")
    expect(progress).to_contain_text("2 of 2 finished", timeout=steps.OUTCOME_MS)
    assert not barriers, "\n".join(barriers)


def test_what_an_ae_can_be_asked_is_reached_by_keyboard(demo: Launched, visit: Visit) -> None:
    steps.sign_in(visit, demo)
    page = visit.go("/aes/?q=DEMO_RENAMED")
    page.get_by_role("link", name="DEMO_RENAMED", exact=True).click()
    page.locator("summary", has_text="More checks").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".menu-list a, .menu-list button").first).to_be_focused()
    barriers = visit.barriers()
    page.keyboard.press("Escape")
    expect(page.locator("details.menu[open]")).to_have_count(0)
    page.get_by_role("button", name="Diagnose").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Diagnose DEMO_RENAMED")
    page.get_by_role("button", name="Try other titles").click(timeout=steps.OUTCOME_MS)
    expect(page.get_by_text("WORKSTATION2").first).to_be_visible(timeout=steps.OUTCOME_MS)
    barriers += visit.barriers()
    assert not barriers, "\n".join(barriers)
