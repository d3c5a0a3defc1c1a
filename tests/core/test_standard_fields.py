"""AE titles, ports, hosts and the protocol's codes."""

import pytest

from dicomcfg.core.standard import codes
from dicomcfg.core.standard.ae_title import check_ae_title, normalise_ae_title
from dicomcfg.core.standard.codes import StatusClass
from dicomcfg.core.standard.endpoint import (
    check_hostname,
    check_port,
    is_address,
    normalise_hostname,
    parse_port,
    split_host_port,
)


def _said(findings):
    return {(finding.code, finding.severity.value) for finding in findings}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("PACS-1", set()),
        ("ABCDEFGHIJKLMNOP", set()),
        ("ABCDEFGHIJKLMNOPQ", {("ae-title-too-long", "error")}),
        (
            "Our Dot Net Test Client",
            {
                ("ae-title-too-long", "error"),
                ("ae-title-inner-space", "warning"),
                ("ae-title-lower-case", "warning"),
            },
        ),
        ("", {("ae-title-empty", "error")}),
        ("   ", {("ae-title-empty", "error"), ("ae-title-outer-space", "warning")}),
        ("A\\B", {("ae-title-backslash", "error")}),
        ("A\tB", {("ae-title-control-character", "error")}),
        ("A\x7f", {("ae-title-control-character", "error")}),
        ("RÖNTGEN", {("ae-title-not-ascii", "error")}),
        ("ÖÖÖÖÖÖÖÖÖ", {("ae-title-not-ascii", "error"), ("ae-title-too-long", "error")}),
        ("A\ud800", {("ae-title-not-ascii", "error")}),
        (" CT1 ", {("ae-title-outer-space", "warning")}),
        ("CT 1", {("ae-title-inner-space", "warning")}),
        ("ct1", {("ae-title-lower-case", "warning")}),
        ("ANY-SCP", {("ae-title-vendor-default", "warning")}),
        ("orthanc", {("ae-title-vendor-default", "warning"), ("ae-title-lower-case", "warning")}),
    ],
)
def test_ae_titles(title, expected):
    assert _said(check_ae_title(title)) == expected


def test_spaces_around_a_title_do_not_count_towards_its_length():
    assert normalise_ae_title("  ABCDEFGHIJKLMNOP  ") == "ABCDEFGHIJKLMNOP"
    assert _said(check_ae_title("  ABCDEFGHIJKLMNOP  ")) == {("ae-title-outer-space", "warning")}


@pytest.mark.parametrize(
    ("text", "port"),
    [("104", 104), (" 11112 ", 11112), ("65535", 65535), ("65536", None), ("0", None)]
    + [(text, None) for text in ("", "-1", "104.0", "1e3", "\u0661\u0660\u0664", "9" * 5000)],
)
def test_ports(text, port):
    assert parse_port(text) == port
    assert bool(check_port(text)) is (port is None)


def test_a_web_servers_port_is_doubted():
    assert _said(check_port(8080)) == {("port-of-a-web-server", "warning")}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("10.0.0.5", set()),
        ("pacs", set()),
        ("pacs.hospital.example.", set()),
        ("::1", set()),
        ("[2001:db8::5]", set()),
        (" pacs ", set()),
        ("3com.example", set()),
        ("", {("hostname-missing", "error")}),
        ("10.0.0.256", {("hostname-invalid", "error")}),
        ("10.0.0.05", {("hostname-invalid", "error")}),
        ("2001:db8:::5", {("hostname-invalid", "error")}),
        ("pacs.", set()),
        ("pacs..example", {("hostname-invalid", "error")}),
        ("-pacs", {("hostname-invalid", "error")}),
        ("my pacs", {("hostname-invalid", "error")}),
        ("a" * 64, {("hostname-invalid", "error")}),
        (".".join(["a" * 60] * 5), {("hostname-invalid", "error")}),
        ("pacs\n.example", {("hostname-invalid", "error")}),
        ("röntgen.example", {("hostname-invalid", "error")}),
        ("pacs:104", {("hostname-has-port", "error")}),
        ("http://pacs", {("hostname-has-scheme", "error")}),
        ("0.0.0.0", {("hostname-not-a-host", "error")}),
        ("::", {("hostname-not-a-host", "error")}),
        ("224.0.0.1", {("hostname-not-a-host", "error")}),
        ("ct_scan", {("hostname-underscore", "warning")}),
    ],
)
def test_hosts(host, expected):
    assert _said(check_hostname(host)) == expected


def test_a_port_in_the_host_is_told_apart():
    assert split_host_port("pacs:104") == ("pacs", 104)
    assert split_host_port("[::1]:11112") == ("::1", 11112)
    assert split_host_port("::1") is None
    assert split_host_port("pacs:99999") is None
    assert "104 into the port" in check_hostname("pacs:104")[0].remedy
    assert normalise_hostname(" [::1] ") == "::1"
    assert is_address("[::1]")
    assert not is_address("pacs")


@pytest.mark.parametrize(
    ("triple", "words"),
    [
        ((1, 1, 7), "rejected, permanent, service user: called AE title not recognized"),
        ((1, 1, 3), "rejected, permanent, service user: calling AE title not recognized"),
        ((2, 3, 1), "rejected, transient, service provider (presentation): temporary congestion"),
        ((1, 2, 2), "rejected, permanent, service provider (ACSE): protocol version not supported"),
        ((9, 8, 7), "rejected, unknown result 9, unknown source 8: unknown reason 7"),
    ],
)
def test_rejections(triple, words):
    assert codes.describe_rejection(*triple) == words


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ((0, 0), "aborted, service user"),
        ((2, 2), "aborted, service provider: unexpected PDU"),
        ((2, 3), "aborted, service provider: unknown reason 3"),
        ((1, 0), "aborted, unknown source 1: reason not specified"),
    ],
)
def test_aborts(pair, words):
    assert codes.describe_abort(*pair) == words


def test_context_results():
    words = [codes.describe_context_result(result) for result in (0, 1, 2, 3, 4, 77, None)]
    assert words == [
        "accepted",
        "user rejection",
        "no reason (provider rejection)",
        "abstract syntax not supported",
        "transfer syntaxes not supported",
        "unknown result 77",
        "no answer",
    ]


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (0x0000, StatusClass.SUCCESS, "0x0000 (success)"),
        (0x0122, StatusClass.FAILURE, "0x0122 (failure: SOP class not supported)"),
        (0x0107, StatusClass.WARNING, "0x0107 (warning)"),
        (0xB000, StatusClass.WARNING, "0xB000 (warning: coercion of data elements)"),
        (0xBFFF, StatusClass.WARNING, "0xBFFF (warning)"),
        (0xFE00, StatusClass.CANCEL, "0xFE00 (cancel: cancelled)"),
        (0xFF00, StatusClass.PENDING, "0xFF00 (pending)"),
        (0xC123, StatusClass.FAILURE, "0xC123 (failure: cannot be understood or processed)"),
        (0x12345, StatusClass.FAILURE, "0x12345 (failure)"),
    ],
)
def test_statuses(status, kind, words):
    assert codes.status_class(status) is kind
    assert codes.describe_status(status) == words
