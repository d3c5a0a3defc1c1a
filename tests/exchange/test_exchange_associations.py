"""InterSystems' ImportAssociation file: the vendor's sample, the pair, overwrite yes or no."""

from __future__ import annotations

import pytest

from dicomcfg.core.records import PresentationContext
from dicomcfg.exchange.associations import apply_association, preview_association
from dicomcfg.exchange.imports import keep_import
from dicomcfg.exchange.models import Import
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association, ChangeSet, Site
from dicomcfg.inventory.services import aes, associations
from dicomcfg.inventory.services.actor import Actor
from dicomcfg.inventory.services.errors import ServiceError
from dicomcfg.inventory.services.following import follow
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.undo import undo

pytestmark = pytest.mark.django_db
ACTOR = Actor(None, "anna")
WORKLIST = "1.2.840.10008.5.1.4.31"
SAMPLE = f"""1.2.840.10008.1.1
{WORKLIST}\\1.2.840.10008.1.2
{WORKLIST}\\1.2.840.10008.1.2.1
{WORKLIST}\\1.2.840.10008.1.2.2
"""
CONTEXTS = [
    PresentationContext("1.2.840.10008.1.1", ("1.2.840.10008.1.2",)),
    PresentationContext(
        WORKLIST, ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
    ),
]


def keep(text: str = SAMPLE) -> Import:
    return keep_import(None, text.encode(), "MyAssociations.txt", "intersystems")


def make(title: str) -> AE:
    return aes.create_ae(ACTOR, aes.AeData(site=Site.objects.get(), ae_title=title))


def test_the_vendors_sample_becomes_two_contexts_and_new_aes() -> None:
    kept = keep()
    association = apply_association(ACTOR, kept, "new:ENS-SCU", "new:MWL-SCP")
    assert str(association) == "ENS-SCU → MWL-SCP"
    assert selectors.contexts_of(association) == CONTEXTS
    assert association.calling.association_initiator
    assert not association.calling.association_acceptor
    assert association.called.association_acceptor
    change_set = ChangeSet.objects.get()
    assert kept.change_set == change_set
    assert change_set.summary == "Imported MyAssociations.txt: association ENS-SCU → MWL-SCP"
    undo(ACTOR, change_set)
    assert not AE.objects.exists()
    assert not Association.objects.exists()


def test_the_preview_shows_every_line_with_both_names() -> None:
    shown = preview_association(keep("# mine\n" + SAMPLE), "new:ENS-SCU", "new:MWL-SCP")
    assert [line.number for line in shown.lines] == [1, 2, 3, 4, 5]
    assert shown.lines[1].implied
    worklist = shown.lines[3]
    assert worklist.abstract_syntax is not None
    assert worklist.abstract_syntax.name.startswith("Modality Worklist")
    assert worklist.transfer_syntaxes[0].name == "Explicit VR Little Endian"
    assert list(shown.contexts) == CONTEXTS
    assert shown.existing is None
    assert not shown.blocked
    assert not AE.objects.exists()


def test_an_existing_pair_needs_overwrite_and_keeps_its_name() -> None:
    calling, called = make("CT"), make("PACS")
    old = associations.create_association(ACTOR, calling, called, "Mine", "kept", CONTEXTS[:1])
    choice = str(calling.pk), str(called.pk)
    shown = preview_association(keep(), *choice)
    assert (shown.existing, shown.blocked) == (old, True)
    assert [f.code for f in shown.all_findings if f.path == "overwrite"] == ["association-exists"]
    with pytest.raises(ServiceError, match="exists already"):
        apply_association(ACTOR, keep(), *choice)
    assert selectors.contexts_of(old) == CONTEXTS[:1]
    written = apply_association(ACTOR, keep(), *choice, overwrite=True)
    assert (written, written.name, written.description) == (old, "Mine", "kept")
    assert selectors.contexts_of(old) == CONTEXTS


def test_the_preview_says_that_a_follower_of_a_profile_is_not_overwritten() -> None:
    row = associations.create_association(ACTOR, make("CT"), make("PACS"))
    profile = create_profile(ACTOR, ProfileData(name="Basic"))
    follow(ACTOR, row, profile, row.revision)
    ends = str(row.calling_id), str(row.called_id)
    preview = preview_association(keep(), *ends, overwrite=True)
    assert preview.blocked
    (finding,) = (f for f in preview.all_findings if f.code == "association-follows-profile")
    assert "follows Profile Basic" in finding.message
    with pytest.raises(ServiceError, match="follows Profile Basic"):
        apply_association(ACTOR, keep(), *ends, overwrite=True)


def test_overwriting_with_the_same_is_no_act() -> None:
    calling, called = make("CT"), make("PACS")
    associations.create_association(ACTOR, calling, called, contexts=CONTEXTS)
    count = ChangeSet.objects.count()
    kept = keep()
    apply_association(ACTOR, kept, str(calling.pk), str(called.pk), overwrite=True)
    assert ChangeSet.objects.count() == count
    assert kept.applied_at is not None


@pytest.mark.parametrize(
    ("calling", "called", "code"),
    [
        ("", "new:B", "ae-not-chosen"),
        ("new:A", "", "ae-not-chosen"),
        ("999999", "new:B", "ae-not-chosen"),
        ("x", "new:B", "ae-not-chosen"),
        ("new:A", "new:", "ae-title-empty"),
        ("new:SEVENTEEN_LETTERS", "new:B", "ae-title-too-long"),
    ],
)
def test_both_ends_must_be_chosen(calling: str, called: str, code: str) -> None:
    kept = keep()
    shown = preview_association(kept, calling, called)
    assert code in {finding.code for finding in shown.all_findings}
    with pytest.raises(ServiceError):
        apply_association(ACTOR, kept, calling, called)
    assert not AE.objects.exists()
    assert kept.applied_at is None


def test_a_broken_line_blocks_with_its_number() -> None:
    with pytest.raises(ServiceError) as error:
        apply_association(ACTOR, keep(SAMPLE + "1.2.840.\n"), "new:A", "new:B")
    (message,) = error.value.messages["__all__"]
    assert message.startswith("Line 5: The abstract syntax '1.2.840.' has an empty component.")
    assert not AE.objects.exists()


def test_an_ae_may_be_associated_with_itself() -> None:
    association = apply_association(ACTOR, keep(), "new:LOOP", "new:LOOP")
    assert association.calling == association.called
    assert AE.objects.count() == 1
