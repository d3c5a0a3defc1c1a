"""DCMTK's programs with the files that we write, and with broken ones as we say they take them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.formats import registry
from dicomcfg.core.formats.dcmtk import dcmtk_names
from dicomcfg.core.formats.dcmtk.dcmqrscp import REFUSED as QR_REFUSED
from dicomcfg.core.formats.dcmtk.dcmtk_xf_said import REFUSED
from dicomcfg.core.records import (
    Ae,
    Association,
    Connection,
    Document,
    ExtendedNegotiation,
    PresentationContext,
    Profile,
    RoleSelection,
)
from dicomcfg.core.standard.tables import ours
from dicomcfg.probes.target import DiscoverSettings, Target
from tests.core.test_format_dcmqrscp import CHANGES as QR_CHANGES
from tests.core.test_format_dcmqrscp import PLAIN as QR_PLAIN
from tests.core.test_format_dcmtk_xf import CHANGES, PLAIN
from tests.interop.conftest import CT, EXPLICIT, IMPLICIT, probe, running
from tests.parts.documents import CLASSES, FIXED, SYNTAXES
from tests.parts.programs import program
from tests.parts.waiting import free_port

MR, ECHO = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.1.1"
PRIVATE_CLASS, PRIVATE_SYNTAX = "1.2.3.4.5.6", "1.2.3.4.7"


def _context(uid: str, *syntaxes: str) -> PresentationContext:
    return PresentationContext(uid, syntaxes)


PROFILES = {
    "plain": Profile("plain", (_context(ECHO, IMPLICIT), _context(CT, EXPLICIT, IMPLICIT))),
    "odd name": Profile("CT & MR, Süd (2)", (_context(MR, IMPLICIT),)),
    "blanks and case": Profile("My Own profile", (_context(MR, EXPLICIT),)),
    "private": Profile("p", (_context(PRIVATE_CLASS, PRIVATE_SYNTAX), _context(CT, *SYNTAXES))),
    "one": Profile("1", (_context(CT, SYNTAXES[3]),)),
    "each class": Profile("all", tuple(_context(uid, IMPLICIT) for uid in CLASSES)),
    "each syntax": Profile("all", tuple(_context(uid, *SYNTAXES) for uid in CLASSES[:12])),
    "128": Profile("many", tuple(_context(f"1.2.{n}", IMPLICIT) for n in range(1, 129))),
    "more than 128": FIXED["many"].profiles[0],
    "class repeated": FIXED["repeated"].profiles[0],
    "no word": Profile("..//..", (_context(CT, IMPLICIT),)),
    "roles": Profile(
        "roles",
        (_context(ECHO, IMPLICIT), _context(CT, IMPLICIT)),
        (RoleSelection(CT, scu=True, scp=True), RoleSelection(MR, scu=True, scp=False)),
        (ExtendedNegotiation(CT, "0102ff"),),
    ),
}


def accepted(port: int, classes: set[str]) -> dict[str, set[str]]:
    """What an acceptor takes of these classes and of some others."""
    some = tuple(dict.fromkeys((*sorted(classes), ECHO, CT, MR, *CLASSES[:6])))
    settings = DiscoverSettings(some, (*SYNTAXES, PRIVATE_SYNTAX))
    seen = probe("discover", Target("127.0.0.1", port, "ANY-SCP", "DICOMCFG", discover=settings))
    assert seen.outcome is Outcome.SUCCESS
    assert seen.discovery is not None
    return {uid: set(each) for uid, each in seen.discovery.matrix.accepted().items()}


def wanted(profile: Profile) -> dict[str, set[str]]:
    merged: dict[str, set[str]] = {}
    for context in profile.presentation_contexts:
        merged.setdefault(context.abstract_syntax, set()).update(context.transfer_syntaxes)
    return merged


def _storescp(folder: Path, profile: str, port: int) -> list[str]:
    command = [program("storescp"), "-xf", "file.cfg", profile, "--output-directory", "."]
    return [*command, str(port)]


def _starts_not(command: list[str], folder: Path) -> None:
    """The program ends by itself and with an error."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, timeout=20, check=False)
    assert ended.returncode != 0, ended.stderr


@pytest.mark.parametrize("case", PROFILES)
def test_storescp_offers_exactly_what_a_written_file_says(case: str, tmp_path: Path) -> None:
    written = registry.write(Document("x", profiles=(PROFILES[case],)), "dcmtk-xf")
    (tmp_path / "file.cfg").write_bytes(written.data)
    # Of the parts of a profile, those for an acceptor are last.
    for_acceptor = registry.read(written.data, format="dcmtk-xf").profiles[-1]
    command = _storescp(tmp_path, for_acceptor.name, free_port())
    with running(command, int(command[-1]), tmp_path) as port:
        assert accepted(port, set(wanted(for_acceptor))) == wanted(for_acceptor)
    if case != "more than 128":
        assert wanted(for_acceptor) == wanted(PROFILES[case])


