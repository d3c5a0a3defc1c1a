"""Our client of Orthanc's REST API against peers that are not Orthanc, or not kindly so."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dicomcfg.network.names import Resolver
from dicomcfg.network.orthanc_rest import (
    ANSWER_BOUND_BYTES,
    Echo,
    OrthancFailure,
    OrthancRest,
    Problem,
    System,
)
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.network.tls import ClientTls, client_context, own_client_context, server_context
from tests.parts.certificates import authority, issue

PASSWORD = "tulip-4711"
MODALITY = {"AET": "CT1", "Host": "10.0.0.5", "Port": 104}
Script = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Use = Callable[[OrthancRest], Awaitable[Any]]


def reply(body: bytes, status: str = "200 OK", *headers: str) -> Script:
    """A peer that gives one whole answer."""

    async def script(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode() + body)
        await writer.drain()

    return script


def sending(*pieces: bytes, forever: bytes = b"", pause_s: float = 0.0) -> Script:
    """A peer that writes pieces as they are, then one of them for ever, or nothing any more."""

    async def script(_: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
        while forever:
            writer.write(forever)
            await writer.drain()
            await asyncio.sleep(pause_s)
        await reader.read()

    return script


def use(
    script: Script,
    call: Use,
    *,
    url: str = "http://127.0.0.1:{port}",
    timeout_s: float = 10,
    policy: AddressPolicy | None = None,
    tls: ClientTls | None = None,
    server_tls: ssl.SSLContext | None = None,
    resolver: Resolver | None = None,
) -> tuple[Any, list[bytes]]:
    """What `call` gives or raises with such a peer, and the requests that the peer got."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled when the loop ends, which is how a peer that waits for ever is let go.
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            request = await reader.readuntil(b"\r\n\r\n")
            requests.append(request)
            await script(request, reader, writer)
        writer.close()
        with suppress(OSError, asyncio.CancelledError):
            await writer.wait_closed()

    async def main() -> Any:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_tls)
        port = server.sockets[0].getsockname()[1]
        client = OrthancRest(
            url.format(port=port),
            "admin",
            PASSWORD,
            policy or AddressPolicy.build(loopback_ports=[port]),
            tls,
            timeout_s=timeout_s,
            resolver=resolver or Resolver(),
        )
        try:
            return await call(client)
        except OrthancFailure as failure:
            assert PASSWORD not in f"{failure!r} {failure.__cause__!r} {failure.message}"
            return failure
        finally:
            server.close()

    return asyncio.run(main()), requests


def problem_of(script: Script, call: Use = OrthancRest.modalities, **options: Any) -> Problem:
    found, _ = use(script, call, **options)
    assert isinstance(found, OrthancFailure), found
    assert found.message[-1] in ".:" or ": " in found.message
    return found.problem


DEEP = b"[" * 200_000 + b"]" * 200_000
PEERS = {
    "no json": (reply(b"<html>Hello</html>"), Problem.BAD_JSON),
    "deep json": (reply(DEEP), Problem.BAD_JSON),
    "endless number": (reply(b'{"a": ' + b"9" * 100_000 + b"}"), Problem.BAD_JSON),
    "bad utf-8": (reply(b'{"a": "\xff"}'), Problem.BAD_JSON),
    "a list": (reply(b'["a", "b"]'), Problem.NOT_ORTHANC),
    "no modalities": (reply(b'{"a": {"AET": "A"}}'), Problem.NOT_ORTHANC),
    "port as text": (reply(json.dumps({"a": {**MODALITY, "Port": "1"}}).encode()), "not-orthanc"),
    "compressed": (reply(b"\x1f\x8b", "200 OK", "Content-Encoding: gzip"), Problem.NOT_ORTHANC),
    "redirect": (reply(b"", "302 Found", "Location: http://10.0.0.1/"), Problem.NOT_ORTHANC),
    "an error of its own": (reply(b"{}", "500 Oops"), Problem.NOT_ORTHANC),
    "not found": (reply(b"nothing here", "404 Not Found"), Problem.NOT_ORTHANC),
    "unauthorised": (reply(b"", "401 Unauthorized"), Problem.CREDENTIALS),
    "forbidden": (reply(b"", "403 Forbidden"), Problem.CREDENTIALS),
    "another protocol": (sending(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), Problem.NOT_ORTHANC),
    "endless headers": (sending(b"HTTP/1.1 200 OK\r\n", forever=b"a: b\r\n" * 99), "not-orthanc"),
    "a gigabyte, declared": (
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", forever=b" " * 65_536),
        Problem.TOO_LARGE,
    ),
    "a gigabyte, in chunks": (
        sending(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            forever=b"10000\r\n" + b" " * 65_536 + b"\r\n",
        ),
        Problem.TOO_LARGE,
    ),
}


