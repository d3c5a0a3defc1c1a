"""Our client of Orthanc's REST API against the real Orthanc, which asks for credentials."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.records import Connection
from dicomcfg.network.orthanc_rest import Echo, OrthancFailure, OrthancRest, Problem
from dicomcfg.network.policy import AddressPolicy
from tests.interop.conftest import orthanc_with
from tests.parts.waiting import free_port

PASSWORD = "tulip"
Use = Callable[[OrthancRest], Awaitable[Any]]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The HTTP and the DICOM port of an Orthanc with one user and one modality."""
    http_port = free_port()
    settings = {
        "HttpServerEnabled": True,
        "HttpPort": http_port,
        "RemoteAccessAllowed": True,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {"admin": PASSWORD},
        "Name": "East",
        "DicomModalities": {"dead": ["DEAD", "127.0.0.1", 1]},
    }
    with orthanc_with(tmp_path_factory.mktemp("rest"), **settings) as port:
        yield http_port, port


def use(ports: tuple[int, int], call: Use, password: str = PASSWORD) -> Any:
    client = OrthancRest(
        f"http://127.0.0.1:{ports[0]}", "admin", password, AddressPolicy.unrestricted()
    )

    async def run() -> Any:
        return await call(client)

    return asyncio.run(run())


def problem_of(ports: tuple[int, int], call: Use, password: str = PASSWORD) -> Problem:
    with pytest.raises(OrthancFailure) as caught:
        use(ports, call, password)
    return caught.value.problem


def test_orthanc_says_who_it_is(ports: tuple[int, int]) -> None:
    system = use(ports, OrthancRest.system)
    assert (system.ae_title, system.dicom_port, system.name) == ("ORTHANC", ports[1], "East")
    assert system.version[0].isdigit()


@pytest.mark.parametrize("password", ["", "rose"])
def test_wrong_credentials_are_refused(ports: tuple[int, int], password: str) -> None:
    assert problem_of(ports, OrthancRest.system, password) is Problem.CREDENTIALS
    assert problem_of(ports, lambda each: each.delete("dead"), password) is Problem.CREDENTIALS


def test_a_modality_from_its_beginning_to_its_end(ports: tuple[int, int]) -> None:
    modality = {"AET": "ORTHANC", "Host": "127.0.0.1", "Port": ports[1], "Timeout": 3}
    use(ports, lambda client: client.put("myself", modality))
    listed = use(ports, OrthancRest.modalities)
    assert modality.items() <= listed["myself"].items()
    assert use(ports, lambda client: client.echo("myself")) == Echo(True)
    use(ports, lambda client: client.put("myself", {**modality, "Port": 2}))
    assert use(ports, OrthancRest.modalities)["myself"]["Port"] == 2
    failed = use(ports, lambda client: client.echo("myself"))
    assert not failed.is_success
    assert "onnection" in failed.detail
    use(ports, lambda client: client.delete("myself"))
    assert list(use(ports, OrthancRest.modalities)) == ["dead"]
    assert problem_of(ports, lambda each: each.delete("myself")) is Problem.UNKNOWN_MODALITY
    assert problem_of(ports, lambda each: each.echo("myself")) is Problem.UNKNOWN_MODALITY


def test_orthanc_refuses_a_modality_in_its_own_words(ports: tuple[int, int]) -> None:
    wrong = {"AET": "A", "Host": "h", "Port": 65535}
    with pytest.raises(OrthancFailure, match="TCP port number must be in range") as caught:
        use(ports, lambda client: client.put("wrong", wrong))
    assert caught.value.problem is Problem.REFUSED


def test_what_is_listed_is_read_as_a_file_is(ports: tuple[int, int]) -> None:
    text = json.dumps({"DicomModalities": use(ports, OrthancRest.modalities)})
    document = registry.read(text.encode(), format="orthanc-json")
    dead = next(ae for ae in document.aes if ae.ae_title == "DEAD")
    assert (dead.device, dead.connections) == ("dead", (Connection("127.0.0.1", 1),))
    assert document.findings == ()


def test_a_dicom_port_is_no_rest_api(ports: tuple[int, int]) -> None:
    problem = problem_of((ports[1], ports[1]), OrthancRest.system)
    assert problem in (Problem.NOT_ORTHANC, Problem.UNREACHABLE)