def _without_versions(name: str) -> bool:
    """Newer names are refused by an older DCMTK, which is what the finding about them says."""
    return dcmtk_names.known_since(name) in (None, "3.6.5", "3.6.7")


def test_storescp_knows_every_name_that_we_know(tmp_path: Path) -> None:
    table = ours("dcmtk_names")
    names = [*table["since_3_6_2"].values(), *filter(_without_versions, table["later"])]
    lines = "\n".join(f"TransferSyntax{n} = {name}" for n, name in enumerate(names, start=1))
    text = PLAIN.replace("[[Pres", f"[Names]\n{lines}\n[[Pres")
    (tmp_path / "file.cfg").write_text(text)
    command = _storescp(tmp_path, "P", free_port())
    with running(command, int(command[-1]), tmp_path) as port:
        assert set(accepted(port, set())) == {ECHO, CT, MR}


# Where our reading is not compared: it reads under another name, or what only a requestor minds.
XF_CASES = [name for name in CHANGES if name not in ("name", "class twice", "bad UID")]


@pytest.mark.parametrize("case", XF_CASES)
def test_storescp_takes_a_broken_file_as_the_findings_say(case: str, tmp_path: Path) -> None:
    old, new, _, _ = CHANGES[case]
    text = PLAIN.replace(old, new, 1)
    document = registry.read(text.encode(), format="dcmtk-xf")
    (tmp_path / "file.cfg").write_text(text)
    command = _storescp(tmp_path, "P", free_port())
    if any(f.message.endswith(REFUSED) for f in document.findings) or case == "recent name":
        _starts_not(command, tmp_path)
        return
    [profile] = document.profiles
    with running(command, int(command[-1]), tmp_path) as port:
        assert accepted(port, set()) == wanted(profile)


def test_storescp_refuses_a_class_in_two_contexts_and_storescu_does_not(tmp_path: Path) -> None:
    old, new, _, _ = CHANGES["class twice"]
    (tmp_path / "file.cfg").write_text(PLAIN.replace(old, new, 1))
    _starts_not(_storescp(tmp_path, "P", free_port()), tmp_path)
    command = [program("storescu"), "-xf", "file.cfg", "P", "127.0.0.1", "1", "file.cfg"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=20, check=False)
    assert b"config file" not in ended.stdout + ended.stderr
    assert b"not valid" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("name", FIXED)
def test_dcmqrscp_starts_with_what_we_write(name: str, tmp_path: Path) -> None:
    (tmp_path / "file.cfg").write_bytes(registry.write(FIXED[name], "dcmqrscp").data)
    port = free_port()
    with running([program("dcmqrscp"), "-c", "file.cfg", str(port)], port, tmp_path):
        pass


def test_dcmqrscp_lets_in_who_may_call(tmp_path: Path) -> None:
    port = free_port()
    local = "127.0.0.1"
    aes = (
        Ae("CT1", "CT1", connections=(Connection(local, 104),)),
        Ae("MR1", "MR1", connections=(Connection(local, 105),)),
        Ae("ARCHIVE", "ARCHIVE", connections=(Connection(local, port),)),
        Ae("OPEN", "OPEN"),
    )
    document = Document("x", aes=aes, associations=(Association("CT1", "ARCHIVE"),))
    text = registry.write(document, "dcmqrscp").text.replace("/var/lib/dcmtk/db/", f"{tmp_path}/")
    (tmp_path / "file.cfg").write_text(text)
    for folder in ("ARCHIVE", "OPEN"):
        (tmp_path / folder).mkdir()
    command = [program("dcmqrscp"), "--disable-host-lookup", "-c", "file.cfg"]
    with running(command, port, tmp_path):
        outcomes = {
            (calling, called): probe("echo", Target(local, port, called, calling)).outcome
            for calling in ("CT1", "MR1")
            for called in ("ARCHIVE", "OPEN")
        }
    assert {pair for pair, outcome in outcomes.items() if outcome is Outcome.SUCCESS} == {
        ("CT1", "ARCHIVE"),
        ("CT1", "OPEN"),
        ("MR1", "OPEN"),
    }


@pytest.mark.parametrize("case", QR_CHANGES)
def test_dcmqrscp_takes_a_broken_file_as_the_findings_say(case: str, tmp_path: Path) -> None:
    old, new, *_ = QR_CHANGES[case]
    text = QR_PLAIN.replace(old, new, 1)
    findings = registry.read(text.encode(), format="dcmqrscp").findings
    (tmp_path / "file.cfg").write_text(text)
    port = free_port()
    command = [program("dcmqrscp"), "-c", "file.cfg", str(port)]
    if any(finding.message.endswith(QR_REFUSED) for finding in findings):
        _starts_not(command, tmp_path)
        return
    with running(command, port, tmp_path):
        pass
