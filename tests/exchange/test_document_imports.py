"""A Document with everything: what becomes of it, mode by mode and match by match, and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dicomcfg.core.formats.registry import write
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    ExtendedNegotiation,
    PresentationContext,
    Profile,
    RoleSelection,
    TransferCapability,
)
from dicomcfg.exchange.applying import apply
from dicomcfg.exchange.including import include
from dicomcfg.exchange.models import Import, ImportRow
from dicomcfg.inventory import models
from dicomcfg.inventory.selectors import capabilities_of, contexts_of
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.following import follow
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.undo import CannotUndo, undo
from tests.parts.imports import ACTOR, previewed, seen
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, VERIFICATION, edit_ae, make_ae

pytestmark = pytest.mark.django_db
CONTEXTS = (PresentationContext(CT, (EXPLICIT, IMPLICIT)),)
STORE = TransferCapability(CT, "SCP", (EXPLICIT, IMPLICIT))
EVERYTHING = Document(
    "dicomcfg-json",
    devices=(Device("box", "Box", manufacturer="Acme", contact="Ann"),),
    aes=(
        Ae(
            "PACS",
            "PACS",
            device="box",
            description="Archive",
            state="planned",
            tags=("core",),
            do_not_probe="fragile",
            association_initiator=False,
            connections=(Connection("10.0.0.5", 104, "default"), Connection("10.0.0.6", 105)),
            transfer_capabilities=(STORE,),
            allowed_probes=("find",),
            maximum_associations_in=4,
        ),
        Ae("CT1", "CT1", profile="Basic", profile_role="SCU", association_acceptor=False),
    ),
    profiles=(Profile("Basic", CONTEXTS, (RoleSelection(CT, True, True),), description="b"),),
    associations=(
        Association("CT1", "PACS", "sends", profile="Basic"),
        Association(
            "PACS",
            "PACS",
            presentation_contexts=CONTEXTS,
            extended_negotiations=(ExtendedNegotiation(CT, "0101"),),
            associations_at_once=3,
        ),
    ),
)


def preview(document: Document, **options: Any) -> Import:
    return previewed(write(document, "dicomcfg-json").data, "all.json", **options)


def run(document: Document, **options: Any) -> models.ChangeSet | None:
    return apply(ACTOR, preview(document, **options))


def only(*aes: Ae) -> Document:
    return Document("dicomcfg-json", aes=aes)


def test_everything_is_written_as_one_act_and_taken_back() -> None:
    change_set = run(EVERYTHING)
    assert change_set is not None
    assert change_set.summary == (
        "Imported all.json: 1 device new, 1 Profile new, 2 AEs new, 2 associations new"
    )
    pacs, ct = (models.AE.objects.get(ae_title=title) for title in ("PACS", "CT1"))
    data = AeData.of(pacs)
    assert data.connections == EVERYTHING.aes[0].connections
    assert (data.state, data.tags, data.allows_find, data.allows_store) == (
        "planned",
        ("core",),
        True,
        False,
    )
    assert data.device == models.Device.objects.get(name="Box", contact="Ann")
    assert capabilities_of(pacs) == [STORE]
    assert (str(ct.profile), ct.profile_role) == ("Basic", "SCU")
    assert capabilities_of(ct) == [TransferCapability(CT, "SCU", (EXPLICIT, IMPLICIT))]
    sends, loop = models.Association.objects.order_by("calling__ae_title")
    assert (sends.name, str(sends.profile), contexts_of(sends)) == ("sends", "Basic", [*CONTEXTS])
    assert sends.role_selections.get().record() == RoleSelection(CT, True, True)
    assert (loop.associations_at_once, contexts_of(loop)) == (3, [*CONTEXTS])
    assert {action for _, _, action in seen(preview(EVERYTHING))} == {"same"}
    undo(ACTOR, change_set)
    for model in (models.AE, models.Device, models.Profile, models.Association):
        assert not model.objects.exists()


def test_undo_is_refused_with_the_names_of_what_was_touched_later() -> None:
    change_set = run(EVERYTHING)
    assert change_set is not None
    edit_ae(ACTOR, models.AE.objects.get(ae_title="PACS"), revision=2, description="mine")
    with pytest.raises(CannotUndo, match="PACS was changed later by anna"):
        undo(ACTOR, change_set)


OLD: dict[str, Any] = {
    "description": "old",
    "tags": ("old",),
    "maximum_associations_in": 2,
    "allows_store": True,
}
SAID = Ae(
    "PACS",
    "PACS",
    description="new",
    tags=("new",),
    connections=(Connection("10.0.0.5", 104),),
    transfer_capabilities=(TransferCapability(CT, "SCP", (IMPLICIT,)),),
)
VERIFY = TransferCapability(VERIFICATION, "SCP", (IMPLICIT,))


@pytest.mark.parametrize(
    ("mode", "action", "after", "capabilities"),
    [
        (
            "merge",
            "changed",
            {**OLD, "description": "new", "tags": ("new", "old")},
            [VERIFY, TransferCapability(CT, "SCP", (IMPLICIT,))],
        ),
        (
            "replace",
            "changed",
            {
                "description": "new",
                "tags": ("new",),
                "maximum_associations_in": None,
                "allows_store": False,
            },
            [TransferCapability(CT, "SCP", (IMPLICIT,))],
        ),
        ("new", "left", OLD, [VERIFY]),
    ],
)
def test_each_mode_does_as_it_says(
    mode: str, action: str, after: dict[str, Any], capabilities: list[TransferCapability]
) -> None:
    pacs = set_capabilities(ACTOR, make_ae("PACS", **OLD), [VERIFY], 1)
    kept = preview(only(SAID), mode=mode)
    assert kept.rows.get().action == action
    apply(ACTOR, kept)
    data = AeData.of(models.AE.objects.get())
    assert {name: getattr(data, name) for name in after} == after
    assert capabilities_of(pacs) == capabilities


HERE, THERE = (Connection("10.0.0.5", 104),), (Connection("10.9.9.9", 104),)
BOX = Device("box", "Box")


@pytest.mark.parametrize("mode", ["merge", "replace", "new"])
@pytest.mark.parametrize(
    ("match", "said", "means"),
    [
        ("title", Ae("PACS", "PACS", connections=THERE), True),
        ("title", Ae("OTHER", "OTHER", connections=HERE, device="box"), False),
        ("address", Ae("PACS", "PACS", connections=HERE), True),
        ("address", Ae("PACS", "PACS"), True),
        ("address", Ae("PACS", "PACS", connections=THERE), False),
        ("name", Ae("OTHER", "OTHER", connections=THERE, device="box"), True),
        ("name", Ae("PACS", "PACS", connections=THERE), True),
        ("name", Ae("OTHER", "OTHER", connections=HERE), False),
    ],
)
def test_each_match_means_what_it_says(mode: str, match: str, said: Ae, means: bool) -> None:
    stored = make_ae("PACS", "10.0.0.5:104", device=models.Device.objects.create(name="Box"))
    document = Document("dicomcfg-json", devices=(BOX,), aes=(said,))
    kept = preview(document, match=match, mode=mode)
    row = kept.rows.get(kind="ae")
    assert row.stored_id == (stored.pk if means else None)
    assert (row.action == "left") is (means and mode == "new")
    apply(ACTOR, kept)
    assert models.AE.objects.count() == (1 if means else 2)
    stored.refresh_from_db()
    assert stored.ae_title == (said.ae_title if means and mode != "new" else "PACS")


def test_replacing_leaves_alone_what_the_file_has_no_place_for() -> None:
    pacs = make_ae("PACS", maximum_associations_in=2, description="old", tags=("old",))
    apply(ACTOR, previewed("AE Title,Host,Port,Description\nPACS,h,104,\n", mode="replace"))
    data = AeData.of(models.AE.objects.get(pk=pacs.pk))
    assert (data.description, data.tags, data.maximum_associations_in) == ("", ("old",), 2)


def test_what_is_new_gets_what_was_chosen() -> None:
    old = make_ae("OLD")
    profile = create_profile(ACTOR, ProfileData(name="P", proposed=ProposedSet(CONTEXTS)))
    options = {"device": "new:Rack", "tags": ["fresh"], "profile": profile.pk}
    run(only(Ae("OLD", "OLD"), Ae("NEW", "NEW")), **options, profile_role="SCP")
    new = AeData.of(models.AE.objects.get(ae_title="NEW"))
    assert (str(new.device), new.tags) == ("Rack", ("fresh",))
    assert capabilities_of(models.AE.objects.get(ae_title="NEW")) == [STORE]
    assert AeData.of(models.AE.objects.get(pk=old.pk)).device is None


def test_two_records_of_one_ae_that_disagree_conflict_and_others_are_written() -> None:
    first = Ae("A", "TWICE", connections=HERE, description="one")
    kept = preview(only(first, replace(first, key="B", description="two"), Ae("C", "C")))
    assert seen(kept) == {("ae", "TWICE", "conflict"), ("ae", "C", "new")}
    apply(ACTOR, kept)
    assert models.AE.objects.get().ae_title == "C"
    same = preview(only(first, replace(first, key="B")))
    assert sorted(same.rows.values_list("action", flat=True)) == ["left", "new"]


def test_capabilities_that_a_profile_governs_conflict() -> None:
    ae = make_ae("PACS")
    profile = create_profile(ACTOR, ProfileData(name="P", proposed=ProposedSet(CONTEXTS)))
    follow(ACTOR, ae, profile, ae.revision, "SCP")
    said = Ae("PACS", "PACS", transfer_capabilities=(VERIFY,))
    row = preview(only(said)).rows.get()
    assert row.action == "conflict"
    assert "ae-follows-profile" in {each["code"] for each in row.findings}
    # Whoever replaces all that the file knows also ends the following.
    run(only(said), mode="replace")
    assert capabilities_of(ae) == [VERIFY]


def test_devices_of_one_name_that_disagree_conflict() -> None:
    other = Device("second", "Box", manufacturer="Other")
    kept = preview(Document("dicomcfg-json", devices=(replace(BOX, manufacturer="Acme"), other)))
    assert sorted(kept.rows.values_list("action", flat=True)) == ["conflict", "new"]


def test_what_needs_an_excluded_row_is_left_out_with_it() -> None:
    kept = preview(EVERYTHING)
    device = kept.rows.get(kind="device")
    assert include(kept, [device.position], False) == 1
    left_out = {
        row.label
        for row in kept.rows.all()
        if "row-left-out-with-another" in {each["code"] for each in row.findings}
    }
    assert left_out == {"PACS", "CT1 → PACS", "PACS → PACS"}
    include(kept, [device.position], True)
    assert "row-left-out-with-another" not in json.dumps(list(kept.rows.values("findings")))
    include(kept, [device.position], False)
    apply(ACTOR, kept)
    assert [ae.ae_title for ae in models.AE.objects.all()] == ["CT1"]
    assert not models.Association.objects.exists()


def test_all_rows_that_a_filter_finds_are_excluded_at_once() -> None:
    kept = preview(only(Ae("A1", "A1"), Ae("A2", "A2"), Ae("B", "B")))
    assert include(kept, None, False, kind="ae", text="a") == 2
    assert set(ImportRow.objects.filter(is_included=False).values_list("label", flat=True)) == {
        "A1",
        "A2",
    }


@pytest.mark.parametrize("act", ["changed", "gone", "made"])
def test_what_changed_since_the_preview_is_shown_again_and_nothing_is_written(act: str) -> None:
    pacs = make_ae("PACS", description="old")
    kept = preview(only(replace(SAID, key="PACS"), Ae("NEW", "NEW")))
    if act == "changed":
        edit_ae(ACTOR, pacs, description="by another")
    elif act == "gone":
        pacs.delete()
    else:
        make_ae("NEW")
    with pytest.raises(ServiceError, match=r"changed since the preview: .*look at the preview"):
        apply(ACTOR, kept)
    assert kept.applied_at is None
    apply(ACTOR, Import.objects.get(pk=kept.pk))
    assert AeData.of(models.AE.objects.get(ae_title="PACS")).description == "new"
    assert models.AE.objects.count() == 2


def test_what_changed_beside_the_import_does_not_matter() -> None:
    pacs = make_ae("PACS", description="old")
    kept = preview(only(SAID))
    edit_ae(ACTOR, pacs, do_not_probe_reason="beside")
    apply(ACTOR, kept)
    data = AeData.of(models.AE.objects.get())
    assert (data.description, data.do_not_probe_reason) == ("new", "beside")
