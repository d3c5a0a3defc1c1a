"""The inventory as a Document: everything, in a stable order, in a constant number of queries."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core import records
from dicomcfg.core.formats import registry
from dicomcfg.core.formats.base import Format
from dicomcfg.core.formats.output import writable
from dicomcfg.exchange.export import Depth, Selection, document_of, weight_of
from dicomcfg.inventory.models import AE, Association, Device, Profile, Site
from dicomcfg.inventory.services.associations import create_association, set_negotiation
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.devices import DeviceData, create_device
from dicomcfg.inventory.services.following import follow
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.profiles import create_profile
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.inventory.services.sites import SiteData, create_site
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db

CONTEXT = records.PresentationContext(CT, (EXPLICIT, IMPLICIT))
ECHO = records.PresentationContext(VERIFICATION, (IMPLICIT,))
ROLE = records.RoleSelection(CT, True, True)
MORE = records.ExtendedNegotiation(CT, "0102")
# What only a reader sets.
OF_READING = {"Document.findings", "Document.knows"}


ABOUT = {
    "name": "Scanner",
    "manufacturer": "Maker",
    "model_name": "Model",
    "software_version": "1.0",
    "station_name": "ST1",
    "department": "Radiology",
    "location": "Room",
    "state": "planned",
    "description": "Old",
    "contact": "Call",
}
FULL = records.Document(
    "dicomcfg-json",
    devices=(records.Device(key="Scanner", **ABOUT),),
    aes=(
        records.Ae(
            key="CT1",
            ae_title="CT1",
            site="North",
            device="Scanner",
            description="Röntgen",
            state="retired",
            tags=("a", "b"),
            do_not_probe="fragile",
            association_initiator=False,
            connections=(records.Connection("10.0.0.9", 11112),),
            transfer_capabilities=(records.TransferCapability(CT, "SCU", (EXPLICIT, IMPLICIT)),),
            allowed_probes=("find", "store"),
            profile="CT",
            profile_role="SCU",
            maximum_associations_in=20,
            maximum_associations_out=3,
        ),
        records.Ae(
            key="PACS",
            ae_title="PACS",
            site="North",
            association_acceptor=False,
            connections=(records.Connection("10.0.0.1", 104),),
        ),
    ),
    associations=(
        records.Association(
            calling="CT1",
            called="PACS",
            name="images",
            description="by night",
            profile="CT",
            presentation_contexts=(CONTEXT,),
            role_selections=(ROLE,),
            extended_negotiations=(MORE,),
            associations_at_once=4,
        ),
    ),
    profiles=(records.Profile("CT", (CONTEXT,), (ROLE,), (MORE,), "For CT"),),
)


@pytest.fixture
def full() -> records.Document:
    """An inventory in which no field of any record is empty; the same as a Document."""
    north = create_site(SHELL, SiteData(name="North"))
    device = create_device(SHELL, DeviceData(**ABOUT))
    held = ProposedSet((CONTEXT,), (ROLE,), (MORE,))
    profile = create_profile(SHELL, ProfileData(name="CT", description="For CT", proposed=held))
    scanner = make_ae(
        "CT1",
        "10.0.0.9:11112",
        site=north,
        device=device,
        description="Röntgen",
        state="retired",
        tags=("b", "a"),
        do_not_probe=True,
        do_not_probe_reason="fragile",
        association_initiator=False,
        allows_find=True,
        allows_store=True,
        maximum_associations_in=20,
        maximum_associations_out=3,
    )
    follow(SHELL, scanner, profile, 1, role="SCU")
    pacs = make_ae("PACS", "10.0.0.1:104", site=north, association_acceptor=False)
    create_association(
        SHELL, scanner, pacs, "images", "by night", associations_at_once=4, profile=profile
    )
    return FULL


def _values(record: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(record):
        value = getattr(record, field.name)
        yield f"{type(record).__name__}.{field.name}", value
        for item in value if isinstance(value, tuple) else ():
            if is_dataclass(item):
                yield from _values(item)


def test_everything_that_the_inventory_knows_is_in_the_document(full: records.Document) -> None:
    assert document_of(Selection.everything()) == full


def test_no_field_of_a_record_is_forgotten(full: records.Document) -> None:
    """A field that somebody adds to a record fails here until the export fills it."""
    values = [*_values(document_of(Selection.everything()))]
    tls = ("Connection.tls", "default")
    filled = {name for name, value in [*values, tls] if value not in (None, "", ())}
    assert {name for name, _ in values} - filled == OF_READING


def test_the_document_can_be_read_back_as_it_is(full: records.Document) -> None:
    data = registry.write(document_of(Selection.everything()), "dicomcfg-json").data
    assert registry.read(data) == full


def test_a_lone_site_has_no_name_and_tls_has_one() -> None:
    make_ae("CT1", None)
    ae = make_ae("CT2")
    ae.connections.update(tls="inside")
    found = document_of(Selection.everything()).aes
    assert [(each.site, each.connections) for each in found] == [
        (None, ()),
        (None, (records.Connection("10.0.0.5", 104, "inside"),)),
    ]


def test_order_is_by_site_and_title_and_keys_tell_bearers_of_one_title_apart() -> None:
    south = create_site(SHELL, SiteData(name="A first one"))
    make_ae("ZZ")
    make_ae("CT1", "10.0.0.2:104")
    make_ae("CT1", "10.0.0.1:104", site=south)
    make_ae("CT1", "10.0.0.1:104")
    keys = [ae.key for ae in document_of(Selection.everything()).aes]
    assert keys == [
        "CT1 @ 10.0.0.1:104",
        "CT1 @ 10.0.0.2:104",
        "CT1 @ 10.0.0.1:104 #2",
        "ZZ",
    ]


def test_a_selection_brings_what_it_refers_to_and_no_more(full: records.Document) -> None:
    other = make_association("MR1", "ARCHIVE", [VERIFICATION, IMPLICIT])
    pair = Association.objects.exclude(pk=other.pk)
    assert document_of(Selection(associations=pair)) == full
    alone = document_of(Selection(aes=AE.objects.filter(ae_title="CT1")))
    assert (alone.aes, alone.associations) == (full.aes[:1], ())
    assert (alone.devices, alone.profiles) == (full.devices, full.profiles)
    assert document_of(Selection(profiles=Profile.objects.all())) == records.Document(
        "dicomcfg-json", profiles=full.profiles
    )
    device = document_of(Selection.of_devices(Device.objects.all()))
    assert (device.devices, device.aes) == (full.devices, full.aes[:1])
    assert document_of(Selection.of_site(Site.objects.get(name="North"))) == full
    assert document_of(Selection()) == records.Document("dicomcfg-json")


def test_the_table_s_own_query_will_do_as_a_selection() -> None:
    from dicomcfg.web.aes.filters import matching

    make_ae("CT1", tags=("a", "b"))
    make_ae("MR1")
    found = document_of(Selection(aes=matching("tag=a&sort=-host")))
    assert [ae.ae_title for ae in found.aes] == ["CT1"]


def _fill(number: int) -> None:
    device = create_device(SHELL, DeviceData(name=f"Device {number}"))
    held = ProposedSet((CONTEXT, ECHO), (ROLE,), (MORE,))
    profile = create_profile(SHELL, ProfileData(name=f"P{number}", proposed=held))
    ends = [
        make_ae(f"{side}{number}", f"10.0.{number}.1:104", device=device, tags=(f"t{number}",))
        for side in ("CT", "PACS")
    ]
    follow(SHELL, ends[0], profile, 1, role="SCP")
    pair = make_association(*ends, [CT, EXPLICIT])
    set_negotiation(SHELL, pair, [ROLE], [MORE], 1)
    echo = records.TransferCapability(VERIFICATION, "SCP", (IMPLICIT,))
    set_capabilities(SHELL, ends[1], [echo], 1)


def test_the_number_of_queries_does_not_grow() -> None:
    counts = []
    for size in (1, 5):
        for number in range(size):
            _fill(10 * size + number)
        with CaptureQueriesContext(connection) as queries:
            document = document_of(Selection.everything())
        assert len(document.associations) == len(document.profiles)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 17


@pytest.mark.parametrize("chosen", writable(), ids=lambda each: each.name)
def test_a_format_is_written_the_same_from_no_more_than_it_needs(chosen: Format) -> None:
    for number in range(3):
        _fill(number)
    everything = Selection.everything()
    whole, needed = document_of(everything), document_of(everything, Depth.for_format(chosen))
    assert registry.write(needed, chosen.name) == registry.write(whole, chosen.name)
    assert weight_of(everything, Depth(False, False)) == 0
    assert weight_of(everything) == sum(
        [len(ae.transfer_capabilities) for ae in whole.aes]
        + [len(each.presentation_contexts) for each in (*whole.associations, *whole.profiles)]
    )
    assert weight_of(Selection(associations=Association.objects.all())) == 3 * (2 + 1 + 1)


def test_what_a_format_has_no_place_for_is_not_read_in_full() -> None:
    _fill(1)
    found = document_of(Selection.everything(), Depth(False, False))
    assert [len(ae.transfer_capabilities) for ae in found.aes] == [1, 1]
    assert [len(each.presentation_contexts) for each in found.profiles] == [1]
