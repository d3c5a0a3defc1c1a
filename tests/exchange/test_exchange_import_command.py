"""`dicomcfg import`: the same preview and apply from the shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dicomcfg.commands.import_ import import_
from dicomcfg.exchange.models import Import
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association, ChangeSet, Profile, Site

pytestmark = pytest.mark.django_db
TABLE = "AE Title,Host,Port\nPACS,10.0.0.5,104\nCT,10.0.0.6,104\n"
SAMPLE = "1.2.840.10008.1.1\n1.2.840.10008.5.1.4.31\\1.2.840.10008.1.2.1\n"


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def run(text: str, *arguments: str) -> Result:
        file = tmp_path / "file.txt"
        file.write_text(text)
        return CliRunner().invoke(import_, [str(file), *arguments])

    return run


def test_a_table_is_imported_as_one_act(run: Any) -> None:
    result = run(TABLE, "--json", "--tag", "moved", "--device", "Rack 1")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["counts"]["ae"], told["applied"]) == ({"new": 2}, True)
    change_set = ChangeSet.objects.get(pk=told["change_set"])
    assert (change_set.actor, change_set.actor_name) == (None, "command line")
    assert {(ae.device.name, *ae.tags.all()) for ae in AE.objects.all() if ae.device} == {
        ("Rack 1", *AE.objects.all()[0].tags.all())
    }
    assert json.loads(run(TABLE, "--json").stdout)["counts"]["ae"] == {"same": 2}


def test_several_files_are_one_act(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "b.txt").write_text(SAMPLE)
    files = [str(tmp_path / name) for name in ("a.csv", "b.txt")]
    result = CliRunner().invoke(import_, [*files, "--calling", "CT9", "--called", "RIS"])
    assert result.exit_code == 0, result.output
    assert AE.objects.count() == 4
    assert str(Association.objects.get()) == "CT9 → RIS"
    summary = ChangeSet.objects.get().summary
    assert summary == "Imported a.csv and 1 more: 4 AEs new, 1 association new"


def test_contexts_without_a_pair_become_a_profile(run: Any) -> None:
    assert run(SAMPLE).exit_code == 0
    assert Profile.objects.get().name == "file"


def test_a_dry_run_leaves_nothing(run: Any) -> None:
    result = run(TABLE, "--dry-run")
    assert result.exit_code == 0
    assert "Nothing is written (dry run)" in result.output
    assert not AE.objects.exists()
    assert not Import.objects.exists()


def test_an_association_finds_its_aes_or_adds_them(run: Any) -> None:
    run(TABLE)
    ends = ("--calling", "CT", "--called", "RIS")
    assert run(SAMPLE, *ends).exit_code == 0
    association = Association.objects.get()
    assert association.calling == AE.objects.get(ae_title="CT")
    assert association.called.ae_title == "RIS"
    again = run(SAMPLE, *ends, "--json")
    assert again.exit_code == 1
    told = json.loads(again.stdout)
    assert (told["counts"]["association"], told["applied"]) == ({"conflict": 1}, False)
    assert "association-exists" in {finding["code"] for finding in told["findings"]}
    one = "1.2.840.10008.1.1\n"
    assert run(one, *ends, "--overwrite").exit_code == 0
    assert len(selectors.contexts_of(association)) == 1
    assert run(SAMPLE, *ends, "--mode", "merge").exit_code == 0
    assert len(selectors.contexts_of(association)) == 2


def test_errors_are_told_with_their_place_and_can_be_left_out(run: Any) -> None:
    broken = TABLE.replace("10.0.0.6", "no host")
    result = run(broken)
    assert result.exit_code == 1
    assert "line 3" in result.output
    assert "Nothing is written" in result.output
    assert not AE.objects.exists()
    assert run(broken, "--partly").exit_code == 0
    assert AE.objects.get().ae_title == "PACS"


def test_what_cannot_be_used_is_a_usage_error(run: Any) -> None:
    assert run(SAMPLE, "--calling", "A").exit_code == 2
    assert run("hello world, this is prose.\n").exit_code == 2
    assert run(TABLE, "--site", "mars").exit_code == 2
    assert run(TABLE, "--profile", "None").exit_code == 2
    Site.objects.create(name="North", slug="north")
    assert run(TABLE).exit_code == 2
    assert not Import.objects.exists()
    assert run(TABLE, "--site", "North").exit_code == 0
    assert set(AE.objects.values_list("site__slug", flat=True)) == {"north"}
