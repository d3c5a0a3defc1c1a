"""What InterSystems' pages tell and test beside associations, done here: the standard's tables,
AEs and devices as a conformance statement describes them, and an echo with its PDUs.

The features stand in tests/browser/features.py, each with the test that shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dicomcfg.core.negotiation.selection import every_class
from dicomcfg.core.standard.dictionary import dictionary
from tests.browser import features, pairing, steps
from tests.browser import test_association_features as associations
from tests.browser.pairing import EXPLICIT, IMPLICIT
from tests.browser.visit import Visit
from tests.parts.stack import Launched


@pytest.fixture(scope="module")
def settled(embedded: Launched, browser: Browser) -> Iterator[Launched]:
    """A store with its administrator and the demo network."""
    visit = Visit.begin(browser)
    steps.set_up(visit, embedded)
    steps.load_demo(visit)
    visit.end()
    yield embedded


@pytest.fixture
def there(settled: Launched, visit: Visit) -> Visit:
    """Somebody who is signed in."""
    steps.sign_in(visit, settled)
    return visit


def _narrow_by_tab(page: Page, words: str) -> None:
    """Type into the filter of a table and leave it by Tab; the table follows."""
    page.get_by_label("Filter", exact=True).fill(words)
    page.keyboard.press("Tab")


def test_abstract_syntaxes_are_listed_and_narrowed_by_tab(there: Visit) -> None:
    page = there.go("/standard/abstract-syntaxes/")
    for name in ("Name", "UID"):
        expect(page.get_by_role("columnheader", name=name)).to_be_visible()
    every = f"{len(every_class(include_retired=True))}"
    expect(page.locator("#results .count")).to_contain_text(f"of {every}")
    rows = page.locator("table.standard tbody tr")
    # Part of a word and any case; then other columns: the UID, the service.
    for words, name in (
        ("VERIFIC", "Verification SOP Class"),
        ("10008.1.20.1", "Storage Commitment Push Model SOP Class"),
        ("sToRaGe cOmMiTmEnT push mod", "Storage Commitment Push Model SOP Class"),
    ):
        _narrow_by_tab(page, words)
        expect(page.locator("#results .count")).to_contain_text("that match")
        expect(rows.get_by_role("link", name=name, exact=True).first).to_be_visible()
        assert rows.count() < 10
    _narrow_by_tab(page, "no such class")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()


def test_transfer_syntaxes_are_listed(there: Visit) -> None:
    page = there.go("/standard/transfer-syntaxes/")
    rows = page.locator("table.standard tbody tr")
    expect(rows.filter(has_text=IMPLICIT)).to_contain_text(["1.2.840.10008.1.2"])
    _narrow_by_tab(page, "10008.1.2.4.90")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("1.2.840.10008.1.2.4.90")


def test_the_dictionary_is_listed_and_narrowed_by_tab(there: Visit) -> None:
    page = there.go("/standard/dictionary/")
    for name in ("Tag", "Name", "VR", "VM", "Codes"):
        heading = page.get_by_role("columnheader", name=re.compile(f"^{name}"))
        expect(heading.first).to_be_visible()
    expect(page.locator("#results .count")).to_contain_text(f"{len(dictionary()):,}")
    rows = page.locator("table.standard tbody tr")
    for words, tag in (
        ("(0010,0010)", "(0010,0010)"),
        ("tient's nam", "(0010,0010)"),
        ("PHOTOMETRIC", "(0028,0004)"),
    ):
        _narrow_by_tab(page, words)
        expect(rows.filter(has_text=tag)).to_have_count(1)
        expect(page.locator("#results .count")).to_contain_text("that match")
    name = rows.filter(has_text="(0028,0004)")
    expect(name.locator("[data-label=VR]")).to_have_text("CS")
    expect(name.locator("[data-label=VM]")).to_have_text("1")


def test_codes_have_values_meanings_and_a_filter(there: Visit) -> None:
    page = there.go("/standard/dictionary/?q=0000,0100")
    page.get_by_role("link", name="Codes of Command Field").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Command Field"))
    echo = dialog.locator("tbody tr").filter(has_text="C-ECHO request")
    expect(echo.locator("[data-label=Value]")).to_have_text("0x0030")
    expect(dialog).to_contain_text("nothing is checked against these")
    dialog.get_by_label("Filter the codes").fill("eCHo")
    shown = dialog.locator("tbody tr:visible")
    expect(shown.locator("[data-label=Meaning]")).to_have_text(
        ["C-ECHO request", "C-ECHO response"]
    )
    dialog.get_by_label("Filter the codes").fill("8030")
    expect(shown).to_have_count(1)

    there.go("/standard/dictionary/?q=patient's+name")
    named = page.locator("tbody tr").filter(has_text="(0010,0010)")
    expect(named).to_have_count(1)
    expect(named.get_by_role("link", name=re.compile("^Codes"))).to_have_count(0)


def _add_ae(page: Page, title: str, port: str = "") -> None:
    """Begin an AE on the page of its device, with an address where it is to accept associations."""
    page.get_by_role("link", name="Add AE").first.click()
    page.get_by_label("AE title").fill(title)
    if port:
        page.get_by_label("Host or address").fill("127.0.0.1")
        page.get_by_label("Port").fill(port)


def test_a_device_has_many_aes_each_with_its_behaviour(there: Visit) -> None:
    page = there.go("/devices/add/")
    page.get_by_role("textbox", name="Name", exact=True).fill("Big archive")
    page.get_by_role("button", name="Add", exact=True).click()
    _add_ae(page, "ARCHIVE_QR", "11112")
    page.get_by_label("Initiates associations").uncheck()
    page.get_by_label("Most associations in").fill("25")
    page.get_by_role("button", name="Add", exact=True).click()
    settings = page.locator(".facts").filter(has_text="Most at once, in")
    expect(settings).to_contain_text("accepts only")
    expect(settings).to_contain_text("25")

    settings.get_by_role("link", name="Big archive").click()
    _add_ae(page, "ARCHIVE_FWD")
    page.get_by_label("Accepts associations").uncheck()
    page.get_by_label("Most associations out").fill("4")
    page.get_by_role("button", name="Add", exact=True).click()
    settings = page.locator(".facts").filter(has_text="Most at once, out")
    expect(settings).to_contain_text("initiates only")
    expect(settings).to_contain_text("4")

    settings.get_by_role("link", name="Big archive").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Big archive")
    table = page.get_by_role("region", name="AEs", exact=True)
    expect(table.locator("tbody tr .aet > a")).to_have_text(["ARCHIVE_FWD", "ARCHIVE_QR"])


@pytest.mark.parametrize("role", ["SCU", "SCP"])
def test_what_an_ae_proposes_and_accepts_is_kept_apart(there: Visit, role: str) -> None:
    address = steps.address_of(there, "DEMO_STRICT")
    page = there.go(f"{address}capabilities/{role}/add/")
    page.get_by_role("radio", name=re.compile("^CT Image Storage")).check()
    pairing.move(page, EXPLICIT, IMPLICIT)
    page.get_by_role("button", name="Save").click()
    tabs = page.get_by_role("navigation", name="Role")
    expect(tabs.locator("[aria-current=page]")).to_contain_text(f"As {role}")
    expect(page.get_by_role("heading", name=f"What it supports as {role}")).to_be_visible()
    line = page.locator("[data-number]").filter(has_text="CT Image Storage")
    expect(line).to_have_count(1)
    words = line.inner_text()
    assert words.index("Explicit LE") < words.index("Implicit LE")


def test_negotiation_settles_on_one_syntax_a_context(there: Visit) -> None:
    page = there.go("/associations/add/")
    pairing.choose_pair(page, "DEMO_CTMR", "DEMO_PACS")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Add context").first.click()
    page.get_by_role("radio", name=re.compile("^CT Image Storage")).check()
    pairing.move(page, EXPLICIT, IMPLICIT)
    page.get_by_role("button", name="Save").click()
    steps.negotiate_one(there)
    answer = pairing.contexts(page).first
    expect(answer.locator("[data-label=Proposed] li")).to_contain_text([EXPLICIT, IMPLICIT])
    expect(answer.locator("[data-label=Result]")).to_contain_text("accepted")
    expect(answer.locator("[data-label=Accepted] .uid")).to_have_count(1)


def test_an_echo_shows_the_log_of_its_pdus(there: Visit) -> None:
    page = there.go(steps.address_of(there, "DEMO_PACS"))
    page.locator("#echo-button").click()
    expect(page.locator("[data-poll]")).to_have_count(0, timeout=steps.OUTCOME_MS)
    page.get_by_role("link", name=re.compile(r"^Echo \d")).first.click()
    lines = page.get_by_role("region", name="PDUs").locator("details.pdu > summary")
    expect(lines).to_contain_text(
        [
            "A-ASSOCIATE-RQ",
            "A-ASSOCIATE-AC",
            "C-ECHO-RQ Verification SOP Class",
            re.compile(r"C-ECHO-RSP Verification SOP Class, status 0x0000 \(success\)"),
            "A-RELEASE-RQ",
            "A-RELEASE-RP",
            "Text dump",
        ]
    )
    for number, direction in enumerate(("sent", "received") * 3):
        expect(lines.nth(number)).to_contain_text(direction)


def test_every_feature_has_a_test_and_every_test_a_feature() -> None:
    named = {test for rows in features.FEATURES.values() for _, test in rows}
    modules = (vars(associations), globals())
    written = {name for module in modules for name in module if name.startswith("test_")}
    assert named == written - {test_every_feature_has_a_test_and_every_test_a_feature.__name__}
    sentences = [sentence for rows in features.FEATURES.values() for sentence, _ in rows]
    assert len(sentences) == len(set(sentences))
