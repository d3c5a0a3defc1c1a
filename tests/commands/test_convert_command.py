"""`convert`, `inspect` and `formats`: any file into any other, without a database."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dicomcfg.cli import main
from dicomcfg.core.formats import registry
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Device,
    Document,
    ExtendedNegotiation,
    PresentationContext,
    Profile,
    RoleSelection,
    TransferCapability,
)

CT, ECHO = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.1"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
TABLE = "AE Title,Host,Port\r\nCT1,10.0.0.1,104\r\nPACS,10.0.0.2,11112\r\n"
FULL = Document(
    "dicomcfg-json",
    devices=(Device("D", "Scanner 7", manufacturer="Maker", contact="Call me", state="planned"),),
    aes=(
        Ae(
            "CT1",
            "CT1",
            site="North",
            device="D",
            description="First floor",
            tags=("a",),
            do_not_probe="fragile",
            association_initiator=False,
            association_acceptor=False,
            connections=(Connection("10.0.0.1", 104, "inside"),),
            transfer_capabilities=(TransferCapability(CT, "SCU", (EXPLICIT,)),),
            allowed_probes=("find",),
            profile="Two",
            profile_role="SCU",
            maximum_associations_in=20,
            maximum_associations_out=3,
        ),
        Ae("PACS", "PACS", connections=(Connection("10.0.0.2", 104),)),
    ),
    associations=(
        Association(
            "CT1",
            "PACS",
            "images",
            "by night",
            "Two",
            (PresentationContext(CT, (IMPLICIT,)),),
            associations_at_once=4,
        ),
    ),
    profiles=(
        Profile("One", (PresentationContext(ECHO, (IMPLICIT,)),)),
        Profile(
            "Two",
            (PresentationContext(CT, (EXPLICIT, IMPLICIT)),),
            (RoleSelection(CT, True, False),),
            (ExtendedNegotiation(CT, "0102"),),
            "For CT",
        ),
    ),
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "aes.csv"
    path.write_text(TABLE, newline="")
    return path


@pytest.fixture
def full(tmp_path: Path) -> Path:
    path = tmp_path / "full.json"
    path.write_bytes(registry.write(FULL, "dicomcfg-json").data)
    return path


def run(*arguments: object, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments], input=given)


def test_it_needs_no_django(table: Path) -> None:
    script = (
        "import sys; from click.testing import CliRunner; from dicomcfg.cli import main;"
        f"done = CliRunner().invoke(main, ['convert', {str(table)!r}, '--to', 'dicomcfg-json']);"
        "assert done.exit_code == 0, done.output; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()).isdisjoint({"django", "celery", "pynetdicom"})


def test_a_table_becomes_our_form_and_comes_back(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.json"
    done = run("convert", table, "--to", "dicomcfg-json", "-o", out)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    written = json.loads(out.read_text())
    assert written["format"] == "dicomcfg-json"
    assert [ae["ae_title"] for ae in written["aes"]] == ["CT1", "PACS"]
    again = run("convert", out, "--to", "ae-table")
    assert (again.exit_code, again.stderr) == (0, "")
    assert again.stdout_bytes.startswith(b"AE Title,Host,Port,")
    assert b"\r\nCT1,10.0.0.1,104," in again.stdout_bytes


def test_losses_are_told_apart_from_the_file_and_are_no_failure(full: Path) -> None:
    done = run("convert", full, "--to", "ae-table")
    assert done.exit_code == 0
    assert done.stdout.startswith("AE Title,")
    assert "no place for 1 association." in done.stderr
    assert "no place" not in done.stdout


def test_an_error_writes_nothing_and_leaves_what_was_there(tmp_path: Path) -> None:
    bad, out = tmp_path / "bad.csv", tmp_path / "out.json"
    bad.write_text("AE Title,Host,Port\nCT1,10.0.0.1,99999999\n")
    out.write_text("before")
    done = run("convert", bad, "--to", "dicomcfg-json", "-o", out)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "line 2" in done.stderr
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv", "out.json"]


def test_writing_replaces_a_file_and_keeps_its_permissions(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("before")
    out.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(out)
    assert run("convert", table, "--to", "dicomcfg-json", "-o", link).exit_code == 0
    assert link.is_symlink()
    assert json.loads(out.read_text())["schema"] == 1
    assert out.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "nothing"], "there is no format nothing; there are dicomcfg-json"),
        (["--to", "ae-table", "--format", "x"], "there is no format x"),
        (["--to", "ae-table", "-o", "no/such/folder/x"], "No such file or directory"),
        ([], "Missing option '--to'"),
    ],
)
def test_what_cannot_be_asked(arguments: list[str], words: str, table: Path) -> None:
    done = run("convert", table, *arguments)
    assert done.exit_code == 2
    assert words in done.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = run("convert", tmp_path / "no.csv", "--to", "ae-table")
    assert done.exit_code == 2
    assert "No such file" in done.stderr


def test_several_files_an_archive_a_folder_and_standard_input_are_read_as_one(
    full: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "aes.csv").write_text("AE Title,Host,Port\nMR1,10.0.0.7,104\n")
    (folder / ".hidden").write_text("not looked at")
    archive = tmp_path / "both.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("contexts.txt", f"{ECHO}\\{IMPLICIT}\n")
    done = run(
        "inspect", "--json", full, archive, folder, "-", given=b"AE Title,Host\nUS1,10.0.0.8\n"
    )
    said = json.loads(done.stdout)
    assert [ae["ae_title"] for ae in said["aes"]] == ["CT1", "PACS", "MR1", "US1"]
    assert [profile["name"] for profile in said["profiles"]] == ["One", "Two", "contexts"]


def test_other_commands_open_archives_too(tmp_path: Path) -> None:
    archive = tmp_path / "contexts.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("echo.txt", f"{ECHO}\\{IMPLICIT}\n")
    done = run("forecast", archive, archive, "--json")
    assert done.exit_code == 0, done.stderr
    said = json.loads(done.stdout)
    assert [each["abstract_syntax"] for each in said["contexts"]] == [ECHO]


def test_findings_of_several_files_name_theirs(table: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("AE Title,Host,Port\nMR1,10.0.0.1,99999999\n")
    done = run("inspect", table, bad)
    assert done.exit_code == 2
    assert "bad.csv, line 2" in done.stdout


def test_a_zip_of_one_file_for_each_set_of_contexts(full: Path, tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("a.zip", "b.zip")]
    for out in outs:
        assert run("convert", full, "--to", "intersystems", "--each", "-o", out).exit_code == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()
    with zipfile.ZipFile(io.BytesIO(outs[0].read_bytes())) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert files == {
        "One.txt": f"{ECHO}\\{IMPLICIT}\n",
        "Two.txt": f"{CT}\\{EXPLICIT}\n{CT}\\{IMPLICIT}\n",
        "CT1-PACS.txt": f"{CT}\\{IMPLICIT}\n",
    }


def test_names_of_files_in_a_zip_are_harmless_and_differ(tmp_path: Path) -> None:
    names = ("../../etc/passwd", "A/B", "a b", "A_B", "\u202e", "x" * 500)
    profiles = tuple(Profile(name, (PresentationContext(ECHO, (IMPLICIT,)),)) for name in names)
    source, out = tmp_path / "in.json", tmp_path / "out.zip"
    document = Document("dicomcfg-json", profiles=profiles)
    source.write_bytes(registry.write(document, "dicomcfg-json").data)
    assert run("convert", source, "--to", "intersystems", "--each", "-o", out).exit_code == 0
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == [
            "etc_passwd.txt",
            "A_B.txt",
            "a_b-2.txt",
            "A_B-3.txt",
            "dicomcfg.txt",
            f"{'x' * 60}.txt",
        ]


def test_json_is_the_document_with_every_finding(full: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done = run("convert", full, "--to", "ae-table", "--json", "-o", out)
    assert (done.exit_code, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["aes"][0]["key"] == "CT1"
    assert {finding["code"] for finding in said["findings"]} == {"not-carried"}
    assert out.read_text().startswith("AE Title,")


def test_inspect_shows_everything_that_a_document_holds(full: Path) -> None:
    done = run("inspect", full)
    assert done.exit_code == 0
    for words in (
        "Scanner 7",
        "Maker",
        "Call me",
        "planned",
        "10.0.0.1:104 TLS inside",
        "First floor",
        "site North",
        "tags a",
        "do not probe: fragile",
        "initiates no associations",
        "accepts no associations",
        "allows find",
        "SCU of profile Two",
        "at most 20 associations in",
        "at most 3 associations out",
        "capabilities of CT1",
        f"SCU  {CT}",
        "association CT1 -> PACS: images: by night, follows profile Two, 4 at once",
        "profile Two: For CT",
        "SCU 1, SCP 0",
        "0102",
    ):
        assert words in done.stdout, words


def test_a_file_s_text_does_not_act_on_the_terminal(tmp_path: Path) -> None:
    source = tmp_path / "in.json"
    document = Document("dicomcfg-json", devices=(Device("D", "\x1b[31mred", location="\x07"),))
    source.write_bytes(registry.write(document, "dicomcfg-json").data)
    done = run("inspect", source)
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout


def test_every_format_is_listed() -> None:
    said = json.loads(run("formats", "--json").stdout)["formats"]
    assert [each["name"] for each in said] == list(registry.FORMATS)
    assert {"name": "ae-table", "title": registry.FORMATS["ae-table"].title, "write": True} in said
    assert "intersystems" in run("formats").stdout


@pytest.mark.parametrize("name", [each.name for each in registry.FORMATS.values() if each.write])
def test_every_written_format_gives_the_same_bytes_again(name: str, full: Path) -> None:
    first, second = (run("convert", full, "--to", name) for _ in range(2))
    assert first.exit_code == second.exit_code == 0
    assert first.stdout_bytes == second.stdout_bytes != b""
