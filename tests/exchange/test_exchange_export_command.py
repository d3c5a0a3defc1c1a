"""`dicomcfg export`: what is named, as a file that can be kept under version control."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dicomcfg.cli import main
from dicomcfg.core.formats import registry
from dicomcfg.exchange.export import Selection, document_of
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.savedfilters import SavedFilterData, create_savedfilter
from dicomcfg.inventory.services.sites import SiteData, create_site
from tests.parts.rows import IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def network() -> None:
    """Two AEs of one title at two sites, a pair, and a Profile that nobody follows."""
    north = create_site(SHELL, SiteData(name="North", slug="north"))
    make_ae("CT1", "10.9.0.1:104", site=north, tags=("night",))
    make_association("CT1", "PACS", [VERIFICATION, IMPLICIT])
    create_profile(SHELL, ProfileData(name="Basic"))
    create_savedfilter(SHELL, SavedFilterData(name="At night", query="tag=night"))


def export(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


def exported(*arguments: object) -> tuple[list[str], int, list[str]]:
    """Addresses of the AEs, number of associations, names of Profiles."""
    done = export("dicomcfg-json", *arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    places = [ae["connections"][0]["hostname"] for ae in said["aes"]]
    return places, len(said["associations"]), [each["name"] for each in said["profiles"]]


HERE, THERE = "10.0.0.5", "10.9.0.1"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], ([HERE, HERE, THERE], 1, ["Basic"])),
        (["--ae", "CT1"], ([HERE, THERE], 0, [])),
        (["--ae", "CT1", "--site", "north"], ([THERE], 0, [])),
        (["--ae", "CT1", "--ae", "PACS"], ([HERE, HERE, THERE], 0, [])),
        (["--site", "North"], ([THERE], 0, [])),
        (["--association", "CT1:PACS"], ([HERE, HERE], 1, [])),
        (["--profile", "Basic"], ([], 0, ["Basic"])),
        (["--profile", "Basic", "--ae", "PACS"], ([HERE], 0, ["Basic"])),
        (["--filter", "tag=night"], ([THERE], 0, [])),
        (["--filter", "at night"], ([THERE], 0, [])),
        (["--filter", "q=PACS", "--site", "north"], ([], 0, [])),
    ],
)
def test_what_is_named_is_exported(
    arguments: list[str], found: tuple[list[str], int, list[str]]
) -> None:
    assert exported(*arguments) == found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "there is no format nothing"),
        (["dicomcfg-json", "--ae", "NOBODY"], "no AE is titled NOBODY"),
        (["dicomcfg-json", "--association", "PACS:CT1"], "no association is PACS:CT1"),
        (["dicomcfg-json", "--profile", "x"], "no Profile is named x"),
        (["dicomcfg-json", "--site", "x"], "say which site"),
        (["dicomcfg-json", "--filter", "colour=red"], "no saved filter, and no query of q="),
        (["dicomcfg-json", "--filter", "tag=gone"], "no saved filter"),
        (["dicomcfg-json", "--filter", "night"], "no saved filter"),
    ],
)
def test_what_is_not_there_is_told_and_nothing_written(arguments: list[str], words: str) -> None:
    done = export(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


def test_the_file_reads_back_as_what_the_inventory_knows(tmp_path: Path) -> None:
    out = tmp_path / "all.json"
    assert export("dicomcfg-json", "-o", out).exit_code == 0
    assert registry.read(out.read_bytes()) == document_of(Selection.everything())
    before = out.read_bytes()
    assert export("dicomcfg-json", "-o", out).exit_code == 0
    assert out.read_bytes() == before


def test_losses_are_told_and_the_file_is_written(tmp_path: Path) -> None:
    done = export("ae-table", "-o", tmp_path / "aes.csv")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no place for 1 association." in done.stderr
    assert (tmp_path / "aes.csv").read_text().count("\n") == 4
    said = json.loads(export("ae-table", "--json").stdout)
    assert said["findings"][0]["code"] == "not-carried"
