"""`dicomcfg import`: the same preview and apply from the shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dicomcfg.commands.import_ import import_
from dicomcfg.exchange.models import Import
from dicomcfg.inventory.models import AE, Association, ChangeSet, Site

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
    result = run(TABLE, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["new"], told["changed"], told["same"], told["applied"]) == (2, 0, 0, True)
    change_set = ChangeSet.objects.get(pk=told["change_set"])
    assert (change_set.actor, change_set.actor_name) == (None, "command line")
    assert json.loads(run(TABLE, "--json").stdout)["same"] == 2


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
    assert (told["existing"], told["applied"]) == (association.pk, False)
    assert run(SAMPLE, *ends, "--overwrite").exit_code == 0


def test_errors_are_told_with_their_place(run: Any) -> None:
    result = run(TABLE.replace("10.0.0.6", "no host"))
    assert result.exit_code == 1
    assert "line 3" in result.output
    assert "Nothing is written" in result.output
    assert not AE.objects.exists()


def test_what_cannot_be_used_is_a_usage_error(run: Any) -> None:
    assert run(SAMPLE).exit_code == 2
    assert run("hello world, this is prose.\n").exit_code == 2
    assert run(TABLE, "--site", "mars").exit_code == 2
    Site.objects.create(name="North", slug="north")
    assert run(TABLE).exit_code == 2
    assert run(TABLE, "--site", "North").exit_code == 0
    assert set(AE.objects.values_list("site__slug", flat=True)) == {"north"}
