"""`dicomcfg forecast`: which side of a file speaks, what is printed, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dicomcfg.cli import main

IMPLICIT, EXPLICIT, JPEG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"


def ae(title: str, *capabilities: tuple[str, str, list[str]]) -> dict[str, Any]:
    return {
        "key": title,
        "ae_title": title,
        "transfer_capabilities": [
            {"sop_class": uid, "role": role, "transfer_syntaxes": syntaxes}
            for uid, role, syntaxes in capabilities
        ],
    }


def profile(name: str, roles: list[Any], *contexts: tuple[str, list[str]]) -> dict[str, Any]:
    return {
        "name": name,
        "presentation_contexts": [
            {"abstract_syntax": uid, "transfer_syntaxes": syntaxes} for uid, syntaxes in contexts
        ],
        "role_selections": roles,
    }


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """aes.json has a CT and an ARCHIVE; one.json and two.json have profiles."""
    archive = ae("ARCHIVE", (CT, "SCP", [JPEG, IMPLICIT, EXPLICIT]), (CT, "SCU", [JPEG]))
    scanner = ae("CT1", (CT, "SCU", [EXPLICIT, IMPLICIT, JPEG]), (MR, "SCU", [IMPLICIT]))
    get = [{"sop_class": CT, "scu": False, "scp": True}]
    documents = {
        "aes": {"aes": [archive, scanner]},
        "one": {"profiles": [profile("Get", get, (CT, [IMPLICIT, JPEG]))]},
        "two": {
            "profiles": [profile("A", [], (CT, [IMPLICIT])), profile("B", [], (MR, [EXPLICIT]))]
        },
    }
    for name, content in documents.items():
        whole = {"format": "dicomcfg", "schema": 1, **content}
        (tmp_path / f"{name}.json").write_text(json.dumps(whole))
    (tmp_path / "junk.json").write_text('{"format": "dicomcfg", "schema": 1, "aes": 7}')
    return tmp_path


def run(files: Path, proposed: str, accepted: str, *options: str) -> Result:
    arguments = ["forecast", str(files / f"{proposed}.json"), str(files / f"{accepted}.json")]
    return CliRunner().invoke(main, [*arguments, *options])


PAIR = ("--proposed-ae", "CT1", "--accepted-ae", "ARCHIVE")


@pytest.mark.parametrize(
    ("options", "accepted"),
    [
        ((), EXPLICIT),
        (("--policy", "acceptor"), JPEG),
        (("--policy", "preferred", "--prefer", IMPLICIT), IMPLICIT),
        (("--policy", "preferred", "--prefer", "RLELossless"), EXPLICIT),
        (("--policy", "preferred"), EXPLICIT),
    ],
)
def test_the_keys_that_scripts_rely_on(files: Path, options: list[str], accepted: str) -> None:
    result = run(files, "aes", "aes", *PAIR, "--json", *options)
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    first, second = said["contexts"]
    assert first["abstract_syntax"] == CT
    assert first["proposed"] == [EXPLICIT, IMPLICIT, JPEG]
    assert (first["result"], first["accepted"]) == (0, accepted)
    assert (second["abstract_syntax"], second["result"], second["accepted"]) == (MR, 3, None)
    assert [each["code"] for each in said["findings"]] == ["forecast-class-not-supported"]


def test_the_one_ae_that_is_an_scp_is_taken(files: Path) -> None:
    named = run(files, "one", "aes", "--accepted-ae", "ARCHIVE", "--json")
    assert run(files, "one", "aes", "--json").stdout == named.stdout.replace("ARCHIVE", "aes")


def test_all_accepted_in_the_roles_that_are_proposed(files: Path) -> None:
    """The requestor is to be the SCP, so what the archive sends counts."""
    result = run(files, "one", "aes", "--accepted-ae", "ARCHIVE", "--json")
    assert result.exit_code == 0
    (context,) = json.loads(result.stdout)["contexts"]
    assert context["accepted"] == JPEG
    assert context["role"] == {"sop_class": CT, "scu": False, "scp": True}


def test_a_profile_as_acceptor_and_a_table_for_people(files: Path) -> None:
    result = run(files, "aes", "two", "--proposed-ae", "CT1", "--accepted-profile", "B")
    assert result.exit_code == 1
    assert "CT Image Storage" in result.stdout
    assert "No transfer syntax in common: proposed Implicit LE" in result.stdout
    assert "warning: " in result.stdout
    granted = run(files, "one", "one", "--json")
    assert json.loads(granted.stdout)["contexts"][0]["role"]["scp"]


@pytest.mark.parametrize(
    ("proposed", "accepted", "options", "says"),
    [
        ("two", "aes", ("--accepted-ae", "ARCHIVE"), "say which of PROPOSED: profile A, profile B"),
        ("one", "aes", ("--accepted-ae", "NOBODY"), "ACCEPTED has no AE NOBODY, but AE ARCHIVE"),
        ("one", "two", (), "say which of ACCEPTED: profile A, profile B"),
        ("two", "aes", ("--proposed-ae", "A", "--proposed-profile", "A"), "name one"),
        ("one", "aes", ("--prefer", IMPLICIT), "belongs to --policy preferred"),
        ("one", "aes", ("--prefer", "CT Image Storage"), "is no transfer syntax"),
        ("missing", "aes", (), "No such file"),
    ],
)
def test_usage_errors_say_what_there_is(
    files: Path, proposed: str, accepted: str, options: list[str], says: str
) -> None:
    result = run(files, proposed, accepted, *options)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())


def test_a_file_that_cannot_be_read(files: Path) -> None:
    result = run(files, "junk", "aes", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["findings"]