@pytest.mark.parametrize(("script", "problem"), PEERS.values(), ids=PEERS)
def test_a_peer_that_is_no_orthanc(script: Script, problem: Problem) -> None:
    assert problem_of(script) == problem


SLOW = {
    "silent": sending(),
    "half an answer": sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
    "drip": sending(b"HTTP/1.1 200 OK\r\n\r\n", forever=b" ", pause_s=0.01),
    "drip of headers": sending(b"HTTP/1.1 200 OK\r\n", forever=b"a: b\r\n", pause_s=0.01),
    "provisional for ever": sending(forever=b"HTTP/1.1 100 Continue\r\n\r\n", pause_s=0.01),
}


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW)
def test_one_deadline_bounds_a_whole_call(script: Script) -> None:
    # Long enough that the connection stands on a busy machine: what is cancelled is the answer.
    assert problem_of(script, timeout_s=1) is Problem.TOO_SLOW


async def _hang_up(_: bytes, __: asyncio.StreamReader, ___: asyncio.StreamWriter) -> None:
    return


def test_a_peer_that_hangs_up() -> None:
    assert problem_of(_hang_up) in (Problem.NOT_ORTHANC, Problem.UNREACHABLE)


def test_a_port_where_nobody_listens() -> None:
    policy = AddressPolicy.unrestricted()
    problem = problem_of(_hang_up, url="http://127.0.0.1:1", policy=policy)
    assert problem is Problem.UNREACHABLE


def test_a_redirect_is_not_followed() -> None:
    script = reply(b"", "307 Temporary Redirect", "Location: /elsewhere")
    failure, requests = use(script, OrthancRest.system)
    assert "redirect" in failure.message
    assert len(requests) == 1


def test_what_the_policy_forbids_gets_no_byte() -> None:
    failure, requests = use(reply(b"{}"), OrthancRest.system, policy=AddressPolicy.build())
    assert (failure.problem, requests) == (Problem.NOT_ALLOWED, [])


def test_the_address_that_was_judged_is_the_one_that_is_asked() -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    found, requests = use(
        reply(b"{}"),
        OrthancRest.modalities,
        url="http://orthanc.example:{port}/behind/",
        resolver=Resolver(lambda hostname, port: next(answers)),
    )
    assert found == {}
    head = requests[0].decode().split("\r\n")
    assert head[0] == "GET /behind/modalities?expand= HTTP/1.1"
    assert [line for line in head if line.startswith("Host: orthanc.example:")]
    assert next(answers) == ["169.254.169.254"]


def test_the_next_address_is_tried_where_one_takes_no_connection() -> None:
    resolver = Resolver(lambda hostname, port: ["127.0.0.3", "127.0.0.1"])
    found, _ = use(
        reply(b"{}"), OrthancRest.modalities, url="http://both.example:{port}", resolver=resolver
    )
    assert found == {}


@pytest.mark.parametrize(
    "url",
    [
        *("", "orthanc", "ftp://h", "http://", "http://admin:tulip-4711@h", "http://h/?a=b"),
        *(
            "http://h#a",
            "file:///etc/passwd",
            "http://h:99999999",
            "http://h\r\nX: y",
            "http://[::",
        ),
    ],
)
def test_what_is_no_address_of_an_api(url: str) -> None:
    with pytest.raises(OrthancFailure) as caught:
        OrthancRest(url, "admin", PASSWORD, AddressPolicy.build())
    assert caught.value.problem is Problem.ADDRESS
    assert PASSWORD not in caught.value.message


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert use(reply(b"{}"), OrthancRest.modalities)[0] == {}


def test_nothing_of_the_credentials_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, requests = use(reply(b"{}"), OrthancRest.modalities)
    assert b"Authorization: Basic " in requests[0]
    secret = requests[0].partition(b"Authorization: Basic ")[2].split(b"\r\n")[0].decode()
    assert PASSWORD not in caplog.text
    assert secret not in caplog.text


def test_what_a_system_says_is_made_printable() -> None:
    body = {
        "Version": "1.12.9\r\n\0\x1b[31m",
        "DicomAet": ["x"],
        "DicomPort": True,
        "Name": "é" * 999,
    }
    found, _ = use(reply(json.dumps(body).encode()), OrthancRest.system)
    assert found == System("1.12.9 [31m", "", None, "é" * 297 + "...")


def _refusing(status: str, **said: object) -> Script:
    return reply(json.dumps({"OrthancStatus": 1, **said}).encode(), status)


