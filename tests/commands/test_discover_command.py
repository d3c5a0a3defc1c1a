"""`dicomcfg discover`: JSON keys, the table, usage, and an interrupt on the way."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dicomcfg.cli import main
from dicomcfg.core.standard import uids
from dicomcfg.network.acceptor import AcceptorPolicy
from tests.parts.peers import listening

ROOT = Path(__file__).parents[2]
VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A peer of Verification and CT in Implicit VR."""
    policy = AcceptorPolicy(
        abstract_syntaxes=frozenset({VERIFICATION, CT}), transfer_syntaxes=(IMPLICIT,)
    )
    with listening(policy) as peer:
        yield f"127.0.0.1:{peer.port}"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["discover", *arguments])


def said(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    value: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == (0 if value["outcome"] == "success" else 1)
    return value


def test_the_named_part_as_json(address: str) -> None:
    syntaxes = ("--transfer-syntax", "ImplicitVRLittleEndian", "--transfer-syntax", EXPLICIT)
    classes = ("--sop-class", "CTImageStorage", "--sop-class", "1.2.3")
    value = said(address, *classes, *syntaxes)
    assert list(value)[:7] == [
        "accepted",
        "refused",
        "unknown",
        "associations",
        "largest_request_bytes",
        "elapsed_s",
        "outcome",
    ]
    assert value["accepted"] == [{"sop_class": CT, "transfer_syntax": IMPLICIT}]
    assert value["refused"] == [
        {"sop_class": CT, "transfer_syntax": EXPLICIT, "result": 4},
        {"sop_class": "1.2.3", "transfer_syntax": IMPLICIT, "result": 3},
        {"sop_class": "1.2.3", "transfer_syntax": EXPLICIT, "result": 3},
    ]
    assert (value["unknown"], value["associations"]) == ([], 1)
    assert [finding["code"] for finding in value["findings"]] == ["discovered"]


def test_the_whole_catalogue_within_its_bounds(address: str) -> None:
    value = said(address, "--max-request-bytes", "4000", "--max-syntaxes", "5", "--roles")
    assert value["largest_request_bytes"] <= 4000
    assert len(value["accepted"]) == 2
    assert len(value["accepted"]) + len(value["refused"]) == 320 * 58
    assert {role["sop_class"] for role in value["roles"]} == {VERIFICATION, CT}


def test_for_people(address: str) -> None:
    result = run(address, "--concurrent", "2")
    assert result.exit_code == 0
    assert result.stdout.startswith("success in ")
    assert "1 transfer syntax: Implicit LE" in result.stdout
    assert uids.registry()[CT].short_name.removesuffix(" Storage") in result.stdout
    assert "318 SOP Classes refused, 0 pairs unknown" in result.stdout


def test_a_peer_that_is_not_there() -> None:
    value = said("127.0.0.1:1", "--sop-class", CT, "--transfer-syntax", IMPLICIT)
    assert value["outcome"] == "connection-refused"
    assert value["unknown"] == [{"sop_class": CT, "transfer_syntax": IMPLICIT}]
    assert [finding["code"] for finding in value["findings"]] == ["connection-refused"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sop-class", "NoSuchClass"],
        ["--sop-class", IMPLICIT],
        ["--transfer-syntax", "CTImageStorage"],
        ["--max-syntaxes", "0"],
        ["--max-request-bytes", "1"],
        ["--pause", "-1"],
    ],
)
def test_usage_errors(arguments: list[str]) -> None:
    result = run("127.0.0.1:104", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")


def test_an_interrupt_prints_what_was_found() -> None:
    command = [sys.executable, "-c", "from dicomcfg.cli import main; main()"]
    terminal, its_end = pty.openpty()
    with listening(AcceptorPolicy()) as peer, os.fdopen(terminal, "rb", buffering=0) as progress:
        process = subprocess.Popen(
            [*command, "discover", f"127.0.0.1:{peer.port}", "--pause", "3600", "--json"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=its_end,
            text=True,
        )
        os.close(its_end)
        shown = b""
        while b"1 association," not in shown:
            shown += progress.read(4096)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=20)
    assert b"1% of 18,560 pairs known, 128 SOP Classes accepted" in shown
    value = json.loads(stdout)
    assert (process.returncode, value["outcome"]) == (1, "cancelled")
    assert len(value["accepted"]) == 128
    assert "pairs-unknown" in [finding["code"] for finding in value["findings"]]
