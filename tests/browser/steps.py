"""The steps of the main job, as a person takes them: by the words on the page."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.parts.stack import Launched

NAME, PASSWORD = "first.admin", "a long enough pass phrase"
# A check on a silent peer ends by its own deadline; everything else is faster.
OUTCOME_MS = 30_000
SEED_FILE = """1.2.840.10008.1.1
1.2.840.10008.5.1.4.31\\1.2.840.10008.1.2
1.2.840.10008.5.1.4.31\\1.2.840.10008.1.2.1
1.2.840.10008.5.1.4.31\\1.2.840.10008.1.2.2
"""


DEMO_OUTCOMES = {
    "DEMO_PACS": "Accepted",
    "DEMO_STRICT": "Calling title refused",
    "DEMO_RENAMED": "Called title refused",
    "DEMO_BUSY": "Busy",
    "DEMO_CTMR": "Accepted",
    "DEMO_SILENT": "Connects, then silent",
    "DEMO_CLOSED": "Nothing listens",
    "DEMO_HTTP": "Not DICOM",
    "DEMO_TLS": "Accepted",
}


def set_up(visit: Visit, stack: Launched) -> None:
    """Open the one-time link and make the first administrator."""
    assert stack.setup_url is not None
    visit.base = stack.url
    page = visit.go(stack.setup_url.removeprefix(stack.url))
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_label("Password", exact=False).last.fill(PASSWORD)
    page.get_by_role("button", name="Create administrator").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Board")


def sign_in(visit: Visit, stack: Launched) -> None:
    """Sign in as the administrator that set_up made."""
    visit.base = stack.url
    page = visit.go("/login/")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Board")


def load_demo(visit: Visit) -> None:
    """Press the button that the empty board offers."""
    page = visit.go("/")
    page.get_by_role("button", name="Load the demo network").click()
    visit.go("/aes/")
    expect(page.locator("table.aes tbody tr")).to_have_count(len(DEMO_OUTCOMES))


def echo_all(visit: Visit) -> None:
    """Select every AE and echo; the outcomes appear without a reload."""
    page = visit.go("/aes/")
    page.get_by_label("Select all on this page").check()
    with page.expect_navigation():
        page.locator("#bulk").get_by_role("button", name="Echo").click()
    visit.go("/aes/")
    for title, headline in DEMO_OUTCOMES.items():
        row = page.locator("tr", has=page.get_by_role("link", name=title, exact=True))
        expect(row.locator(".status")).to_contain_text(headline, timeout=OUTCOME_MS)
    expect(page.locator("[data-poll]")).to_have_count(0, timeout=OUTCOME_MS)


def add_ae(visit: Visit, stack: Launched) -> None:
    """Fill the form, echo what it holds before saving, and save."""
    page = visit.go("/aes/add/")
    page.get_by_label("AE title").fill("WORKSTATION")
    page.get_by_label("Host").first.fill("127.0.0.1")
    page.get_by_label("Port").first.fill(str(stack.demo_port))
    page.get_by_role("button", name="Echo").click()
    card = page.get_by_role("region", name="Echo of WORKSTATION as DICOMCFG")
    expect(card).to_contain_text("Outcome", timeout=OUTCOME_MS)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("WORKSTATION")


def paste_table(visit: Visit) -> None:
    """Paste a spreadsheet's rows, look at the preview, apply."""
    page = visit.go("/import/")
    lines = (
        "AE Title,IP,Port,Device",
        "CT_ER_2,10.20.4.31,11112,Revolution",
        "MR_1,10.20.4.32,104,",
    )
    rows = "\n".join(lines).replace(",", "\t")
    page.get_by_label("Or paste text").fill(rows)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("CT_ER_2", exact=True)).to_be_visible()
    page.get_by_role("button", name="Apply 3 rows").click()
    visit.go("/aes/")
    expect(page.get_by_role("link", name="CT_ER_2")).to_be_visible()


def preview(visit: Visit, text: str) -> str:
    """Paste text and apply nothing; the path of its preview."""
    page = visit.go("/import/")
    page.get_by_label("Or paste text").fill(text)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Preview of")
    return visit.path()


def take_back(visit: Visit, text: str) -> str:
    """Paste text, apply it and undo that; the path of the import."""
    path, page = preview(visit, text), visit.page
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Undo Imported").click()
    expect(page.get_by_text("takes back")).to_be_visible()
    return path


def add_association(visit: Visit) -> None:
    """Pair two AEs by hand and give the pair one context."""
    page = visit.go("/associations/add/")
    page.get_by_role("combobox", name="Calling AE").fill("WORKSTATION")
    page.get_by_role("combobox", name="Called AE").fill("DEMO_CTMR")
    page.get_by_label("Name").fill("Reading room")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("WORKSTATION")


