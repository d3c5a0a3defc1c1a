"""What InterSystems' pages can do with DICOM associations, done here: pairs and their contexts.

The features stand in tests/browser/features.py, each with the test that shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dicomcfg.core.negotiation.selection import every_class
from tests.browser import pairing, steps
from tests.browser.pairing import EXPLICIT, IMPLICIT, VERIFICATION
from tests.browser.visit import Visit
from tests.parts.stack import Launched

WORKLIST = "1.2.840.10008.5.1.4.31"


@pytest.fixture(scope="module")
def settled(embedded: Launched, browser: Browser) -> Iterator[Launched]:
    """A store with its administrator and the demo network."""
    visit = Visit.begin(browser)
    steps.set_up(visit, embedded)
    steps.load_demo(visit)
    visit.end()
    yield embedded


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of the worklist example: one line without a transfer syntax, three with."""
    path = tmp_path / "MyAssociations.txt"
    path.write_text(steps.SEED_FILE)
    return path


@pytest.fixture
def there(settled: Launched, visit: Visit) -> Visit:
    """Somebody who is signed in."""
    steps.sign_in(visit, settled)
    return visit


def test_a_file_of_pairs_is_imported(there: Visit, file: Path) -> None:
    page = pairing.preview_file(there, file, "ENS-SCU", "MWL-SCP")
    row = page.locator(".import-rows tr", has_text="ENS-SCU → MWL-SCP")
    first = row.locator("li").first
    expect(first).to_contain_text(f"({VERIFICATION}): {IMPLICIT}")
    expect(row.locator("li")).to_have_count(2)
    pairing.apply_to(page, "ENS-SCU", "MWL-SCP")
    expect(page.get_by_role("heading", level=1)).to_have_accessible_name("ENS-SCU calls MWL-SCP")
    page.get_by_role("link", name=re.compile("^Presentation contexts")).click()
    rows = pairing.contexts(page)
    expect(rows).to_have_count(2)
    expect(pairing.syntaxes(rows.nth(0))).to_contain_text([IMPLICIT])
    expect(rows.nth(1)).to_contain_text(WORKLIST)
    expect(pairing.syntaxes(rows.nth(1))).to_contain_text([IMPLICIT, EXPLICIT, "Big Endian"])


def test_an_existing_pair_is_overwritten_only_on_request(there: Visit, file: Path) -> None:
    address = pairing.import_file(there, file, "TWICE-SCU", "TWICE-SCP")
    file.write_text(f"{VERIFICATION}\\1.2.840.10008.1.2.1\n")
    page = pairing.preview_file(there, file, "TWICE-SCU", "TWICE-SCP")
    row = page.locator(".import-rows tr", has_text="TWICE-SCU → TWICE-SCP")
    expect(row).to_contain_text("exists already")
    expect(page.get_by_role("button", name="Apply")).to_be_disabled()
    kept = there.path()
    there.go(f"{address}contexts/")
    expect(pairing.contexts(page)).to_have_count(2)

    there.go(kept)
    page.get_by_text("How it is taken").click()
    page.get_by_label("If that association exists, it").select_option("True")
    page.get_by_role("button", name="Preview again").click()
    pairing.apply_to(page, "TWICE-SCU", "TWICE-SCP")
    page.get_by_role("link", name=re.compile("^Presentation contexts")).click()
    expect(pairing.contexts(page)).to_have_count(1)
    expect(pairing.syntaxes(pairing.contexts(page))).to_contain_text([EXPLICIT])


