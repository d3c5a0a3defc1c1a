"""A running Orthanc's own list of modalities, through its REST API.

What answers is hostile until it has shown otherwise: every call has one deadline and one bound on
bytes, follows no redirect, decompresses nothing, and goes to the very address that the policy
judged. Credentials are sent to that address alone and are in no message and no log.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import httpx

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.formats.text import clip
from dicomcfg.network.connecting import allowed_addresses
from dicomcfg.network.failure import NetworkFailure
from dicomcfg.network.names import Resolver
from dicomcfg.network.orthanc_modalities import Modality, as_kept, is_modality, is_name
from dicomcfg.network.policy import AddressPolicy
from dicomcfg.network.tls import DEFAULT, ClientTls, own_client_context

TIMEOUT_S: Final = 10.0
ANSWER_BOUND_BYTES: Final = 8_000_000
MOST_MODALITIES: Final = 10_000
_TEXT_BOUND: Final = 300
_PORTS: Final = {"http": 80, "https": 443}
_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_resolver: Final = Resolver()


class Problem(StrEnum):
    """Why a call had no use."""

    ADDRESS = "address"
    UNREACHABLE = "unreachable"
    NOT_ALLOWED = "not-allowed"
    TLS = "tls"
    TOO_SLOW = "too-slow"
    TOO_LARGE = "too-large"
    CREDENTIALS = "credentials"
    NOT_ORTHANC = "not-orthanc"
    BAD_JSON = "bad-json"
    UNKNOWN_MODALITY = "unknown-modality"
    REFUSED = "refused"


class OrthancFailure(Exception):
    """A call that had no use: the problem, and a sentence for people."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message)
        self.problem = problem
        self.message = message


@dataclass(frozen=True, slots=True)
class System:
    """What Orthanc says about itself; an empty title or no port where it says nothing usable."""

    version: str
    ae_title: str
    dicom_port: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Echo:
    """Whether Orthanc's C-ECHO to a modality went well, and what it says where it did not."""

    is_success: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes


