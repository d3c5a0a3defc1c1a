"""The INI file of qrscp, compared with what Python's configparser and qrscp make of it."""

import configparser
from pathlib import Path

import pynetdicom
import pytest
from pynetdicom.utils import set_ae

from dicomcfg.core.formats import registry
from dicomcfg.core.records import Ae, Connection, Document
from tests.parts.reading import addresses, read_as, said

NAME = "pynetdicom-ini"
SERVER = registry.write(Document("x"), NAME).text


def as_qrscp(text: str) -> list[str]:
    """What qrscp's start makes of a file. Raises what would stop it."""
    config = configparser.ConfigParser()
    config.read_string(text)
    for key in ("ae_title", "port", "max_pdu", "acse_timeout", "dimse_timeout"):
        assert config["DEFAULT"][key]
    return [
        f"{set_ae(name, 'ae_title', False, False)} "
        f"{config[name]['address']}:{config[name].getint('port')}"
        for name in config.sections()
    ]


def test_it_is_detected_and_read(sample):
    data = sample("pynetdicom-ini.ini")
    assert registry.detect(data).name == NAME
    document = registry.read(data)
    assert addresses(document) == ["TESTARCHIVE", *as_qrscp(data.decode())]
    assert said(document) == {"qrscp-own-address": [3], "qrscp-inherited": [17]}
    inherited = next(f for f in document.findings if f.code == "qrscp-inherited")
    assert "11190" in inherited.message


def test_the_file_that_qrscp_ships_with():
    shipped = Path(pynetdicom.__file__).parent / "apps/qrscp/default.ini"
    text = shipped.read_text("utf-8")
    assert registry.detect(text.encode()).name == NAME
    assert addresses(read_as(NAME, text)) == ["QRSCP", *as_qrscp(text)]


@pytest.mark.parametrize(
    ("section", "found"),
    [
        ("[A]\naddress = a.example\nport = 104\n", "A a.example:104"),
        ("[A]\nAddress: a.example\nPORT=104\n", "A a.example:104"),
        ("[A]\naddress = a.example\n", "A a.example:11112"),
        ("[A]\naddress = %(host)s\nhost = a.example\nport = 104\n", "A a.example:104"),
        ("[A]\naddress = fe80::1\nport = 104\n", "A fe80::1:104"),
        ("[default]\naddress = a.example\nport = 104\n", "default a.example:104"),
        ("[MR 2]\naddress = a.example\nport = 104\n", "MR 2 a.example:104"),
    ],
)
def test_destinations_are_what_qrscp_finds(section, found):
    assert as_qrscp(SERVER + section) == [found]
    assert addresses(read_as(NAME, SERVER + section)) == ["QRSCP", found]


@pytest.mark.parametrize(
    ("section", "code", "severity"),
    [
        ("[A]\naddress = a.example\nport = 104 # x\n", "ini-inline-comment", "warning"),
        ("[A]\naddress = a.example\nport = 104 ; x\n", "ini-inline-comment", "warning"),
        ("[A]\nport = 104\n", "qrscp-setting-missing", "error"),
        ("[A]\naddress = a%b\nport = 104\n", "ini-percent", "error"),
        ("[A]\naddress = a\n[A]\naddress = b\n", "ini-refused", "error"),
        ("[A]\naddress = a\nAddress = b\n", "ini-refused", "error"),
        ("nothing\n", "ini-refused", "error"),
    ],
)
def test_what_stops_qrscp(section, code, severity):
    with pytest.raises((configparser.Error, ValueError, KeyError)):
        as_qrscp(SERVER + section)
    document = read_as(NAME, SERVER + section)
    assert [f.severity for f in document.findings if f.code == code] == [severity]


def test_a_deeper_line_continues_the_one_above():
    section = "[A]\n  address = a.example\n    port = 104\n"
    assert as_qrscp(SERVER + section) == ["A a.example\nport = 104:11112"]
    found = said(read_as(NAME, SERVER + section))
    assert "ini-continued" in found
    assert "qrscp-inherited" in found


def test_the_server_has_an_address_where_it_binds_to_one():
    text = SERVER.replace("bind_address =", "bind_address = 10.0.0.1")
    assert addresses(read_as(NAME, text)) == ["QRSCP 10.0.0.1:11112"]
    text = SERVER.replace("bind_address =", "bind_address = 0.0.0.0")
    assert addresses(read_as(NAME, text)) == ["QRSCP"]


def test_what_is_missing_in_default_is_named():
    document = read_as(NAME, "[DEFAULT]\nae_title = A\nport = 104\n")
    assert said(document)["qrscp-setting-missing"] == [1]


def test_qrscp_finds_what_is_written():
    place = (Connection("10.0.0.1", 104),)
    aes = (
        Ae("A @ 10.0.0.1:104", "A", connections=place),
        Ae("A @ 10.0.0.2:104", "A", connections=(Connection("10.0.0.2", 104),)),
        Ae("DEFAULT", "DEFAULT", connections=place),
    )
    written = registry.write(Document("x", aes=aes), NAME)
    assert as_qrscp(written.text) == ["A 10.0.0.1:104"]
    lost = [finding.path for finding in written.findings]
    assert lost == ["aes.added", "aes[A @ 10.0.0.2:104]", "aes[DEFAULT]"]