def test_the_list_shows_each_pair_and_opens_it(there: Visit, file: Path) -> None:
    pairing.import_file(there, file, "LISTED-SCU", "LISTED-SCP")
    page = there.go("/associations/")
    expect(page.get_by_role("columnheader", name="Calling AE")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Called AE")).to_be_visible()
    row = pairing.row_of(page, "LISTED-SCU", "LISTED-SCP")
    expect(row.locator(".calling")).to_have_text("LISTED-SCU")
    expect(row.locator(".called")).to_contain_text("LISTED-SCP")
    row.get_by_role("link", name="LISTED-SCU → LISTED-SCP", exact=True).click()
    tabs = page.get_by_role("navigation", name="Association")
    expect(tabs.get_by_role("link", name="Association", exact=True)).to_be_visible()
    tabs.get_by_role("link", name=re.compile("^Presentation contexts")).click()
    expect(pairing.contexts(page)).to_have_count(2)
    page.get_by_role("link", name="All associations").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Associations")


def test_a_pair_is_made_edited_and_deleted(there: Visit) -> None:
    page = there.go("/associations/")
    page.get_by_role("link", name="Add association").first.click()
    pairing.choose_pair(page, "DEMO_CTMR", "DEMO_STRICT")
    for label, length in (("Name", 64), ("Description", 254)):
        page.get_by_label(label, exact=True).focus()
        page.keyboard.insert_text("é" * (length + 6))
        expect(page.get_by_label(label, exact=True)).to_have_value("é" * length)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Nothing to propose yet")).to_be_visible()

    page.get_by_role("link", name="Association", exact=True).click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("é" * 64)
    expect(page.get_by_label("Description", exact=True)).to_have_value("é" * 254)
    page.get_by_label("Name", exact=True).fill("Scanner to strict")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#messages")).to_contain_text("Changed association")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("link", name="All associations").click()
    row = pairing.row_of(page, "DEMO_CTMR", "DEMO_STRICT")
    expect(row.locator(".name")).to_have_text("Scanner to strict")

    row.get_by_role("link", name="Delete DEMO_CTMR → DEMO_STRICT").click()
    expect(page.get_by_role("heading", name="Delete this association?")).to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    there.go("/associations/")
    row.get_by_role("link", name="Delete DEMO_CTMR → DEMO_STRICT").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Associations")
    expect(row).to_have_count(0)


def test_what_is_missing_is_said_in_red(there: Visit) -> None:
    page = there.go("/associations/add/")
    page.get_by_role("button", name="Save").click()
    errors = page.locator(".field.has-error .errorlist")
    expect(errors).to_have_count(2)
    for number in range(2):
        expect(errors.nth(number)).to_have_text("This field is required.")
        colour = errors.nth(number).evaluate("each => getComputedStyle(each).color")
        red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
        assert red > 2 * max(green, blue), colour
    expect(page.get_by_role("combobox", name="Calling AE")).to_have_attribute(
        "aria-invalid", "true"
    )


def test_close_and_cancel_discard(there: Visit) -> None:
    page = there.go("/associations/add/")
    pairing.choose_pair(page, "DEMO_PACS", "DEMO_STRICT")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Associations")
    expect(pairing.row_of(page, "DEMO_PACS", "DEMO_STRICT")).to_have_count(0)

    there.go("/associations/add/")
    pairing.choose_pair(page, "DEMO_PACS", "DEMO_CTMR")
    page.get_by_label("Name", exact=True).fill("Kept")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Association", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Thrown away")
    page.get_by_role("link", name="Close").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Associations")
    expect(pairing.row_of(page, "DEMO_PACS", "DEMO_CTMR").locator(".name")).to_have_text("Kept")


def test_a_pair_is_unique_and_fixed(there: Visit, file: Path) -> None:
    address = pairing.import_file(there, file, "FIXED-SCU", "FIXED-SCP")
    page = there.go("/associations/add/")
    pairing.choose_pair(page, "FIXED-SCU", "FIXED-SCP")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist")).to_contain_text("exists already")
    there.go("/associations/?q=FIXED")
    expect(page.locator("table.pairs tbody tr")).to_have_count(1)

    there.go(address)
    card = page.get_by_role("region", name="The pair")
    expect(card.get_by_role("link", name="FIXED-SCU")).to_be_visible()
    expect(card.get_by_role("combobox")).to_have_count(0)
    assert [box.get_attribute("name") for box in card.get_by_role("textbox").all()] == [
        "name",
        "description",
    ]


def test_a_context_is_added(there: Visit, file: Path) -> None:
    address = pairing.import_file(there, file, "ADDING-SCU", "ADDING-SCP")
    page = there.go(f"{address}contexts/?view=tree")
    page.get_by_role("link", name="Add context").click()
    choices = page.get_by_role("group", name="Abstract syntax").get_by_role("radio")
    known = every_class(include_retired=True)
    expect(choices).to_have_count(len(known))
    words = page.locator("[data-picker-list] li").all_inner_texts()
    assert all(
        entry.uid in said and entry.name in said for entry, said in zip(known, words, strict=True)
    )
    page.get_by_role("radio", name=re.compile("^CT Image Storage")).check()
    page.get_by_role("radio", name=re.compile("^MR Image Storage")).check()
    assert choices.evaluate_all("all => all.filter(each => each.checked).length") == 1
    pairing.move(page, EXPLICIT, IMPLICIT)
    expect(pairing.selected(page)).to_contain_text([EXPLICIT, IMPLICIT])
    page.get_by_role("button", name="Save").click()

    branches = page.locator(".context-tree > li")
    expect(branches).to_have_count(3)
    expect(branches.last).to_contain_text("MR Image Storage")
    expect(pairing.syntaxes(branches.last)).to_contain_text([EXPLICIT, IMPLICIT])


