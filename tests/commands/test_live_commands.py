"""The command line as scripts use it: JSON keys, exit codes, nothing else on standard output."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dicomcfg.cli import COMMANDS, main
from dicomcfg.network.demo import DEMO_AES, DEMO_HOST, serve_demo
from dicomcfg.network.demo_tls import demo_context

CONTEXTS = {
    "format": "dicomcfg",
    "schema": 1,
    "profiles": [
        {
            "name": name,
            "presentation_contexts": [
                {"abstract_syntax": uid, "transfer_syntaxes": ["1.2.840.10008.1.2"]} for uid in uids
            ],
            "role_selections": [],
            "extended_negotiations": [],
        }
        for name, uids in (
            ("Echo", ["1.2.840.10008.1.1"]),
            ("Images", ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.7"]),
        )
    ],
}


@pytest.fixture(scope="module")
def tls_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """TLS settings, which the demo network fills."""
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def ports(tls_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The demo network in a thread with a loop of its own."""
    tls = demo_context(tmp_path_factory.mktemp("demo"), tls_folder, DEMO_HOST)
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    found: dict[str, int] = {}
    stop = asyncio.Event()

    async def serve() -> None:
        async with serve_demo(tls, base_port=0) as ports:
            found.update(ports)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    yield found
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture
def contexts_file(tmp_path: Path) -> Path:
    path = tmp_path / "contexts.json"
    path.write_text(json.dumps(CONTEXTS))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def run_json(*arguments: object) -> tuple[int, dict[str, Any]]:
    result = run(*arguments, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_echo_over_tls(ports: dict[str, int], tls_folder: Path) -> None:
    address = f"127.0.0.1:{ports['DEMO_TLS']}"
    code, said = run_json("echo", address, "--tls", "demo", "--tls-folder", tls_folder)
    assert (code, said["outcome"]) == (0, "success")
    assert said["stages"][2]["name"] == "tls"
    shown = run("echo", address, "--tls", "demo", "--tls-folder", tls_folder).stdout
    assert "  TLS: TLSv1.3, " in shown
    assert "  certificate: CN=DEMO_TLS, 90 days left" in shown
    code, said = run_json("echo", address, "--tls", "--tls-folder", tls_folder)
    assert (code, said["outcome"], said["detail"]) == (1, "tls-failure", "unknown-ca")


def test_every_live_command_over_tls(
    ports: dict[str, int], tls_folder: Path, contexts_file: Path, tmp_path: Path
) -> None:
    """A sweep takes the settings that the file names."""
    address = f"127.0.0.1:{ports['DEMO_TLS']}"
    trusting = ("--tls", "demo", "--tls-folder", tls_folder)
    few = ("--sop-class", "CTImageStorage", "--dump")
    code, said = run_json("discover", address, *trusting, *few)
    assert (code, said["outcome"], said["unknown"]) == (0, "success", [])
    assert "BEGIN A-ASSOCIATE-RQ" in said["dump"]
    code, said = run_json(
        "negotiate", address, *trusting, "--contexts", contexts_file, "--profile", "Echo"
    )
    assert (code, said["tls"]["chain"][0]["subject"]) == (0, "CN=DEMO_TLS")
    file = sweep_file(tmp_path, ports, "DEMO_TLS", tls="demo")
    code, said = run_json("sweep", file, "--tls-folder", tls_folder)
    assert (code, said["results"][0]["outcome"]) == (0, "success")
    code, said = run_json("sweep", file, "--tls-folder", tmp_path)
    assert (code, said["results"][0]["outcome"]) == (1, "tls-failure")


def test_an_echo_in_clear_loads_no_more_than_it_needs() -> None:
    """What a command loads is most of the time that it takes."""
    script = "import sys, dicomcfg.commands.echo; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "pynetdicom" in loaded
    assert loaded.isdisjoint({"cryptography", "django", "celery", "uvloop"})


def test_echo_json(ports: dict[str, int]) -> None:
    code, said = run_json("echo", f"127.0.0.1:{ports['DEMO_PACS']}", "--calling", "ME")
    assert code == 0
    assert (said["outcome"], said["stage"], said["status"]) == ("success", "release", 0)
    assert [stage["name"] for stage in said["stages"]] == [
        "resolve",
        "connect",
        "associate",
        "echo",
        "release",
    ]
    assert set(said["stages"][0]) == {"name", "outcome", "elapsed_ms"}
    assert set(said["peer"]) == {
        "implementation_class_uid",
        "implementation_version_name",
        "maximum_length_received",
    }
    assert (said["rejection"], said["abort"]) == (None, None)
    assert said["seen_from"]["calling_ae_title"] == "ME"
    assert "pdus" not in said
    assert said["findings"]


def test_echo_rejected(ports: dict[str, int]) -> None:
    code, said = run_json("echo", f"localhost:{ports['DEMO_BUSY']}")
    assert code == 1
    assert said["outcome"] == "association-rejected"
    assert said["rejection"] == {"result": 2, "source": 3, "reason": 1}


def test_echo_for_people(ports: dict[str, int]) -> None:
    result = run("echo", f"127.0.0.1:{ports['DEMO_PACS']}")
    assert result.exit_code == 0
    assert result.stdout.startswith("success in ")
    assert "associate" in result.stdout
    refused = run("echo", f"127.0.0.1:{ports['DEMO_CLOSED']}")
    assert refused.exit_code == 1
    assert refused.stdout.startswith("connection-refused in ")


def test_timeout_is_the_whole_targets(ports: dict[str, int]) -> None:
    address = f"127.0.0.1:{ports['DEMO_SILENT']}"
    code, said = run_json("echo", address, "--timeout", "0.2")
    assert (code, said["outcome"]) == (1, "association-timeout")
    assert sum(stage["elapsed_ms"] for stage in said["stages"]) < 1000


def test_negotiate_json(ports: dict[str, int], contexts_file: Path) -> None:
    code, said = run_json(
        "negotiate",
        f"127.0.0.1:{ports['DEMO_CTMR']}",
        *("--contexts", contexts_file, "--profile", "Images"),
    )
    assert code == 0
    assert "status" not in said
    assert said["contexts"] == [
        {
            "request": 1,
            "context_id": 1,
            "abstract_syntax": "1.2.840.10008.5.1.4.1.1.2",
            "proposed": ["1.2.840.10008.1.2"],
            "result": 0,
            "accepted": "1.2.840.10008.1.2",
        },
        {
            "request": 1,
            "context_id": 3,
            "abstract_syntax": "1.2.840.10008.5.1.4.1.1.7",
            "proposed": ["1.2.840.10008.1.2"],
            "result": 3,
            "accepted": None,
        },
    ]


def test_negotiate_for_people(ports: dict[str, int], contexts_file: Path) -> None:
    address = f"127.0.0.1:{ports['DEMO_CTMR']}"
    result = run("negotiate", address, "--contexts", contexts_file, "--profile", "Images")
    assert "abstract syntax not supported" in result.stdout
    assert "accepted" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["echo", "127.0.0.1"],
        ["echo", "127.0.0.1:0"],
        ["echo", "127.0.0.1:65536"],
        ["echo", "127.0.0.1:١٠٤"],
        ["echo", "::1:104"],
        ["echo", ":104"],
        ["echo", "127.0.0.1:104", "--called", "A" * 17],
        ["echo", "127.0.0.1:104", "--calling", "a\\b"],
        ["echo", "127.0.0.1:" + "9" * 5000],
        ["echo", "127.0.0.1:104", "--timeout", "0"],
        ["echo", "127.0.0.1:104", "--timeout", "nan"],
        ["negotiate", "127.0.0.1:104"],
        ["negotiate", "127.0.0.1:104", "--contexts", "/nonexistent"],
        ["inspect", "/nonexistent"],
        ["sweep", "/nonexistent"],
        ["sweep", __file__],
        ["sweep", __file__, "--concurrency", "0"],
        ["no-such-command"],
    ],
)
def test_usage_errors_exit_with_2(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_contexts_must_be_named_where_there_are_several(contexts_file: Path) -> None:
    result = run("negotiate", "127.0.0.1:104", "--contexts", contexts_file)
    assert result.exit_code == 2
    assert "--profile Echo, --profile Images" in result.stderr
    unknown = run("negotiate", "127.0.0.1:104", "--contexts", contexts_file, "--profile", "Nothing")
    assert unknown.exit_code == 2


def test_ipv6_in_brackets() -> None:
    _, said = run_json("echo", "[::1]:1", "--timeout", "2")
    assert said["outcome"] in {"connection-refused", "host-unreachable"}


def test_inspect(contexts_file: Path, tmp_path: Path) -> None:
    code, said = run_json("inspect", contexts_file)
    assert code == 0
    assert [profile["name"] for profile in said["profiles"]] == ["Echo", "Images"]
    assert "profile Images" in run("inspect", contexts_file).stdout
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    code, said = run_json("inspect", empty)
    assert code == 2
    assert said["findings"][0]["severity"] == "error"


def sweep_file(folder: Path, ports: dict[str, int], *names: str, tls: str | None = None) -> Path:
    """A Document with AEs of the demo network, one not to be probed and one without address."""
    aes = [
        {
            "key": f"{name} {number}",
            "ae_title": name,
            "connections": [{"hostname": "127.0.0.1", "port": ports[name], "tls": tls}],
        }
        for number, name in enumerate(names)
    ]
    aes += [
        {"key": "X", "ae_title": "X", "do_not_probe": "reboots", "connections": []},
        {"key": "Y", "ae_title": "Y", "connections": []},
    ]
    path = folder / "aes.json"
    path.write_text(json.dumps({"format": "dicomcfg", "schema": 1, "aes": aes}))
    return path


def test_sweep_json(ports: dict[str, int], tmp_path: Path) -> None:
    file = sweep_file(tmp_path, ports, "DEMO_PACS", "DEMO_BUSY")
    code, said = run_json("sweep", file)
    assert code == 1
    assert list(said) == ["total", "by_outcome", "elapsed_s", "results"]
    assert (said["total"], said["by_outcome"]) == (
        4,
        {"success": 1, "association-rejected": 1, "skipped": 1, "no-address": 1},
    )
    first, *_, last = said["results"]
    assert list(first) == ["ae_title", "hostname", "port", "outcome", "elapsed_ms"]
    assert (first["ae_title"], first["port"]) == ("DEMO_PACS", ports["DEMO_PACS"])
    assert last == {
        "ae_title": "Y",
        "hostname": None,
        "port": None,
        "outcome": "no-address",
        "elapsed_ms": None,
    }


def test_sweep_for_people(ports: dict[str, int], tmp_path: Path) -> None:
    result = run("sweep", sweep_file(tmp_path, ports, "DEMO_PACS"), "--rate", "50")
    assert result.exit_code == 0, "what is not probed does not count"
    assert "reboots" in result.stdout
    assert "1 success, 1 skipped, 1 no-address of 3" in result.stdout


def test_an_interrupted_sweep_prints_what_there_is(ports: dict[str, int], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ExitStack() as accepted:
        silent.settimeout(20)
        found = {**ports, "SILENT": silent.getsockname()[1]}
        file = sweep_file(tmp_path, found, "DEMO_PACS", *["SILENT"] * 3)
        command = [sys.executable, "-m", "dicomcfg", "sweep", str(file), "--json"]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [*command, "--timeout", "50"], stdout=pipe, stderr=pipe, text=True
        ) as sweep:
            for _ in range(3):
                accepted.enter_context(silent.accept()[0])
            sweep.send_signal(signal.SIGINT)
            out, err = sweep.communicate(timeout=20)
    said = json.loads(out)
    assert (sweep.returncode, "Interrupted" in err) == (1, True)
    assert said["by_outcome"].pop("success", 1) == 1
    assert said["by_outcome"].pop("cancelled") >= 3
    assert said["by_outcome"] == {"skipped": 1, "no-address": 1}


def test_help_lists_every_command_without_importing_it() -> None:
    script = (
        "import sys; from dicomcfg.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print('pynetdicom' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("False\n")
    assert all(name in done.stdout for name in COMMANDS)


def test_demo_serves_until_interrupted(tmp_path: Path) -> None:
    script = "from dicomcfg.cli import main; main()"
    demo = subprocess.Popen(
        [sys.executable, "-u", "-c", script, "demo", "--host", "127.3.3.3", "--port", "21300"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DICOMCFG_HOME": str(tmp_path), "DICOMCFG_TLS_FOLDER": ""},
    )
    assert demo.stdout is not None
    lines = [demo.stdout.readline() for _ in range(len(DEMO_AES) + 1)]
    assert "Ready" in lines[-1]
    code, _ = run_json("echo", "127.3.3.3:21300")
    over_tls, _ = run_json(
        "echo", "127.3.3.3:21308", "--tls", "demo", "--tls-folder", tmp_path / "tls"
    )
    demo.send_signal(signal.SIGINT)
    rest, _ = demo.communicate(timeout=10)
    assert (code, over_tls, demo.returncode, rest) == (0, 0, 0, "")
    (key,) = tmp_path.rglob("*key.pem")
    assert key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "tls" / "demo").iterdir()] == ["ca.pem"]


def test_the_dump_tells_every_pdu(ports: dict[str, int]) -> None:
    address = f"127.0.0.1:{ports['DEMO_PACS']}"
    said = run("echo", address, "--called", "DEMO_PACS", "--dump").output
    assert "BEGIN A-ASSOCIATE-RQ" in said
    assert "Abstract Syntax: =Verification" in said
    _, value = run_json("echo", address, "--called", "DEMO_PACS", "--dump")
    assert "BEGIN A-ASSOCIATE-AC" in value["dump"]