@pytest.mark.parametrize(
    ("held", "kept"),
    [
        ({"AET": "A\0B"}, {"AET": "A\ufffdB"}),
        ({"Host": "\ud800"}, {"Host": "\ufffd"}),
        ({"Host": "h" * 5000}, {"Host": "h" * 300}),
        ({"Timeout": float("inf")}, {}),
        ({"More": [[[]]]}, {"More": [[[]]]}),
        ({"More": json.loads("[" * 900 + "]" * 900)}, {}),
        ({"More": {"\0": 1}}, {}),
        ({"a\0": 1}, {}),
        ({"Port": 10**4200}, None),
        ({"Port": True}, None),
        ({"AET": None}, None),
        ({"Host": {}}, None),
    ],
)
def test_a_modality_can_be_kept_whatever_it_holds(held: Any, kept: Any) -> None:
    script = reply(json.dumps({"ct": MODALITY | held}).encode())
    found, _ = use(script, OrthancRest.modalities)
    if kept is None:
        assert isinstance(found, OrthancFailure)
    else:
        assert found == {"ct": MODALITY | kept}


@pytest.mark.parametrize("name", ["", "a b", "a\0", "<b>", "x" * 301])
def test_names_that_orthanc_holds_under_none(name: str) -> None:
    script = reply(json.dumps({name: MODALITY}).encode())
    assert problem_of(script) is Problem.NOT_ORTHANC


def test_more_modalities_than_anybody_looks_at() -> None:
    script = reply(json.dumps({f"m{n}": MODALITY for n in range(10_001)}).encode())
    assert problem_of(script) is Problem.TOO_LARGE


def test_orthancs_own_words_reach_the_person() -> None:
    script = _refusing("400 Bad Request", Details="A TCP port must be in range")
    failure, _ = use(script, lambda client: client.put("a", MODALITY))
    assert failure.problem is Problem.REFUSED
    assert failure.message.endswith("refuses: A TCP port must be in range")
    failure, _ = use(_refusing("404 Not Found", Message="gone"), lambda client: client.delete("a"))
    assert failure.problem is Problem.UNKNOWN_MODALITY


def test_an_echo_that_failed_is_an_outcome() -> None:
    script = _refusing("500 Internal Server Error", Details="Connection refused")
    assert use(script, lambda client: client.echo("a"))[0] == Echo(False, "Connection refused")
    assert problem_of(reply(b"?", "500 Oops"), lambda client: client.echo("a")) == "not-orthanc"


@pytest.mark.parametrize("name", ["", "a/b", "../system", "a b", "a?b", "ä", "a" * 301, "a\n"])
def test_a_name_cannot_lead_elsewhere(name: str) -> None:
    failure, requests = use(reply(b"{}"), lambda client: client.delete(name))
    assert (failure.problem, requests) == (Problem.REFUSED, [])


def test_an_answer_at_the_bound_is_read() -> None:
    body = b"{}".ljust(ANSWER_BOUND_BYTES)
    assert use(reply(body), OrthancRest.modalities)[0] == {}


@pytest.fixture
def tls_folder(tmp_path: Path) -> Path:
    """Settings `hospital` that trust the authority of `peer`, and `other` that do not."""
    ca = authority()
    issue(ca, names=("orthanc.example",)).write(tmp_path / "peer")
    (tmp_path / "hospital.pem").write_bytes(ca.pem)
    (tmp_path / "other.pem").write_bytes(authority("Other CA").pem)
    return tmp_path


@pytest.mark.parametrize(
    ("settings", "host", "problem"),
    [
        ("hospital", "orthanc.example", None),
        ("hospital", "another.example", Problem.TLS),
        ("other", "orthanc.example", Problem.TLS),
    ],
)
def test_tls_is_verified_for_the_name(
    tls_folder: Path, settings: str, host: str, problem: Problem | None
) -> None:
    found, requests = use(
        reply(b"{}"),
        OrthancRest.modalities,
        url=f"https://{host}:{{port}}",
        tls=own_client_context(settings, tls_folder),
        server_tls=server_context("peer", tls_folder, wants_client_certificate=False),
        resolver=Resolver(lambda hostname, port: ["127.0.0.1"]),
    )
    if problem is None:
        assert found == {}
    else:
        assert (found.problem, requests) == (problem, [])


def test_a_peer_without_tls(tls_folder: Path) -> None:
    tls = own_client_context("hospital", tls_folder)
    problem = problem_of(reply(b"{}"), url="https://127.0.0.1:{port}", tls=tls, timeout_s=1)
    assert problem in (Problem.TLS, Problem.TOO_SLOW)


def test_the_contexts_of_dicom_stay_without_names_of_other_protocols(tls_folder: Path) -> None:
    assert (
        own_client_context("hospital", tls_folder).context
        is not client_context("hospital", tls_folder).context
    )
    assert (
        own_client_context("default", None).context is not client_context("default", None).context
    )