class OrthancRest:
    """One Orthanc by the URL of its REST API (`https://orthanc.example:8042`).

    Raises OrthancFailure (`address`) for what is no such URL. `timeout_s` bounds a whole call,
    name look-up included. `tls` is whom to trust where the URL is https; None trusts the system.
    """

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        policy: AddressPolicy,
        tls: ClientTls | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        resolver: Resolver = _resolver,
    ) -> None:
        self._url = _checked(url)
        self._auth = httpx.BasicAuth(username, password) if username or password else None
        self._policy = policy
        self._tls = tls
        self._timeout_s = timeout_s
        self._resolver = resolver

    async def system(self) -> System:
        """Who answers."""
        found = self._json(await self._call("GET", "/system"))
        if not isinstance(found, dict) or not isinstance(found.get("Version"), str):
            raise self._not_orthanc()
        port = found.get("DicomPort")
        return System(
            version=_plain(found["Version"]),
            ae_title=_plain(found.get("DicomAet")),
            dicom_port=port if type(port) is int else None,
            name=_plain(found.get("Name")),
        )

    async def modalities(self) -> dict[str, Modality]:
        """Every modality by its symbolic name, in Orthanc's long form, as JSON that every database
        takes: Orthanc itself holds texts of any length, also with NUL."""
        found = self._json(await self._call("GET", "/modalities", expand=""))
        if not isinstance(found, dict) or not all(map(is_modality, found.values())):
            raise self._not_orthanc()
        if len(found) > MOST_MODALITIES:
            message = f"{self._shown} holds more than {MOST_MODALITIES:,} modalities."
            raise OrthancFailure(Problem.TOO_LARGE, message)
        if not all(map(is_name, found)):
            raise self._not_orthanc()
        return {name: as_kept(each) for name, each in found.items()}

    async def put(self, name: str, modality: Mapping[str, Any]) -> None:
        """Add a modality or replace the one of this name.

        Raises OrthancFailure, `refused` with Orthanc's own words where it takes no such modality.
        """
        self._done(await self._call("PUT", _path(name), modality))

    async def delete(self, name: str) -> None:
        """Remove a modality. Raises OrthancFailure, `unknown-modality` where there is none."""
        self._done(await self._call("DELETE", _path(name)))

    async def echo(self, name: str) -> Echo:
        """Let Orthanc send a C-ECHO to one of its modalities, within our own deadline."""
        body = {"CheckFind": False, "Timeout": max(1, int(self._timeout_s) - 1)}
        answer = await self._call("POST", f"{_path(name)}/echo", body)
        if answer.status == httpx.codes.INTERNAL_SERVER_ERROR:
            details = self._details(answer)
            if details is None:
                raise self._not_orthanc()
            return Echo(False, details or "Orthanc says no reason.")
        self._done(answer)
        return Echo(True)

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str
    ) -> _Answer:
        try:
            async with asyncio.timeout(self._timeout_s):
                addresses = await self._addresses()
                return await self._ask_first(addresses, method, path, body, query)
        except TimeoutError:
            raise self._too_slow() from None

    async def _addresses(self) -> list[str]:
        """Where the name leads and the policy lets us go."""
        host, port = self._url.host, self._port
        try:
            return allowed_addresses(await self._resolver.resolve(host, port), port, self._policy)
        except NetworkFailure as failure:
            if failure.outcome is Outcome.ADDRESS_NOT_ALLOWED:
                message = f"The address policy does not allow {self._shown} ({failure.detail})."
                raise OrthancFailure(Problem.NOT_ALLOWED, message) from None
            message = f"The name {clip(host)} is not known to the name service."
            raise OrthancFailure(Problem.UNREACHABLE, message) from None

    async def _ask_first(
        self,
        addresses: list[str],
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: dict[str, str],
    ) -> _Answer:
        """The answer of the first address that takes a connection."""
        tls = self._context()
        # Below the deadline also for one address: the library closes a handshake that its own
        # limit ends, and loses one that is cancelled.
        share_s = 0.9 * self._timeout_s / len(addresses)
        async with httpx.AsyncClient(
            verify=tls.context,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=share_s),
        ) as client:
            try:
                for address in addresses[:-1]:
                    with suppress(httpx.ConnectTimeout, httpx.ConnectError):
                        return await self._ask(client, tls, address, method, path, body, query)
                return await self._ask(client, tls, addresses[-1], method, path, body, query)
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                raise self._failed(error) from None

    async def _ask(
        self,
        client: httpx.AsyncClient,
        tls: ClientTls,
        address: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: dict[str, str],
    ) -> _Answer:
        url = self._url.copy_with(host=address, path=self._url.path.rstrip("/") + path)
        request = client.build_request(
            method,
            url.copy_merge_params(query) if query else url,
            json=body,
            headers={"Host": self._url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
            # Whose name the certificate must have: the host's, not the address's.
            extensions={"sni_hostname": tls.server_name or self._url.host},
        )
        response = await client.send(request, auth=self._auth, stream=True)
        try:
            return _Answer(response.status_code, await self._bounded(response))
        finally:
            await response.aclose()

    async def _bounded(self, response: httpx.Response) -> bytes:
        if response.is_redirect:
            message = f"{self._shown} answers with a redirect, which is not followed: give the "
            message += "address of Orthanc itself."
            raise OrthancFailure(Problem.NOT_ORTHANC, message)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise self._not_orthanc()
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > ANSWER_BOUND_BYTES:
                message = f"{self._shown} answers with more than {ANSWER_BOUND_BYTES:,} bytes."
                raise OrthancFailure(Problem.TOO_LARGE, message)
        return bytes(body)

    def _context(self) -> ClientTls:
        if self._url.scheme == "http":
            return ClientTls(_NO_TLS)
        return self._tls or own_client_context(DEFAULT, None)

    def _failed(self, error: Exception) -> OrthancFailure:
        """Words for what the HTTP library raised, which may hold our credentials."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                message = f"The certificate of {self._shown} cannot be trusted: "
                return OrthancFailure(Problem.TLS, f"{message}{clip(cause.verify_message, 120)}.")
            if isinstance(cause, ssl.SSLError):
                message = f"{self._shown} does not speak TLS as this server does."
                return OrthancFailure(Problem.TLS, message)
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, httpx.TimeoutException):
            return self._too_slow()
        if isinstance(error, httpx.ConnectError):
            return OrthancFailure(Problem.UNREACHABLE, f"{self._shown} takes no connection.")
        if isinstance(error, httpx.RemoteProtocolError):
            return self._not_orthanc()
        return OrthancFailure(Problem.UNREACHABLE, f"{self._shown} closed the connection.")

    def _json(self, answer: _Answer) -> Any:
        self._done(answer)
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            message = f"{self._shown} answers with something that is not JSON."
            raise OrthancFailure(Problem.BAD_JSON, message) from None

    def _done(self, answer: _Answer) -> None:
        """Raises OrthancFailure where the answer is not that it was done."""
        status = answer.status
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            message = f"{self._shown} refuses the credentials, or they may not do this."
            raise OrthancFailure(Problem.CREDENTIALS, message)
        details = self._details(answer)
        if details is None:
            if status == httpx.codes.OK:
                return
            raise self._not_orthanc()
        if status == httpx.codes.NOT_FOUND:
            message = f"{self._shown} knows no such modality: {details}"
            raise OrthancFailure(Problem.UNKNOWN_MODALITY, message)
        raise OrthancFailure(Problem.REFUSED, f"{self._shown} refuses: {details}")

    def _details(self, answer: _Answer) -> str | None:
        """What Orthanc itself says about an error, None where it is none or not Orthanc's."""
        if answer.status == httpx.codes.OK:
            return None
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, dict) or "OrthancStatus" not in found:
            return None
        return _plain(found.get("Details")) or _plain(found.get("Message"))

    def _too_slow(self) -> OrthancFailure:
        message = f"{self._shown} did not answer within {self._timeout_s:g} s."
        return OrthancFailure(Problem.TOO_SLOW, message)

    def _not_orthanc(self) -> OrthancFailure:
        message = f"What answers at {self._shown} is not Orthanc's REST API."
        return OrthancFailure(Problem.NOT_ORTHANC, message)

    @property
    def _port(self) -> int:
        return self._url.port or _PORTS[self._url.scheme]

    @property
    def _shown(self) -> str:
        return clip(f"{self._url.scheme}://{self._url.netloc.decode('ascii')}", 120)


