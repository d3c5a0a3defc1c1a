"""The supplement holds what the registry in pydicom lacks, and nothing else."""

import re
import subprocess
import sys

import pytest

from dicomcfg.core.standard import dictionary as elements
from dicomcfg.core.standard import uids
from dicomcfg.core.standard.tables import ours, pydicoms

UIDS = ours("supplement")["uids"]
ELEMENTS = ours("supplement")["elements"]
KEYWORD = re.compile(r"[A-Z][A-Za-z0-9]*")


@pytest.mark.parametrize("each", UIDS, ids=lambda each: each["uid"])
def test_a_uid_is_well_formed_and_lacks_in_pydicom(each):
    assert each.keys() == {"uid", "name", "keyword", "type"}
    assert uids.is_valid_uid(each["uid"])
    assert each["uid"].startswith("1.2.840.10008.")
    assert KEYWORD.fullmatch(each["keyword"])
    assert re.sub(r"[^a-z0-9]", "", each["name"].casefold()) == each["keyword"].casefold()
    kind = uids.UidKind(each["type"])
    assert kind is not uids.UidKind.OTHER
    assert each["uid"] not in pydicoms("_uid_dict").UID_dictionary, "pydicom has it now: delete it"
    entry = uids.lookup(each["uid"])
    assert entry is not None
    assert (entry.name, entry.kind, entry.usable) == (each["name"], kind, True)


@pytest.mark.parametrize("each", ELEMENTS, ids=lambda each: each["path"])
def test_an_element_is_well_formed_and_lacks_in_pydicom(each):
    assert each.keys() == {"path", "name", "keyword", "vr", "vm"}
    assert re.fullmatch(r"[0-9A-F]{8}", each["path"])
    assert KEYWORD.fullmatch(each["keyword"])
    assert re.sub(r"[^a-z0-9]", "", each["name"].casefold()) == each["keyword"].casefold()
    assert each["vr"] in {entry.vr for entry in elements.dictionary().values()}
    assert re.fullmatch(r"[1-9]\d*(-([1-9]\d*|\d*n))?", each["vm"])
    table = pydicoms("_dicom_dict").DicomDictionary
    assert int(each["path"], 16) not in table, "pydicom has it now: delete it"
    assert elements.lookup(each["keyword"]) is elements.dictionary()[each["path"]]


def test_what_stands_twice():
    for values in (
        [each["uid"] for each in UIDS],
        [each["keyword"] for each in UIDS],
        [each["path"] for each in ELEMENTS],
        [each["keyword"] for each in ELEMENTS],
    ):
        assert len(values) == len(set(values))


def test_what_pynetdicom_adds_is_covered():
    program = (
        "import pynetdicom.sop_class as s; "
        "print(*{str(v) for v in vars(s).values() if isinstance(v, str) and v[:4] == '1.2.'})"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    found = run.stdout.decode().split()
    assert len(found) > 150
    assert [uid for uid in found if uids.lookup(uid) is None] == []