def test_cancel_leaves_the_contexts_as_they_were(there: Visit, file: Path) -> None:
    address = pairing.import_file(there, file, "CANCEL-SCU", "CANCEL-SCP")
    page = there.go(f"{address}contexts/add/")
    page.get_by_role("radio", name=re.compile("^CT Image Storage")).check()
    pairing.move(page, IMPLICIT)
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="What CANCEL-SCU proposes")).to_be_visible()
    expect(page.locator("[data-number]")).to_have_count(2)


def test_the_order_of_syntaxes_is_kept(there: Visit, file: Path) -> None:
    address = pairing.import_file(there, file, "ORDER-SCU", "ORDER-SCP")
    page = there.go(f"{address}contexts/2/")
    pairing.selected(page).nth(2).click()
    for _ in range(2):
        page.get_by_role("button", name="Up", exact=True).click()
    order = ["Big Endian", IMPLICIT, EXPLICIT]
    expect(pairing.selected(page)).to_contain_text(order)
    page.get_by_role("button", name="Save").click()
    there.go(f"{address}contexts/?view=table")
    expect(pairing.syntaxes(pairing.contexts(page).nth(1))).to_contain_text(order)


def test_an_abstract_syntax_or_one_transfer_syntax_is_deleted(there: Visit, file: Path) -> None:
    address = pairing.import_file(there, file, "DELETE-SCU", "DELETE-SCP")
    page = there.go(f"{address}contexts/?view=table")
    page.get_by_role("link", name="Edit context 2").click()
    pairing.selected(page).filter(has_text="Big Endian").click()
    page.get_by_role("button", name="Move back to the available transfer syntaxes").click()
    page.get_by_role("button", name="Save").click()
    row = pairing.contexts(page).nth(1)
    expect(pairing.syntaxes(row)).to_contain_text([IMPLICIT, EXPLICIT])

    row.get_by_role("button", name="Delete context 2").click()
    expect(pairing.contexts(page)).to_have_count(1)
    expect(pairing.contexts(page)).to_contain_text(VERIFICATION)


def test_every_known_class_with_a_list_of_syntaxes(there: Visit) -> None:
    page = there.go("/associations/add/")
    pairing.choose_pair(page, "DEMO_STRICT", "DEMO_CTMR")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Every known SOP Class").click()
    expect(pairing.selected(page)).to_contain_text([IMPLICIT])
    cost = page.get_by_role("region", name="What every known SOP Class costs")
    expect(cost).to_contain_text("before the first image moves")
    expect(cost).to_contain_text("bytes in the largest request")
    expect(page.get_by_role("region", name="Only what is needed")).to_be_visible()
    # The preview follows the choice; what it shows is what is added.
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        pairing.move(page, EXPLICIT)
    classes = len(every_class())
    add = page.get_by_role("button", name=f"Add {classes} contexts")
    expect(add).to_be_visible()
    add.click()
    expect(page.locator("[data-number]")).to_have_count(classes, timeout=steps.OUTCOME_MS)
    first = page.locator("[data-number]").first
    expect(pairing.syntaxes(first)).to_contain_text([IMPLICIT, EXPLICIT])


def test_verification_as_the_example_has_it(there: Visit) -> None:
    page = there.go("/associations/add/")
    pairing.choose_pair(page, "DEMO_CTMR", "DEMO_BUSY")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Add context").first.click()
    page.get_by_label("Narrow the abstract syntaxes").fill(VERIFICATION)
    page.get_by_role("radio", name=re.compile("^Verification")).check()
    pairing.move(page, IMPLICIT)
    page.get_by_role("button", name="Save").click()
    row = page.locator("[data-number]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Verification")
    expect(row).to_contain_text(VERIFICATION)
    expect(pairing.syntaxes(row)).to_contain_text(["1.2.840.10008.1.2"])