def import_association(visit: Visit) -> None:
    """Paste the vendor's file for another pair; it makes 2 contexts of 1 and 3 syntaxes."""
    page = visit.go("/import/")
    page.locator("textarea").fill(SEED_FILE)
    page.get_by_role("combobox", name="Calling AE").fill("WORKSTATION")
    page.get_by_role("combobox", name="Called AE").fill("DEMO_PACS")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".import-rows")).to_contain_text("WORKSTATION → DEMO_PACS")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="WORKSTATION → DEMO_PACS").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("WORKSTATION")
    page.get_by_role("link", name=re.compile("Presentation contexts")).click()
    rows = page.locator("table.contexts tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0).locator("ol.syntaxes li")).to_have_count(1)
    expect(rows.nth(1).locator("ol.syntaxes li")).to_have_count(3)


def negotiate_one(visit: Visit) -> None:
    """Negotiate the association that is open, and look at its contexts once it was accepted."""
    page = visit.page
    page.get_by_role("button", name="Negotiate").click()
    latest = page.get_by_role("region", name="Last negotiation")
    expect(latest).to_contain_text("Accepted", timeout=OUTCOME_MS)
    latest.get_by_role("link", name="Context by context").click()


def add_profile(visit: Visit) -> None:
    """Make a Profile of the first association, which does not follow it."""
    page = visit.go("/profiles/add/?association=1")
    page.get_by_label("Name").fill("Basic")
    page.get_by_role("checkbox", name="follows it from the start").uncheck()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="Basic", level=1)).to_be_visible()


def negotiate(visit: Visit) -> None:
    """From the association's page: the result comes by itself, context by context."""
    negotiate_one(visit)
    results = visit.page.locator("table.contexts tbody tr")
    expect(results).to_have_count(2)
    for index in range(2):
        expect(results.nth(index).locator("[data-label=Result]")).to_contain_text("accepted")
        expect(results.nth(index).locator("[data-label=Accepted]")).to_contain_text("Implicit VR")


def address_of(visit: Visit, title: str) -> str:
    """The path of an AE's page."""
    page = visit.go(f"/aes/?q={title}")
    page.get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return visit.path()


def save_filter(visit: Visit, address: str, name: str) -> None:
    """Keep what the AE table is filtered by, from its menu."""
    page = visit.go(address)
    page.locator("summary", has_text="Saved").click()
    page.get_by_role("link", name="Save this filter").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"Saved {name}.")).to_be_visible()


def forbid_probing(visit: Visit, title: str, reason: str) -> None:
    """Mark an AE in its form."""
    page = visit.go(f"{address_of(visit, title)}edit/")
    page.get_by_label("Do not probe").check()
    page.get_by_label("Reason not to probe").fill(reason)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Echo", exact=True)).to_be_disabled()


def sweep(visit: Visit, choice: str) -> str:
    """Sweep what the address chooses, until all have answered; the path of the run."""
    page = visit.go(f"/sweep/{choice}")
    page.get_by_label("Give up on an AE after").fill("2")
    with page.expect_response("**/sweep/"):
        page.get_by_label("Checks a second").focus()
    page.locator("#prospect").get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sweep")
    expect(page.locator("[data-poll]")).to_have_count(0, timeout=OUTCOME_MS)
    return visit.path()


def diagnose(visit: Visit, title: str) -> str:
    """Climb an AE's ladder; the path of the check."""
    page = visit.go(address_of(visit, title))
    page.get_by_role("button", name="Diagnose").click()
    return _ended(visit, "Diagnose")


def find(visit: Visit) -> str:
    """Query the demo's archive by its menu; the path of the check."""
    _more_checks(visit, "DEMO_PACS", "Find…")
    visit.page.get_by_role("button", name="Send the query").click()
    return _ended(visit, "Find DEMO_PACS")


def store(visit: Visit) -> str:
    """Store to the demo's archive by its menu; the path of the check."""
    _more_checks(visit, "DEMO_PACS", "Store…")
    visit.page.get_by_role("button", name="Send the test object").click()
    return _ended(visit, "Store DEMO_PACS")


def _more_checks(visit: Visit, title: str, act: str) -> None:
    page = visit.go(address_of(visit, title))
    page.locator("summary", has_text="More checks").click()
    page.get_by_role("link", name=act).click()


def _ended(visit: Visit, heading: str) -> str:
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text(heading)
    expect(visit.page.locator("[data-poll]")).to_have_count(0, timeout=OUTCOME_MS)
    return visit.path()


def name_orthanc(visit: Visit, url: str, username: str = "", password: str = "") -> str:
    """Name an Orthanc server by its address and the variables of its credentials; its path."""
    page = visit.go("/orthanc/add/")
    page.get_by_label("Name", exact=False).first.fill("Radiology")
    page.get_by_label("Address").fill(url)
    page.get_by_label("Username variable").fill(username)
    page.get_by_label("Password variable").fill(password)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Radiology")
    return visit.path()


def compare_orthanc(visit: Visit) -> str:
    """Ask the server that name_orthanc named, which is nowhere; its path."""
    page = visit.go("/orthanc/1/")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("[data-poll]")).to_have_count(0, timeout=OUTCOME_MS)
    expect(page.get_by_text("Compare came to nothing.")).to_be_visible()
    return visit.path()
