"""`dicomcfg create-association`: the superset and what is needed, from the shell."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dicomcfg.commands.create_association import create_association
from dicomcfg.core.negotiation.selection import every_class
from dicomcfg.core.records import TransferCapability
from dicomcfg.inventory.models import AE, Association, ChangeSet, PrivateUid, Site
from dicomcfg.inventory.selectors import contexts_of
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.undo import undo
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(create_association, arguments)


def _told(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_every_known_sop_class_with_implicit_vr_little_endian() -> None:
    make_ae("PACS")
    result = _run("CT1", "PACS", "--json")
    assert result.exit_code == 0, result.output
    association = Association.objects.get()
    assert str(association) == "CT1 → PACS"
    contexts = contexts_of(association)
    assert {c.abstract_syntax for c in contexts} == {entry.uid for entry in every_class()}
    assert {c.transfer_syntaxes for c in contexts} == {(IMPLICIT,)}
    told = _told(result)
    assert len(told["presentation_contexts"]) == len(contexts)
    assert len(told["request_bytes"]) == 3
    assert told["applied"] is True
    assert "contexts-will-be-split" in {each["code"] for each in told["findings"]}
    change_set = ChangeSet.objects.get(pk=told["change_set"])
    undo(SHELL, change_set)
    assert not Association.objects.exists()
    assert not AE.objects.filter(ae_title="CT1").exists()


def test_transfer_syntaxes_keep_their_order_and_retired_classes_are_an_option() -> None:
    chosen = ("--transfer-syntax", "Explicit VR Little Endian", "--transfer-syntax", IMPLICIT)
    told = _told(_run("A", "B", *chosen, "--include-retired", "--dry-run", "--json"))
    lists = {tuple(each["transfer_syntaxes"]) for each in told["presentation_contexts"]}
    assert lists == {(EXPLICIT, IMPLICIT)}
    assert len(told["presentation_contexts"]) == len(every_class(include_retired=True))
    assert (told["applied"], told["change_set"]) == (False, None)
    assert not AE.objects.exists()


def test_private_transfer_syntaxes_are_known_by_name() -> None:
    PrivateUid.objects.create(uid="1.2.3.4", name="Acme Wavelet", kind="Transfer Syntax")
    told = _told(_run("A", "B", "--transfer-syntax", "acme wavelet", "--dry-run", "--json"))
    assert told["presentation_contexts"][0]["transfer_syntaxes"] == ["1.2.3.4"]
    assert _run("A", "B", "--transfer-syntax", "acme").exit_code == 2


def test_an_existing_pair_is_overwritten_only_when_told() -> None:
    association = make_association("CT1", "PACS", (VERIFICATION, IMPLICIT), name="Kept")
    blocked = _run("CT1", "PACS")
    assert blocked.exit_code == 1
    assert "exists already" in blocked.output
    assert len(contexts_of(association)) == 1
    assert _run("CT1", "PACS", "--overwrite").exit_code == 0
    assert len(contexts_of(association)) == len(every_class())
    assert Association.objects.get().name == "Kept"


def test_only_what_is_needed() -> None:
    calling, called = make_ae("CT1"), make_ae("PACS")
    assert _run("CT1", "PACS", "--only-needed").exit_code == 1
    assert not Association.objects.exists()
    set_capabilities(SHELL, calling, [TransferCapability(CT, "SCU", (EXPLICIT, IMPLICIT))], 1)
    accepted = [TransferCapability(uid, "SCP", (IMPLICIT, EXPLICIT)) for uid in (VERIFICATION, CT)]
    set_capabilities(SHELL, called, accepted, 1)
    result = _run("CT1", "PACS", "--only-needed")
    assert result.exit_code == 0
    assert "Written." in result.output
    (context,) = contexts_of(Association.objects.get())
    assert (context.abstract_syntax, context.transfer_syntaxes) == (CT, (EXPLICIT, IMPLICIT))
    narrowed = _run("CT1", "PACS", "--only-needed", "--transfer-syntax", IMPLICIT, "--overwrite")
    assert narrowed.exit_code == 0
    assert contexts_of(Association.objects.get())[0].transfer_syntaxes == (IMPLICIT,)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("CT1",), 2),
        (("CT1", "PACS", "--transfer-syntax", "No such"), 2),
        (("CT1", "PACS", "--transfer-syntax", CT), 2),
        (("CT1", "PACS", "--site", "mars"), 2),
        (("CT1", "PACS", "--only-needed", "--include-retired"), 2),
        (("A title that is far too long", "PACS"), 1),
        (("   ", "PACS"), 1),
        (("CT\\1", "PACS"), 1),
    ],
)
def test_what_cannot_be_used(arguments: tuple[str, ...], code: int) -> None:
    assert _run(*arguments).exit_code == code
    assert not AE.objects.exists()


def test_a_title_of_several_aes_is_ambiguous() -> None:
    for address in ("10.0.0.5:104", "10.0.0.6:104"):
        make_ae("CT1", address)
    result = _run("CT1", "PACS")
    assert result.exit_code == 2
    assert "several AEs" in result.output
    Site.objects.create(name="North", slug="north")
    assert _run("CT1", "PACS").exit_code == 2
    assert _run("CT1", "PACS", "--site", "north").exit_code == 0
