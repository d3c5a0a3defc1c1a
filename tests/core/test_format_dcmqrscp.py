"""dcmqrscp.cfg: peers, own titles, permissions, and what dcmqrscp makes of odd lines."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.dcmtk.dcmqrscp import REFUSED
from dicomcfg.core.formats.dcmtk.dcmqrscp_lines import after_mnemonic, values_of
from dicomcfg.core.records import Ae, Association, Connection, Device, Document

PLAIN = """\
NetworkTCPPort = 104
HostTable BEGIN
acme1 = (CT1, ct1, 5678)
acme2 = (CT2, ct2, 5678)
all = acme1, acme2
HostTable END
VendorTable BEGIN
"Acme" = all
VendorTable END
AETable BEGIN
STORE /db RW (9, 1024mb) all
AETable END
"""
# What is changed in it, the code of the finding, its line, whether dcmqrscp starts with it.
CHANGES = {
    "no blank": ("Port =", "Port=", "dcmqrscp-setting-unknown", 1, False),
    "unknown setting": ("NetworkTCPPort", "networktcpport", "dcmqrscp-setting-unknown", 1, False),
    "indented comment": ("NetworkTCP", " # x\nNetworkTCP", "dcmqrscp-setting-unknown", 1, False),
    "port": ("= 104", "= abc", "port-invalid", 1, True),
    "indented entry": ("acme2 =", "  acme2 =", "dcmqrscp-line-indented", 4, False),
    "blanks only": ("HostTable END", "  \nHostTable END", "dcmqrscp-line-indented", 6, False),
    "comment in a table": ("HostTable E", " #x\nHostTable E", "dcmqrscp-line-indented", 6, False),
    "comment behind": ("\nacme2", " # x\nacme2", "dcmqrscp-inline-comment", 3, False),
    "no end": ("VendorTable END\n", "", "dcmqrscp-table-unfinished", 7, False),
    "lower-case": ("HostTable BEGIN", "HostTable begin", "dcmqrscp-table-unfinished", 2, False),
    "forward": ("acme1 = (CT1, ct1, 5678)", "acme1 = acme2", "dcmqrscp-symbol-undefined", 3, False),
    "cycle": ("all = acme1, acme2", "all = all", "dcmqrscp-symbol-undefined", 5, False),
    "no peer": ("acme1 = (CT1, ct1, 5678)", "acme1 =", "dcmqrscp-entry-incomplete", 3, False),
    "quota": ("(9,", "(0,", "dcmqrscp-quota-invalid", 11, False),
    "blank in a title": ("(CT1,", "(CT 1,", "dcmqrscp-peer-malformed", 3, True),
    "symbol twice": ("acme2 =", "acme1 =", "dcmqrscp-symbol-repeated", 4, False),
    "access": (" RW ", " rw ", "dcmqrscp-access-unknown", 11, True),
    "title twice": ("AETable END", "STORE /x R (1, 1mb) ANY\nAETable END",
                    "dcmqrscp-symbol-repeated", 12, True),
    "long comment": ("NetworkTCP", f"#{'x' * 600}\nNetworkTCP", "dcmqrscp-line-too-long", 1, False),
    "mark": ("NetworkTCP", "\ufeffNetworkTCP", "dcmtk-byte-order-mark", 1, False),
    "second AETable": ("AETable E", "AETable END\nAETable BEGIN\nB /b R (1, 1mb) ANY\nAETable E",
                       "dcmqrscp-table-repeated", 13, True),
}  # fmt: skip


def read(text):
    return registry.read(text.encode(), name="x.cfg", format="dcmqrscp")


def test_a_sample_reads_whole(sample):
    document = registry.read(sample("dcmqrscp-archive.cfg"))
    assert document.format == "dcmqrscp"
    assert document.devices == (
        Device("archive", "archive"),
        Device("scanner1", "scanner1", "Acme Imaging"),
        Device("scanners", "scanners", "Acme Imaging"),
    )
    assert [(ae.key, ae.device, ae.connections) for ae in document.aes] == [
        ("ARCHIVE", "archive", (Connection("archive.example", 11112),)),
        ("CT1", "scanner1", (Connection("ct1.example", 104),)),
        ("MR1", "scanners", (Connection("mr.example", 104),)),
        ("MR2", "scanners", (Connection("mr.example", 105),)),
        ("VIEW", None, (Connection("10.0.0.9", 4242),)),
        ("WORKLIST", None, ()),
    ]
    assert document.associations == tuple(
        Association(title, "ARCHIVE") for title in ("CT1", "MR1", "MR2", "VIEW")
    )
    codes = ["dcmqrscp-own-address", "dcmqrscp-host-is-address"]
    assert [f.code for f in document.findings] == codes


def test_little_is_said_of_a_plain_file():
    assert [f.code for f in read(PLAIN).findings] == ["dcmqrscp-own-address"]


@pytest.mark.parametrize("case", CHANGES)
def test_what_is_odd_is_found(case):
    old, new, code, line, starts = CHANGES[case]
    assert old in PLAIN
    document = read(PLAIN.replace(old, new, 1))
    found = {finding.code: finding for finding in reversed(document.findings)}
    assert code in found, found
    assert found[code].line == line
    assert starts is not any(f.message.endswith(REFUSED) for f in document.findings)


@pytest.mark.parametrize("case", ["no blank", "indented entry", "blanks only", "comment behind"])
def test_what_is_plain_is_read_although_the_file_is_refused(case):
    old, new, *_ = CHANGES[case]
    document = read(PLAIN.replace(old, new, 1))
    plain = read(PLAIN)
    assert (document.aes, document.associations) == (plain.aes, plain.associations)
    assert {f.severity for f in document.findings} == {"warning", "info"}


def test_symbols_that_double_are_bounded():
    lines = [f"s{n + 1} = s{n}, s{n}" for n in range(2_000)]
    text = "\n".join(["HostTable BEGIN", "s0 = (A, a, 1)", *lines, "HostTable END"])
    assert [ae.ae_title for ae in read(text).aes] == ["A"]


def test_too_many_peers_are_an_error():
    hosts = [f"h{n} = (A{n}, a, {n})" for n in range(1, 200)]
    groups = [f"g{n} = {', '.join(f'h{m}' for m in range(1, 100))}" for n in range(2_000)]
    document = read("\n".join(["HostTable BEGIN", *hosts, *groups, "HostTable END"]))
    assert "dcmqrscp-too-many-peers" in {f.code for f in document.findings}


def test_values_are_cut_by_quotes_and_gaps():
    line = "\"a b\" = (C, d, 1),(E, f, 2) sym,'x y' (open"
    assert list(values_of(line)) == ["a b", "C, d, 1", "E, f, 2", "sym", "x y"]
    assert after_mnemonic("NetworkTCPPort  = 104") == "104"


def _archive(callers):
    aes = tuple(
        Ae(f"CALLER{n}", f"CALLER{n}", connections=(Connection(f"host{n}.example", 104),))
        for n in range(callers)
    )
    own = Ae("ARCHIVE", "ARCHIVE", connections=(Connection("archive.example", 11112),))
    pairs = tuple(Association(ae.key, "ARCHIVE") for ae in aes)
    return Document("x", aes=(*aes, own), associations=pairs)


@pytest.mark.parametrize("callers", [1, 20, 1_000])
def test_lines_stay_within_511_bytes_however_many_may_call(callers):
    document = _archive(callers)
    written = registry.write(document, "dcmqrscp")
    assert max(map(len, written.data.splitlines())) < 511
    again = registry.read(written.data)
    assert set(again.associations) == set(document.associations)
    assert "NetworkTCPPort  = 11112" in written.text


def test_what_has_no_place_is_named():
    aes = (
        Ae("MR 2", "MR 2", connections=(Connection("a", 1),)),
        Ae("ONLY", "ONLY", association_acceptor=False),
        Ae("OWN", "OWN"),
        Ae("P", "P", connections=(Connection("a", 1, "default"), Connection("b", 2))),
    )
    written = registry.write(
        Document("x", aes=aes, associations=(Association("OWN", "P"),)), "dcmqrscp"
    )
    assert [f.path for f in written.findings if f.path] == [
        "associations[OWN:P]",
        "aes[MR 2]",
        "aes[ONLY]",
        "ae.connections[1:]",
        "ae.connections.tls",
    ]
    assert "OWN /var/lib/dcmtk/db/OWN RW (1000, 4096mb) ANY" in written.text


def test_a_title_that_begins_like_a_comment_is_none():
    place = (Connection("ct.example", 104),)
    aes = (Ae("#1", "#1", connections=place), Ae("PACS", "PACS", connections=place))
    pair = Association("#1", "PACS")
    written = registry.write(Document("x", aes=aes, associations=(pair,)), "dcmqrscp")
    assert registry.read(written.data).associations == (pair,)
