"""The UID registry: its figures, its independence of import order, look-up and type-ahead."""

import subprocess
import sys

import pytest

from dicomcfg.core.standard import uids
from dicomcfg.core.standard.uids import UidKind

CT = "1.2.840.10008.5.1.4.1.1.2"
MWL = "1.2.840.10008.5.1.4.31"


def _of(kind):
    return [entry for entry in uids.registry().values() if entry.kind is kind]


@pytest.mark.parametrize(
    ("kind", "count", "retired"),
    [
        (UidKind.SOP_CLASS, 311, 47),
        (UidKind.META_SOP_CLASS, 9, 7),
        (UidKind.TRANSFER_SYNTAX, 63, 18),
        (UidKind.APPLICATION_CONTEXT, 1, 0),
    ],
)
def test_figures_of_the_registry(kind, count, retired):
    entries = _of(kind)
    assert len(entries) == count
    assert sum(entry.retired for entry in entries) == retired


def test_mime_xml_and_smpte_cannot_stand_in_an_association():
    unusable = [entry.name for entry in _of(UidKind.TRANSFER_SYNTAX) if not entry.usable]
    assert len(unusable) == 5
    assert all(name.startswith(("RFC 2557", "XML", "SMPTE")) for name in unusable)


DUMP = (
    "from dicomcfg.core.standard.uids import registry; print(sorted(map(str, registry().values())))"
)


def test_registry_does_not_depend_on_the_order_of_imports():
    programs = [
        f"import pynetdicom; {DUMP}",
        f"{DUMP}; import pynetdicom",
        f"import pydicom; {DUMP}",
        f"import pydicom._uid_dict as d; d.UID_dictionary.clear(); {DUMP}",
    ]
    outputs = {
        subprocess.run([sys.executable, "-c", p], check=True, capture_output=True).stdout
        for p in programs
    }
    assert len(outputs) == 1


def test_names_cost_no_import_of_pydicom():
    program = (
        "import sys; from dicomcfg.core.standard.uids import name_of; "
        "name_of('1.2.840.10008.1.1'); print('pydicom' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert run.stdout.strip() == b"False"


def test_names():
    assert uids.name_of(CT) == "CT Image Storage"
    assert uids.name_of("1.2.3.4") == "1.2.3.4"
    assert uids.registry()["1.2.840.10008.1.2"].short_name == "Implicit LE"
    assert uids.registry()["1.2.840.10008.1.2.4.90"].short_name == "JPEG 2000 lossless"
    assert uids.lookup("1.2.3.4") is None


def test_every_entry_has_a_name():
    assert all(entry.name and entry.short_name for entry in uids.registry().values())


def test_short_names_of_usable_transfer_syntaxes_are_unique():
    names = [e.short_name for e in _of(UidKind.TRANSFER_SYNTAX)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("uid", "service"),
    [
        (uids.VERIFICATION, "Verification"),
        (CT, "Storage"),
        (MWL, "Worklist"),
        ("1.2.840.10008.5.1.4.1.2.2.1", "Query/Retrieve"),
        ("1.2.840.10008.5.1.1.9", "Print"),
        ("1.2.840.10008.1.20.1", "Storage commitment"),
        ("1.2.840.10008.3.1.2.3.3", "Performed procedure step"),
        ("1.2.840.10008.5.1.4.37.1", "Relevant patient information"),
        ("1.2.840.10008.1.2", ""),
    ],
)
def test_services(uid, service):
    entry = uids.lookup(uid)
    assert entry is not None
    assert entry.service == service


def test_every_sop_class_has_a_service():
    assert not [e.name for e in _of(UidKind.SOP_CLASS) if e.service in ("", "Other")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1.2.840.10008.1.1", None),
        ("0.0", None),
        ("1." + "2" * 62, None),
        ("1." + "2" * 63, "65 characters"),
        ("", "empty"),
        ("1", "single"),
        ("1..2", "empty component"),
        (".1.2", "empty component"),
        ("1.2.", "empty component"),
        ("1.02", "leading zero"),
        ("1.2a", "other than digits"),
        ("1.2 ", "other than digits"),
        ("1.2\n", "other than digits"),
        ("1.\u0662", "other than digits"),
    ],
)
def test_well_formed_uids(text, problem):
    found = uids.uid_problem(text)
    assert uids.is_valid_uid(text) is (problem is None)
    assert found is None if problem is None else problem in str(found)


@pytest.mark.parametrize(
    ("text", "kinds", "uid"),
    [
        (CT, uids.ANY_KIND, CT),
        (" CTImageStorage ", uids.ANY_KIND, CT),
        ("ct image storage", uids.ABSTRACT_SYNTAX, CT),
        ("Verification", uids.ABSTRACT_SYNTAX, uids.VERIFICATION),
        ("VERIFICATION SOP CLASS", uids.ABSTRACT_SYNTAX, uids.VERIFICATION),
        ("JPEG2000", uids.TRANSFER_SYNTAX, "1.2.840.10008.1.2.4.91"),
        ("Implicit LE", uids.TRANSFER_SYNTAX, uids.IMPLICIT_VR_LITTLE_ENDIAN),
        ("1.2.3.4", uids.ABSTRACT_SYNTAX, "1.2.3.4"),
        (CT, uids.TRANSFER_SYNTAX, None),
        ("CT Image Storage", uids.TRANSFER_SYNTAX, None),
        ("CT Image", uids.ANY_KIND, None),
        ("", uids.ANY_KIND, None),
    ],
)
def test_resolve(text, kinds, uid):
    assert uids.resolve(text, kinds) == uid


@pytest.mark.parametrize(
    ("text", "kinds", "first"),
    [
        ("ct", uids.ABSTRACT_SYNTAX, "CT Image Storage"),
        ("image ct", uids.ABSTRACT_SYNTAX, "CT Image Storage"),
        ("mwl", uids.ABSTRACT_SYNTAX, "Modality Worklist Information Model - FIND"),
        ("c-echo", uids.ANY_KIND, "Verification SOP Class"),
        ("implicit", uids.TRANSFER_SYNTAX, "Implicit VR Little Endian"),
        ("1.2.840.10008.1.2", uids.ANY_KIND, "Implicit VR Little Endian"),
        ("JPEG2000", uids.ANY_KIND, "JPEG 2000 Image Compression"),
        ("explicitvrbigendian", uids.ANY_KIND, "Explicit VR Big Endian"),
    ],
)
def test_type_ahead_puts_the_meant_one_first(text, kinds, first):
    assert uids.search(text, kinds)[0].name == first


def test_type_ahead_puts_retired_ones_last_and_keeps_its_bound():
    found = uids.search("jpeg", uids.TRANSFER_SYNTAX, 100)
    flags = [entry.retired for entry in found]
    assert flags == sorted(flags)
    assert True in flags
    assert len(uids.search("", limit=7)) == 7
    assert uids.search("no such thing") == []
