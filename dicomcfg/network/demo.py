"""The demo network: nine AEs on loopback that show what an administrator meets in the field.

`DEMO_AES` is data, from which the application fills its table; `serve_demo` is the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from dicomcfg.core.standard.uids import IMPLICIT_VR_LITTLE_ENDIAN, VERIFICATION
from dicomcfg.network.acceptor import AcceptorPolicy, serve
from dicomcfg.network.demo_tls import SETTINGS
from dicomcfg.network.provider import FindAnswers
from dicomcfg.upper_layer.pdus import AssociateReject

DEMO_HOST = "127.0.0.1"
DEMO_BASE_PORT = 11200
_CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
_MR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.4"
_SUCCESS, _COERCED = 0x0000, 0xB000
_HTTP_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n"
    b"Connection: close\r\n\r\nBad Request\n"
)
_HTTP_IDLE_S = 30.0


@dataclass(frozen=True, slots=True)
class DemoAe:
    """A row of the demo's AE table: what an administrator would have written down.

    `port_offset` counts from the demo's base port. `initiates` tells whether it would call too,
    `station_name` what its device is called, `allows` which of find and store it takes, `tls`
    the settings to reach it with.
    """

    ae_title: str
    port_offset: int
    device: str
    description: str
    initiates: bool = False
    station_name: str = ""
    allows: tuple[str, ...] = ()
    tls: str | None = None


DEMO_AES = (
    DemoAe(
        "DEMO_PACS",
        0,
        "Demo PACS",
        "Archive that accepts everything",
        initiates=True,
        allows=("find", "store"),
    ),
    DemoAe("DEMO_STRICT", 1, "Demo PACS", "Knows the callers DEMO_PACS and DEMO_CTMR only"),
    DemoAe(
        "DEMO_RENAMED",
        2,
        "Demo workstation",
        "Bears another title than this table says",
        station_name="WORKSTATION2",
    ),
    DemoAe("DEMO_BUSY", 3, "Demo router", "Congested: rejects for now"),
    DemoAe(
        "DEMO_CTMR",
        4,
        "Demo viewer",
        "Takes CT and MR, Implicit VR only",
        initiates=True,
        allows=("store",),
    ),
    DemoAe("DEMO_SILENT", 5, "Demo modality", "Accepts the connection and says nothing"),
    DemoAe("DEMO_CLOSED", 6, "Demo modality", "Nothing listens on this port"),
    DemoAe("DEMO_HTTP", 7, "Demo viewer", "A web server stands on this port"),
    DemoAe("DEMO_TLS", 8, "Demo PACS", "The archive over TLS", tls=SETTINGS),
)

_POLICIES = {
    "DEMO_PACS": AcceptorPolicy(find=FindAnswers(), store_status=_SUCCESS),
    "DEMO_STRICT": AcceptorPolicy(calling_ae_titles=frozenset({"DEMO_PACS", "DEMO_CTMR"})),
    "DEMO_RENAMED": AcceptorPolicy(ae_title="WORKSTATION2"),
    "DEMO_BUSY": AcceptorPolicy(rejection=AssociateReject(2, 3, 1)),
    "DEMO_CTMR": AcceptorPolicy(
        abstract_syntaxes=frozenset({VERIFICATION, _CT_IMAGE_STORAGE, _MR_IMAGE_STORAGE}),
        transfer_syntaxes=(IMPLICIT_VR_LITTLE_ENDIAN,),
        store_status=_COERCED,
    ),
    "DEMO_SILENT": AcceptorPolicy(is_silent=True),
}


def demo_ports(base_port: int = DEMO_BASE_PORT) -> dict[str, int]:
    """The port of each demo AE by its title, that of the closed one included."""
    return {ae.ae_title: base_port + ae.port_offset for ae in DEMO_AES}


@asynccontextmanager
async def serve_demo(
    tls: ssl.SSLContext, host: str = DEMO_HOST, base_port: int = DEMO_BASE_PORT
) -> AsyncIterator[dict[str, int]]:
    """Run the demo network while the context lasts; gives the port of each title.

    `tls` is what DEMO_TLS shows its callers (see demo_tls). A base port of 0 takes whatever ports
    are free. Raises OSError where one is taken.
    """
    asked = demo_ports(base_port) if base_port else dict.fromkeys(demo_ports(), 0)
    ports: dict[str, int] = {}
    async with AsyncExitStack() as stack:
        for title, policy in _POLICIES.items():
            server = serve(policy, host, asked[title])
            ports[title] = await stack.enter_async_context(server)
        over_tls = serve(AcceptorPolicy(), host, asked["DEMO_TLS"], tls=tls)
        ports["DEMO_TLS"] = await stack.enter_async_context(over_tls)
        ports["DEMO_HTTP"] = await stack.enter_async_context(_serve_http(host, asked["DEMO_HTTP"]))
        ports["DEMO_CLOSED"] = asked["DEMO_CLOSED"] or _closed_port(host)
        yield {ae.ae_title: ports[ae.ae_title] for ae in DEMO_AES}


@asynccontextmanager
async def _serve_http(host: str, port: int) -> AsyncIterator[int]:
    server = await asyncio.start_server(_answer_http, host, port)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _answer_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_HTTP_IDLE_S):
            await reader.read(4096)
        writer.write(_HTTP_ANSWER)
    writer.close()


def _closed_port(host: str) -> int:
    """A port that was free a moment ago."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as sock:
        sock.bind((host, 0))
        port: int = sock.getsockname()[1]
        return port
