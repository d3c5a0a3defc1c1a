"""OpenLDAP loads our LDIF under the Annex H classes, and gives back what we wrote."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.dcm4che.dcm4che_ldif import BASE
from dicomcfg.core.records import Document
from tests.parts.documents import FIXED, documents
from tests.parts.losses import compared, places, without
from tests.parts.programs import program

SCHEMA = Path(__file__).with_name("annex_h.schema")
SETTINGS = """\
include /etc/ldap/schema/core.schema
include {schema}
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "cn=DICOM Configuration,{base}"
directory {folder}
maxsize 100000000
"""

Server = Callable[[bytes], bytes]


class Refused(Exception):
    """What slapadd said."""


@pytest.fixture
def through_slapd(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Loads LDIF into an empty directory and gives back what slapcat writes. Raises Refused."""

    def load(data: bytes) -> bytes:
        folder = tmp_path_factory.mktemp("slapd")
        config, given_file = folder / "slapd.conf", folder / "given.ldif"
        config.write_text(SETTINGS.format(schema=SCHEMA, base=BASE, folder=folder))
        given_file.write_bytes(data)
        command = [program("slapadd"), "-f", str(config), "-l", str(given_file)]
        added = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if added.returncode:
            raise Refused(added.stderr)
        command = [program("slapcat"), "-f", str(config)]
        return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout

    return load


def _check(document: Document, through_slapd: Server) -> None:
    written = registry.write(document, "dcm4che-ldif")
    expected = without(document, written.findings)
    if not any((expected.devices, expected.aes)):
        return
    read = registry.read(through_slapd(written.data), format="dcm4che-ldif")
    assert not [f for f in read.findings if f.severity == "error"]
    before, after = compared(expected, read, places(written.findings))
    assert after == before


@pytest.mark.parametrize("document", FIXED.values(), ids=FIXED)
def test_a_document_goes_through_a_directory(document: Document, through_slapd: Server) -> None:
    _check(document, through_slapd)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(document=documents())
def test_any_document_goes_through_a_directory(document: Document, through_slapd: Server) -> None:
    _check(document, through_slapd)


HEAD = f"dn: cn=DICOM Configuration,{BASE}\nobjectClass: dicomConfigurationRoot\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"version: 1\n\n{HEAD}cn: DICOM Configuration\n", "ldif-version"),
        (
            f"{HEAD}cn: DICOM Configuration\n \ndn: cn=Devices,cn=DICOM Configuration,{BASE}\n"
            "objectClass: dicomDevicesRoot\ncn: Devices\n",
            "ldif-not-parted",
        ),
        (
            f"{HEAD}cn: DICOM Configuration\n\n{HEAD}cn: DICOM Configuration\n",
            "ldif-entry-repeated",
        ),
        (
            f"{HEAD}cn: DICOM Configuration\n\ndn: dicomDeviceName=x,cn=DICOM Configuration,{BASE}"
            "\nobjectClass: dicomDevice\ndicomDeviceName: x\ndicomInstalled: TRUE\n"
            "dicomManufacturer: A\ndicomManufacturer: B\n",
            "several-values",
        ),
    ],
    ids=["version", "not parted", "repeated", "several values"],
)
def test_slapadd_refuses_what_a_finding_says_it_does(
    text: str, code: str, through_slapd: Server
) -> None:
    codes = [f.code for f in registry.read(text.encode(), format="dcm4che-ldif").findings]
    assert code in codes
    with pytest.raises(Refused):
        through_slapd(text.encode())


def test_slapadd_takes_what_those_files_should_have_been(through_slapd: Server) -> None:
    text = (
        f"{HEAD}cn: DICOM Configuration\n\ndn: dicomDeviceName=x,cn=DICOM Configuration,{BASE}\n"
        "objectClass: dicomDevice\ndicomDeviceName: x\ndicomInstalled: TRUE\n"
    )
    found = registry.read(through_slapd(text.encode()), format="dcm4che-ldif")
    assert [device.name for device in found.devices] == ["x"]
