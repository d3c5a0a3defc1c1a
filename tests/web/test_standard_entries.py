"""An entry of the standard: its facts, its codes, and where this inventory uses it."""

from __future__ import annotations

import re

import pytest
from pytest_django import DjangoAssertNumQueries

from dicomcfg.core.records import TransferCapability as Capability
from dicomcfg.inventory.models import (
    AE,
    PrivateUid,
    Profile,
    ProfileContext,
    SyntaxList,
    TransferCapability,
)
from dicomcfg.inventory.services.devices import DeviceData, create_device
from dicomcfg.inventory.standard_use import (
    MANY,
    SHOWN,
    uses_of_abstract_syntax,
    uses_of_transfer_syntax,
)
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_ae, make_association

pytestmark = pytest.mark.django_db

ABSTRACT = "/standard/abstract-syntaxes/"
TRANSFER = "/standard/transfer-syntaxes/"
ELEMENTS = "/standard/dictionary/"
PRIVATE = "1.3.6.1.4.1.5962.9"


def _able(ae: AE, *capabilities: Capability) -> None:
    """Give an AE capabilities as rows, without history."""
    lists = SyntaxList.intern(each.transfer_syntaxes for each in capabilities)
    TransferCapability.objects.bulk_create(
        TransferCapability(
            ae=ae,
            position=position,
            sop_class=each.sop_class,
            role=each.role,
            syntax_list=lists[tuple(each.transfer_syntaxes)],
        )
        for position, each in enumerate(capabilities)
    )


def test_a_sop_class_with_all_that_uses_it(viewer: Person) -> None:
    association = make_association("CT1", "PACS", [CT, IMPLICIT], [CT, EXPLICIT])
    _able(association.called, Capability(CT, "SCP", (IMPLICIT,)))
    _able(association.calling, Capability(CT, "SCU", (EXPLICIT,)))
    profile = Profile.objects.create(name="Default")
    (listed,) = SyntaxList.intern([(IMPLICIT,)]).values()
    ProfileContext.objects.create(
        profile=profile, position=0, abstract_syntax=CT, syntax_list=listed
    )
    uses = {use.kind: use for use in uses_of_abstract_syntax(CT)}
    assert {kind: (use.count, use.holders) for kind, use in uses.items()} == {
        "association": (2, 1),
        "profile": (1, 1),
        "SCP": (1, 1),
        "SCU": (1, 1),
    }
    assert uses["association"].shown == (association,)
    assert uses["SCP"].shown == (association.called,)
    assert uses["profile"].shown == (profile,)


def test_a_transfer_syntax_is_used_through_lists(viewer: Person) -> None:
    association = make_association(
        "CT1", "PACS", [CT, IMPLICIT, EXPLICIT], [VERIFICATION, IMPLICIT]
    )
    _able(association.called, Capability(CT, "SCP", (EXPLICIT,)))
    counts = {use.kind: use.count for use in uses_of_transfer_syntax(EXPLICIT)}
    assert counts == {"association": 1, "profile": 0, "SCP": 1, "SCU": 0}
    text = viewer.get(f"{TRANSFER}{EXPLICIT}/").text
    assert "Explicit VR Little Endian" in text
    assert "1 presentation context of 1 association" in text
    assert association.get_absolute_url() in text
    assert association.called.get_absolute_url() in text


