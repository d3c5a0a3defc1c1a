"""Every page, in both themes, at a desk and on a phone: accessible, and never too wide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import steps
from tests.browser.visit import Visit
from tests.parts.stack import Launched

PAGES = [
    "/",
    "/aes/",
    "/aes/?q=nothing-like-this",
    "/aes/?q=DEMO&layer=refused",
    "/aes/add/",
    "/aes/1/",
    "/aes/1/edit/",
    "/aes/1/find/",
    "/aes/1/store/",
    "/aes/2/store/",
    "/import/",
    "/imports/",
    "/imports/1/",
    "/imports/1/source/1/",
    "/imports/1/columns/1/",
    "/devices/",
    "/devices/add/",
    "/devices/1/",
    "/devices/1/delete/",
    "/devices/1/sheet/",
    "/aes/1/sheet/",
    "/associations/",
    "/associations/?q=nothing-like-this",
    "/associations/?uid=Verification&drift=unknown",
    "/associations/add/",
    "/associations/repoint/",
    "/associations/repoint/?old_title=DEMO_CTMR&new_title=DEMO_PACS",
    "/associations/1/",
    "/associations/1/contexts/",
    "/associations/1/contexts/?view=tree",
    "/associations/1/contexts/?view=table",
    "/associations/1/contexts/1/",
    "/associations/1/contexts/add/",
    "/associations/1/contexts/many/",
    "/associations/1/contexts/many/?source=every",
    "/associations/1/contexts/many/?source=modality:CT",
    "/associations/1/checks/",
    "/associations/1/drift/",
    "/associations/1/forecast/",
    "/associations/1/history/",
    "/orthanc/",
    "/orthanc/add/",
    "/orthanc/1/",
    "/orthanc/1/edit/",
    "/orthanc/1/delete/",
    "/orthanc/1/push/",
    "/export/",
    "/export/?what=aes&format=ae-table",
    "/export/?what=associations&format=intersystems",
    "/export/?what=profiles&format=intersystems&each=1",
    "/export/?what=device&device=nothing-like-this",
    "/forecast/",
    "/forecast/?calling=1&called=2",
    "/forecast/file/",
    "/associations/1/negotiate/",
    "/associations/1/duplicate/",
    "/associations/1/reverse/",
    "/associations/1/delete/",
    "/search/",
    "/search/?q=DEMO",
    "/search/?q=CT+Image+Storage",
    "/search/?q=nothing-like-this",
    "/accepts/",
    "/accepts/?uid=1.2.840.10008.1.2",
    "/associations/1/roles/",
    "/associations/1/sheet/",
    "/private-uids/",
    "/private-uids/?unnamed=1",
    "/private-uids/add/?uid=1.2.3.4",
    "/aes/1/drift/",
    "/aes/1/drift/adopt/",
    "/drift/",
    "/drift/associations/",
    "/checks/",
    "/checks/?kind=refusal",
    "/checks/runs/1/",
    "/checks/1/",
    "/map/",
    "/map/?by=site",
    "/map/?ae=1",
    "/map/?find=nothing-like-this",
    "/map/matrix/",
    "/history/",
    "/history/1/",
    "/standard/abstract-syntaxes/",
    "/standard/abstract-syntaxes/?q=nothing-like-this",
    "/standard/abstract-syntaxes/1.2.840.10008.1.1/",
    "/standard/transfer-syntaxes/",
    "/standard/transfer-syntaxes/1.2.840.10008.1.2/",
    "/standard/dictionary/?q=pixel",
    "/standard/dictionary/00080060/",
    "/standard/dictionary/00081010/",
    "/standard/dictionary/00000900/codes/",
    "/users/",
    "/users/add/",
    "/sites/",
    "/sites/1/",
    "/sites/add/",
    "/sweep/",
    "/sweep/?what=file",
    "/sweep/?what=filter",
    "/sweep/?what=site",
    "/filters/",
    "/filters/1/",
    "/filters/add/?q=DEMO",
    "/profile/",
    "/profiles/",
    "/profiles/add/",
    "/profiles/delete/",
    "/profiles/delete/?profile=1",
    "/profiles/1/",
    "/profiles/1/?view=tree",
    "/profiles/1/edit/",
    "/profiles/1/followers/",
    "/profiles/1/history/",
    "/profiles/1/roles/",
    "/profiles/1/contexts/add/",
    "/profiles/1/contexts/many/",
    "/associations/1/follow/?profile=1",
    "/aes/1/follow/?profile=1&role=SCP",
    "/aes/1/capabilities/SCP/",
    "/aes/1/capabilities/SCU/add/",
    "/aes/1/capabilities/copy/",
    "/aes/1/capabilities/import/",
]


@pytest.fixture(scope="module")
def populated(embedded: Launched, browser: Browser) -> Iterator[Launched]:
    """A store in which the main job was done, so that every page has something to show."""
    visit = Visit.begin(browser)
    steps.set_up(visit, embedded)
    steps.load_demo(visit)
    steps.echo_all(visit)
    steps.add_ae(visit, embedded)
    steps.paste_table(visit)
    steps.import_association(visit)
    steps.negotiate(visit)
    steps.add_profile(visit)
    steps.name_orthanc(visit, "http://orthanc.invalid:8042")
    steps.save_filter(visit, "/aes/?q=DEMO", "Demo")
    visit.end()
    yield embedded


@pytest.fixture(scope="module")
def checked(populated: Launched, browser: Browser) -> list[str]:
    """The addresses of what further checks left: of every kind, of success and of failure."""
    visit = Visit.begin(browser)
    steps.sign_in(visit, populated)
    steps.forbid_probing(visit, "CT_ER_2", "Reboots on unknown callers")
    run = steps.sweep(visit, "?what=everything")
    made = [run, f"{run}?outcome=skipped", steps.address_of(visit, "CT_ER_2")]
    made += [steps.diagnose(visit, title) for title in ("DEMO_RENAMED", "DEMO_CLOSED", "DEMO_TLS")]
    made += [steps.store(visit), steps.find(visit), steps.compare_orthanc(visit)]
    wrong = steps.preview(visit, "AE Title,Host,Port\nCT_ER_2,10.0.0.9,104\nX,10.0.0.8,99999\n")
    made += [wrong, f"{wrong}?found=1", f"{wrong}source/1/", f"{wrong}columns/1/"]
    made += [steps.preview(visit, "AE Title,Host,Port\nMR_1,10.20.4.32,104\n")]
    made += [steps.preview(visit, "no table, and nothing else that could be read\n")]
    made += [steps.take_back(visit, "AE Title,Host,Port\nBACK_1,10.20.4.33,104\n")]
    visit.end()
    return made


@dataclass
class Person:
    """Somebody signed in at a desk or on a phone, who looks at pages one after the other.

    A menu is opened once, as several pages of one thing share it; colours are looked at on the
    desk only, in both themes.
    """

    visit: Visit
    on_phone: bool
    opened: set[str] = field(default_factory=set)

    def barriers_at(self, address: str) -> list[str]:
        self.visit.go(address)
        barriers = []
        for menu in self.visit.page.locator("details.menu").all():
            if (text := menu.text_content() or "") not in self.opened:
                self.opened.add(text)
                menu.locator("summary").click()
                barriers += self._look()
                # An open one may cover the next.
                menu.locator("summary").click()
        return barriers + self._look() + self._heard()

    def _look(self) -> list[str]:
        visit = self.visit
        return visit.barriers_but_colours() if self.on_phone else visit.barriers_in_both_themes()

    def _heard(self) -> list[str]:
        heard, self.visit.wrong[:] = list(self.visit.wrong), []
        return heard


@pytest.fixture(scope="module", params=[False, True], ids=["desk", "phone"])
def person(populated: Launched, browser: Browser, request: pytest.FixtureRequest) -> Person:
    visit = Visit.begin(browser, phone=request.param)
    steps.sign_in(visit, populated)
    return Person(visit, on_phone=request.param)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_accessible_and_fits(person: Person, address: str) -> None:
    assert person.barriers_at(address) == []


def test_what_checks_and_imports_left_is_accessible_and_fits(
    person: Person, checked: list[str]
) -> None:
    assert [barrier for address in checked for barrier in person.barriers_at(address)] == []


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_the_sign_in_page_is_accessible_and_fits(
    populated: Launched, browser: Browser, phone: bool
) -> None:
    visit = Visit.begin(browser, phone=phone)
    visit.base = populated.url
    visit.go("/login/")
    assert visit.barriers_in_both_themes() == []
    visit.end()


def test_the_table_can_be_worked_by_keyboard_alone(populated: Launched, browser: Browser) -> None:
    """Skip link, search, row and its Echo button: reached by Tab, with the focus to be seen."""
    visit = Visit.begin(browser)
    steps.sign_in(visit, populated)
    page = visit.go("/aes/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox", name="Search AEs")).to_be_focused()
    page.keyboard.type("DEMO_HTTP")
    expect(page.locator("table.aes tbody tr")).to_have_count(1)
    echo = page.get_by_role("button", name="Echo DEMO_HTTP")
    for _ in range(60):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        shadow = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
        assert outline != "none" or shadow != "none", page.evaluate(
            "document.activeElement.outerHTML"
        )
        if echo.evaluate("button => button === document.activeElement"):
            break
    expect(echo).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-poll]")).to_have_count(0, timeout=steps.OUTCOME_MS)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search everything")).to_be_focused()
    page.keyboard.type("DEMO_HTTP")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Found for “DEMO_HTTP”")).to_be_visible()
    visit.end()