def _checked(url: str) -> httpx.URL:
    """The URL of an API. Raises OrthancFailure; the message does not repeat what may hold a
    password."""
    message = "This is no address of Orthanc's REST API: give http:// or https://, host and port."
    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError, TypeError):
        raise OrthancFailure(Problem.ADDRESS, message) from None
    is_plain = not (parsed.query or parsed.fragment) and (parsed.port or 1) <= 65_535
    if parsed.scheme not in _PORTS or not parsed.host or not is_plain:
        raise OrthancFailure(Problem.ADDRESS, message)
    if parsed.userinfo:
        message = "The address holds a name or a password; they belong into the environment."
        raise OrthancFailure(Problem.ADDRESS, message)
    return parsed


def _path(name: str) -> str:
    """The path of a modality. Raises OrthancFailure for what Orthanc takes as no name."""
    if not is_name(name):
        message = f"{clip(name)!r} is no name of a modality: letters, digits, - and _ only."
        raise OrthancFailure(Problem.REFUSED, message)
    return f"/modalities/{name}"


def _plain(text: object) -> str:
    """A foreign text on one line, printable and short; empty for what is no text."""
    if not isinstance(text, str):
        return ""
    printable = "".join(c if c.isprintable() else " " for c in text[: 4 * _TEXT_BOUND])
    return clip(" ".join(printable.split()), _TEXT_BOUND)
