"""A real Orthanc kept in step from the pages, by a real worker on the embedded default."""

from __future__ import annotations

import base64
import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.visit import Visit
from tests.interop.conftest import orthanc_with, storescp
from tests.parts.stack import Launched, embedded_environment
from tests.parts.waiting import free_port

__all__ = ["storescp"]

USER, SECRET = "alice", "hunter2-hunter2"
VARIABLES = {"DICOMCFG_ORTHANC_USER": USER, "DICOMCFG_ORTHANC_PASSWORD": SECRET}


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[str]:
    """The address of an Orthanc that knows one modality, which nobody listens for."""
    folder, port = tmp_path / "orthanc", free_port()
    folder.mkdir()
    with orthanc_with(
        folder,
        HttpServerEnabled=True,
        HttpPort=port,
        AuthenticationEnabled=True,
        RegisteredUsers={USER: SECRET},
        DicomModalities={
            "archive": ["ARCHIVE", "127.0.0.1", free_port()],
            "other": ["OTHER", "127.0.0.1", free_port()],
        },
    ):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def stack(tmp_path: Path, prepared_home: Path) -> Iterator[Launched]:
    """The embedded default with the credentials in its environment."""
    home = Path(shutil.copytree(prepared_home, tmp_path / "home"))
    reachable = {"DICOMCFG_ALLOW_LOOPBACK": "yes", **VARIABLES}
    stack = Launched(tmp_path, embedded_environment(home) | reachable)
    stack.launch()
    yield stack
    stack.close()


def held(orthanc: str) -> dict[str, tuple[str, int]]:
    """Title and port of each modality, asked for without our own client."""
    request = urllib.request.Request(f"{orthanc}/modalities?expand")
    token = base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
    request.add_header("Authorization", f"Basic {token}")
    with urllib.request.urlopen(request, timeout=20) as answer:
        found = json.load(answer)
    return {name: (each["AET"], each["Port"]) for name, each in found.items()}


def asked(page: Page, button: str) -> None:
    """Press a button that asks the server, and wait until the answer has come by itself."""
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", name="Requests")).to_be_visible()
    expect(page.locator("[data-poll]")).to_have_count(0, timeout=steps.OUTCOME_MS)


def import_all(visit: Visit, server: str) -> None:
    """Take over what the server holds."""
    page = visit.go(server)
    page.get_by_role("button", name="Import what it holds").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Preview of Radiology.json")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Below is the preview that was applied")).to_be_visible()


def move(visit: Visit, title: str, port: int) -> None:
    """Give an AE's connection another port."""
    page = visit.go(f"{steps.address_of(visit, title)}edit/")
    page.get_by_label("Port").first.fill(str(port))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_an_orthanc_is_kept_in_step(
    visit: Visit, stack: Launched, orthanc: str, storescp: int
) -> None:
    steps.set_up(visit, stack)
    server = steps.name_orthanc(visit, orthanc, *VARIABLES)
    page = visit.page
    asked(page, "Compare")
    archive = page.locator("table.data tbody tr", has_text="ARCHIVE")
    expect(archive).to_contain_text("Not managed")

    import_all(visit, server)
    page = visit.go(server)
    page.get_by_role("checkbox", name="Choose archive").check()
    page.get_by_role("button", name="Manage chosen").click()
    expect(page.get_by_text("Marked modality archive as managed").first).to_be_visible()
    expect(archive).to_contain_text("In step")

    before = held(orthanc)
    move(visit, "ARCHIVE", storescp)
    page = visit.go(server)
    expect(archive).to_contain_text("Differs")
    page.get_by_role("link", name="Push 1 change").click()
    expect(page.locator("ins")).to_have_text(str(storescp))
    assert held(orthanc) == before
    asked(page, "Push 1 change")
    expect(archive).to_contain_text("In step")
    expect(archive.locator("[data-label=Echo]")).to_contain_text("Answers")
    expect(page.get_by_role("link", name="Push")).to_have_count(0)
    assert held(orthanc) == {**before, "archive": ("ARCHIVE", storescp)}

    page.get_by_role("checkbox", name="Choose other").check()
    asked(page, "Echo chosen")
    other = page.locator("table.data tbody tr", has_text="OTHER")
    expect(other.locator("[data-label=Echo]")).to_contain_text("No answer")
    assert SECRET not in page.content()
