"""The Merge DICOM Toolkit's application file, with and without the service file beside it."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.bundle import Given, read_files
from dicomcfg.core.formats.products.merge_names import DEFAULT, SYNTAXES
from dicomcfg.core.records import ExtendedNegotiation, PresentationContext, Profile, RoleSelection
from dicomcfg.core.standard import uids
from tests.parts.reading import addresses, read_as, said

NAME = "merge-mergecom"
CT, FIND = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.1"
SERVICES = "[SERVICE_TABLE]\nA = 1\n[1]\nNAME = A\nUID = 1.2.840.10008.1.1\n"


def both(text: str, services: str = SERVICES):
    files = [Given("m.app", text.encode()), Given("m.srv", services.encode())]
    return read_files(files).document


def test_every_name_of_a_syntax_is_one():
    entries = [uids.lookup(uid) for uid in SYNTAXES.values()]
    assert all(entry.kind is uids.UidKind.TRANSFER_SYNTAX for entry in entries)


def test_the_files_are_detected_and_read_as_one(sample):
    files = [
        Given(f"merge-mergecom.{end}", sample(f"merge-mergecom.{end}")) for end in ("srv", "app")
    ]
    assert {registry.detect(given.data).name for given in files} == {NAME}
    document = read_files(files).document
    assert addresses(document) == ["ARCHIVE1 10.20.0.5:104"]
    assert document.profiles == (
        Profile(
            "Reading_Services",
            (
                PresentationContext(uids.VERIFICATION, DEFAULT),
                PresentationContext(CT, ("1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.1")),
                PresentationContext(FIND, DEFAULT),
            ),
            (RoleSelection(CT, scu=True, scp=True),),
            (ExtendedNegotiation(FIND, "0100"),),
        ),
    )
    assert said(document) == {"not-kept": [5]}
    assert [finding.file for finding in document.findings] == ["merge-mergecom.app"]


def test_without_the_service_file_the_lists_are_left_out(sample):
    document = registry.read(sample("merge-mergecom.app"))
    assert addresses(document) == ["ARCHIVE1 10.20.0.5:104"]
    assert document.profiles == ()
    assert said(document)["merge-services-unknown"] == [7]


def test_a_system_profile_names_private_syntaxes():
    text = "[L]\nSERVICES_SUPPORTED=1\nSERVICE_1=A\nSYNTAX_LIST_1=S\n"
    text += "[S]\nSYNTAXES_SUPPORTED=1\nSYNTAX_1=PRIVATE_SYNTAX_1\n"
    system = "[ASSOC_PARMS]\nPRIVATE_SYNTAX_1_SYNTAX = 1.2.3.4\nRLE_SYNTAX = <none>\n"
    files = [("m.app", text), ("m.srv", SERVICES), ("m.pro", system)]
    document = read_files([Given(name, each.encode()) for name, each in files]).document
    assert document.profiles[0].presentation_contexts[0].transfer_syntaxes == ("1.2.3.4",)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("[L]\nSERVICES_SUPPORTED=1\nSERVICE_1=A\nSERVICE_2=A\n", {"merge-count": [2]}),
        ("[L]\nSERVICES_SUPPORTED=2\nSERVICE_1=A\n", {"merge-count": [2]}),
        ("[L]\nSERVICES_SUPPORTED=2\nSERVICE_1=A\nSERVICE_3=A\n", {"merge-count": [2]}),
        ("[L]\nSERVICES_SUPPORTED=x\nSERVICE_1=A\n", {"merge-count": [2]}),
        ("[L]\nSERVICES_SUPPORTED=1\nSERVICE_1=B\n", {"merge-service-unknown": [3]}),
        (
            "[L]\nSERVICES_SUPPORTED=1\nSERVICE_1=A\nSYNTAX_LIST_1=S\n",
            {"merge-list-missing": [4]},
        ),
        ("[L]\nSERVICES_SUPPORTED=1\nSERVICE_1=A\nROLE_1=x\n", {"merge-role-unknown": [4]}),
        (
            "[L]\nSERVICES_SUPPORTED=1\nSERVICE_1=A\nEXT_NEG_INFO_1=1 x\n",
            {"merge-information-unknown": [4]},
        ),
        ("[A]\nHOST_NAME=h\nPORT_NUMBER=104\nSERVICE_LIST=L\n", {"merge-list-missing": [4]}),
        ("[A]\nHOST_NAME=h\nPORT_NUMBER=\n", {"port-invalid": [1]}),
        (f"[A]\nHOST_NAME={'h' * 20}\nPORT_NUMBER=104\n", {"merge-host-too-long": [2]}),
        (
            "[A]\nHOST_NAME=h\nPORT_NUMBER=104\n[A]\nHOST_NAME=h\nPORT_NUMBER=105\n",
            {"merge-section-repeated": [4]},
        ),
    ],
)
def test_what_is_said_of_an_application_file(text, places):
    assert said(both(text)) == places


def test_only_as_many_services_as_the_count_says_are_kept():
    document = both("[L]\nSERVICES_SUPPORTED=1\nSERVICE_1=A\nSERVICE_2=A\n")
    assert len(document.profiles[0].presentation_contexts) == 1


def test_a_service_file_alone_holds_nothing():
    assert said(read_as(NAME, SERVICES)) == {"merge-no-applications": [None]}
