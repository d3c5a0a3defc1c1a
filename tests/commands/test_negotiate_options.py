"""`dicomcfg negotiate` with what stands beside the contexts of a request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dicomcfg.cli import main
from dicomcfg.core.records import ExtendedNegotiation, RoleSelection
from dicomcfg.network.acceptor import AcceptorPolicy
from tests.parts.peers import listening

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
VARIABLE = "DICOMCFG_PASSCODE_SHELL"
POLICY = AcceptorPolicy(
    role_selections=(RoleSelection(CT, True, True), RoleSelection(MR, True, False)),
    extended_negotiations=(ExtendedNegotiation(CT, "0100"),),
    asynchronous_window=(3, 3),
    identity_response=b"welcome",
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    profile = {
        "name": "Images",
        "presentation_contexts": [
            {"abstract_syntax": uid, "transfer_syntaxes": ["1.2.840.10008.1.2"]} for uid in (CT, MR)
        ],
        "role_selections": [
            {"sop_class": CT, "scu": True, "scp": False},
            {"sop_class": MR, "scu": True, "scp": True},
        ],
        "extended_negotiations": [],
    }
    path = tmp_path / "contexts.json"
    path.write_text(json.dumps({"format": "dicomcfg", "schema": 1, "profiles": [profile]}))
    return path


def said(port: int, file: Path, *options: str) -> tuple[int, dict[str, Any]]:
    address = f"127.0.0.1:{port}"
    arguments = ["negotiate", address, "--contexts", str(file), "--json", *options]
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, json.loads(result.stdout)


def test_the_file_s_roles_are_proposed_and_options_take_their_place(file: Path) -> None:
    with listening(POLICY) as peer:
        _, of_file = said(peer.port, file)
        code, of_both = said(
            peer.port, file, "--role", f"{CT}=both", "--role", "MRImageStorage=NONE"
        )
    assert code == 0
    assert of_file["answer"]["role_selections"] == [
        {"sop_class": CT, "scu": True, "scp": False},
        {"sop_class": MR, "scu": True, "scp": False},
    ]
    assert of_both["answer"]["role_selections"] == [
        {"sop_class": CT, "scu": True, "scp": True},
        {"sop_class": MR, "scu": False, "scp": False},
    ]
    assert "roles-refused" in [finding["code"] for finding in of_file["findings"]]


def test_every_option(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "open sesame")
    options = ["--extended", f"{CT}=0101", "--window", "5,1", "--user", "me"]
    options += ["--passcode-variable", VARIABLE, "--maximum-length", "0"]
    options += ["--application-context", "1.2.3"]
    with listening(POLICY) as peer:
        code, found = said(peer.port, file, *options)
    assert code == 0
    answer = found["answer"]
    assert answer["extended_negotiations"] == [{"sop_class": CT, "information": "0100"}]
    assert answer["asynchronous_window"] == [3, 1]
    assert answer["identity_response_bytes"] == len("welcome")
    codes = [finding["code"] for finding in found["findings"]]
    assert {"application-context-changed", "window-narrowed", "identity-acknowledged"} <= set(codes)
    assert "open sesame" not in json.dumps(found)


def test_what_the_peer_answered_is_told_to_people(file: Path) -> None:
    with listening(POLICY) as peer:
        arguments = ["negotiate", f"127.0.0.1:{peer.port}", "--contexts", str(file)]
        arguments += ["--extended", f"{CT}=0101", "--window", "2,2", "--user", "me"]
        result = CliRunner().invoke(main, arguments)
    assert "CT Image Storage: SCU" in result.stdout
    assert "CT Image Storage: 0100" in result.stdout
    assert "asynchronous operations: 2 invoked, 2 performed" in result.stdout
    assert "user identity acknowledged in 7 bytes" in result.stdout


def test_a_passcode_that_is_missing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with listening(POLICY) as peer:
        options = ("--user", "me", "--passcode-variable", VARIABLE)
        code, found = said(peer.port, file, *options)
    assert (code, found["outcome"], found["detail"]) == (1, "skipped", "passcode-missing")
    assert found["stages"] == []


def test_keys_of_some_kinds_only_where_they_were_seen(file: Path) -> None:
    with listening(POLICY) as peer:
        _, negotiated = said(peer.port, file)
        result = CliRunner().invoke(main, ["echo", f"127.0.0.1:{peer.port}", "--json"])
    assert "answer" in negotiated
    echoed = json.loads(result.stdout)
    assert not {"answer", "tls", "trials", "discovery", "pending"} & set(echoed)
    assert not {"tls", "trials", "discovery", "pending"} & set(negotiated)


@pytest.mark.parametrize(
    "options",
    [
        ["--role", CT],
        ["--role", f"{CT}=OWNER"],
        ["--role", "no such class=SCU"],
        ["--extended", f"{CT}=012"],
        ["--extended", f"{CT}="],
        ["--extended", f"{CT}=xx"],
        ["--window", "1"],
        ["--window", "1,65536"],
        ["--window", "-1,1"],
        ["--maximum-length", "-1"],
        ["--application-context", "DICOM"],
        ["--passcode-variable", VARIABLE],
        ["--user", "me", "--passcode-variable", "DATABASE_URL"],
    ],
)
def test_usage(options: list[str], file: Path) -> None:
    arguments = ["negotiate", "127.0.0.1:104", "--contexts", str(file), *options]
    assert CliRunner().invoke(main, arguments).exit_code == 2