def test_questions_of_use_are_bounded(
    viewer: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    site = make_ae("FIRST").site
    many = AE.objects.bulk_create(AE(ae_title=f"AE{n}", site=site) for n in range(MANY + 5))
    (listed,) = SyntaxList.intern([(IMPLICIT,)]).values()
    TransferCapability.objects.bulk_create(
        TransferCapability(ae=ae, position=0, sop_class=CT, role="SCP", syntax_list=listed)
        for ae in many
    )
    with django_assert_num_queries(5):
        use = uses_of_abstract_syntax(CT)[2]
    assert (use.count, use.more, len(use.shown)) == (MANY, True, SHOWN)
    with django_assert_num_queries(6):
        assert uses_of_transfer_syntax(IMPLICIT)[2] == use
    text = viewer.get(f"{ABSTRACT}{CT}/").text
    assert "More than 1,000 transfer capabilities" in text
    assert "and more" in text
    assert f"/accepts/?sop_class={CT}&amp;role=SCP" in text


def test_an_entry_that_nothing_uses_says_so(viewer: Person) -> None:
    text = viewer.get(f"{ABSTRACT}{CT}/").text
    for words in ("CT Image Storage", "CTImageStorage", "Storage", "No association proposes it"):
        assert words in text


def test_a_private_uid_has_a_page_by_its_name(viewer: Person) -> None:
    assert viewer.get(f"{ABSTRACT}{PRIVATE}/").status_code == 404
    PrivateUid.objects.create(
        uid=PRIVATE, name="Odd Storage", kind="SOP Class", description="From the old PACS"
    )
    text = viewer.get(f"{ABSTRACT}{PRIVATE}/").text
    assert "Odd Storage" in text
    assert "From the old PACS" in text


def test_an_unknown_uid_has_a_page_where_something_uses_it(viewer: Person) -> None:
    association = make_association("CT1", "PACS", [PRIVATE, f"{PRIVATE}.1"])
    for table, uid in ((ABSTRACT, PRIVATE), (TRANSFER, f"{PRIVATE}.1")):
        text = viewer.get(f"{table}{uid}/").text
        assert "has a name for this UID" in text
        assert association.get_absolute_url() in text
        assert viewer.get(f"{table}{uid}.5/").status_code == 404


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (f"{ABSTRACT}{IMPLICIT}/", f"{TRANSFER}{IMPLICIT}/"),
        (f"{TRANSFER}{CT}/", f"{ABSTRACT}{CT}/"),
        (f"{ELEMENTS}0008,0060/", f"{ELEMENTS}00080060/"),
        (f"{ELEMENTS}Modality/", f"{ELEMENTS}00080060/"),
        (f"{ELEMENTS}7fe00010/", f"{ELEMENTS}7FE00010/"),
        (f"{ELEMENTS}60020040/", f"{ELEMENTS}60xx0040/"),
    ],
)
def test_other_spellings_lead_to_the_one_address(viewer: Person, address: str, place: str) -> None:
    answer = viewer.get(address)
    assert (answer.status_code, answer["Location"]) == (302, place)
    assert viewer.get(place).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        f"{ABSTRACT}1.2.840.10008.3.1.1.1/",
        f"{ABSTRACT}nonsense/",
        f"{TRANSFER}{'9' * 3000}/",
        f"{ELEMENTS}00090010/",
        f"{ELEMENTS}%3Cscript%3E/",
        f"{ELEMENTS}00100010/codes/",
        f"{ELEMENTS}nonsense/codes/",
    ],
)
def test_what_is_no_entry_is_not_found(viewer: Person, address: str) -> None:
    assert viewer.get(address).status_code == 404


def test_an_element_with_its_codes_and_the_fields_that_hold_it(viewer: Person) -> None:
    text = viewer.get(f"{ELEMENTS}00080060/").text
    for words in ("(0008,0060)", "CS, Code String", "Digital microscopy", "PS3.3 C.7.3.1.1.1"):
        assert words in text
    assert "No field of this inventory" in text
    create_device(SHELL, DeviceData(name="CT", station_name="CT-STATION"))
    create_device(SHELL, DeviceData(name="MR"))
    text = viewer.get(f"{ELEMENTS}00081010/").text
    assert "Station name of devices" in text
    assert '<td data-label="Filled" class="r mono">1</td>' in text


@pytest.mark.parametrize("path", ["00000002", "00000600", "00000900", "00020010", "00080016"])
def test_elements_of_commands_and_files_have_their_fields(viewer: Person, path: str) -> None:
    make_association("CT1", "PACS", [CT, IMPLICIT])
    text = viewer.get(f"{ELEMENTS}{path}/").text
    assert "Held by" in text


def test_codes_are_a_page_and_for_htmx_a_dialogs_content(viewer: Person) -> None:
    address = f"{ELEMENTS}00280004/codes/"
    page = viewer.get(f"{address}?q=jpeg+transformation").text
    assert re.findall(r'<tr><td data-label="Value" class="mono">(\w+)<', page) == [
        "YBR_ICT",
        "YBR_RCT",
    ]
    assert '<tr hidden><td data-label="Value" class="mono">MONOCHROME1<' in page
    part = viewer.get(address, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "MONOCHROME1" in part
    assert '<tr><td data-label="Value"' not in viewer.get(f"{address}?q=nothing-like-it").text


def test_what_is_said_of_a_table_of_codes_finds_its_rows(viewer: Person) -> None:
    page = viewer.get(f"{ELEMENTS}00000900/codes/?q=c-store").text
    shown = re.findall(r'<tr><td data-label="Value" class="mono">([0-9A-Fx-]+)<', page)
    assert shown[:2] == ["0xA700-0xA7FF", "0xA900-0xA9FF"]
    assert len(shown) == 6


def test_names_of_uids_lead_to_their_pages(viewer: Person) -> None:
    association = make_association("CT1", "PACS", [CT, IMPLICIT], [PRIVATE, IMPLICIT])
    text = viewer.get(f"{association.get_absolute_url()}contexts/").text
    assert f'<a href="{ABSTRACT}{CT}/">CT Image Storage</a>' in text
    assert f'<a href="{TRANSFER}{IMPLICIT}/">Implicit VR Little Endian</a>' in text
    assert f"{PRIVATE} <small>not registered</small>" in text
