"""InterSystems' association file: liberal reading, line findings, exact writing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.formats import intersystems, registry
from dicomcfg.core.formats.intersystems import contexts_of, read_lines
from dicomcfg.core.records import Ae, Document, PresentationContext, Profile, RoleSelection

VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
MWL = "1.2.840.10008.5.1.4.31"
ILE, ELE, EBE = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
J2K = "1.2.840.10008.1.2.4.90"


def _codes(findings):
    return [finding.code for finding in findings]


def test_the_vendors_sample_gives_two_abstract_syntaxes(sample):
    document = registry.read(sample("worklist-pairs.txt"), name="MyAssociations.txt")
    assert document.format == "intersystems"
    assert document.profiles == (
        Profile(
            "MyAssociations",
            (
                PresentationContext(VERIFICATION, (ILE,)),
                PresentationContext(MWL, (ILE, ELE, EBE)),
            ),
        ),
    )
    assert _codes(document.findings) == ["uid-retired"]
    assert document.findings[0].line == 4


def test_liberal_reading(sample):
    data = sample("liberal-pairs.txt")
    document = registry.read(data, name="x.txt")
    assert document.profiles[0].presentation_contexts == (
        PresentationContext(VERIFICATION, (ILE,)),
        PresentationContext(CT, (ELE, J2K, ILE)),
    )
    assert [(f.code, f.line) for f in document.findings] == [("pair-repeated", 6)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_do_not_matter(sample, encoding):
    data = sample("liberal-pairs.txt")
    recoded = data.decode("utf-8").encode(encoding)
    assert registry.read(recoded).profiles == registry.read(data).profiles


def test_every_line_is_shown_with_names():
    lines = read_lines(f"# note\n\n{CT}\\{ELE}\n{VERIFICATION}\nnonsense\n")
    assert [line.number for line in lines] == [1, 2, 3, 4, 5]
    assert [line.text for line in lines][:2] == ["# note", ""]
    assert lines[2].abstract_syntax.name == "CT Image Storage"
    assert [t.name for t in lines[2].transfer_syntaxes] == ["Explicit VR Little Endian"]
    assert not lines[2].implied
    assert lines[3].implied
    assert [t.uid for t in lines[3].transfer_syntaxes] == [ILE]
    assert lines[4].abstract_syntax is None
    assert _codes(lines[4].findings) == ["uid-name-unknown"]


@pytest.mark.parametrize(
    ("line", "code", "severity"),
    [
        ("1.2.3.4", "uid-unknown", "warning"),
        (f"{CT}\\1.2.3.4", "uid-unknown", "warning"),
        (f"{ELE}\\{ELE}", "uid-of-another-kind", "warning"),
        (f"{CT}\\{CT}", "uid-of-another-kind", "warning"),
        ("1.2.840.10008.1.20.1.1", "uid-of-another-kind", "warning"),
        (f"{CT}\\{EBE}", "uid-retired", "warning"),
        (f"{CT}\\1.2.840.10008.1.2.7.1", "uid-not-negotiable", "warning"),
        ("1.2.840.010008.1.1", "uid-invalid", "error"),
        (f"{CT}\\1.2.", "uid-invalid", "error"),
        ("1." + "9" * 70, "uid-invalid", "error"),
        (f"\\{ELE}", "uid-invalid", "error"),
        (f"{CT}\\Fastest Syntax", "uid-name-unknown", "error"),
        (f"{CT}, {ELE}", "uid-invalid", "error"),
        (f"{CT}\\" + f"{ELE}\\" * 1000, "line-too-long", "error"),
    ],
)
def test_findings_of_a_line(line, code, severity):
    findings = read_lines(f"{VERIFICATION}\n{line}\n")[1].findings
    assert [(f.code, f.severity, f.line) for f in findings] == [(code, severity, 2)]


def test_sizes_are_told():
    many = "\n".join(f"1.2.3.{number}" for number in range(1, 130))
    findings = registry.read(many.encode(), format="intersystems").findings
    assert [(f.code, f.severity) for f in findings][-1] == ("contexts-will-be-split", "info")
    wide = "\n".join(f"{CT}\\1.2.3.{number}" for number in range(1, 34))
    findings = registry.read(wide.encode(), format="intersystems").findings
    assert [(f.code, f.severity) for f in findings][-1] == ("many-transfer-syntaxes", "warning")
    wide += "\n" + wide.replace(CT, MWL) + f"\n{MWL}\\1.2.4"
    *others, finding = registry.read(wide.encode(), format="intersystems").findings
    assert "many-transfer-syntaxes" not in _codes(others)
    assert finding.subject == MWL
    assert "has 34 transfer syntaxes, one of 2 contexts with more than 32" in finding.message
    findings = registry.read(b"# nothing\n", format="intersystems").findings
    assert _codes(findings) == ["no-contexts"]


def test_lines_are_bounded():
    lines = read_lines("#\n" * (intersystems.MAXIMUM_LINES + 1000))
    assert len(lines) == intersystems.MAXIMUM_LINES + 1
    assert _codes(lines[-1].findings) == ["too-many-lines"]


def test_writing_is_exact():
    profile = Profile("P", (PresentationContext(CT, (ELE, ILE)), PresentationContext(MWL, (ILE,))))
    written = registry.write(Document("x", profiles=(profile,)), "intersystems")
    assert written.text == f"{CT}\\{ELE}\n{CT}\\{ILE}\n{MWL}\\{ILE}\n"
    assert [f.path for f in written.findings] == ["profile.name.spelling"]


def test_writing_says_what_is_lost():
    context = PresentationContext(CT, (ELE,))
    profiles = (
        Profile("A", (context,), (RoleSelection(CT, True, True),)),
        Profile("B", (context,)),
    )
    document = Document("x", profiles=profiles, aes=(Ae("CT1", "CT1"),))
    written = registry.write(document, "intersystems")
    assert written.text == f"{CT}\\{ELE}\n"
    assert [f.path for f in written.findings] == [
        "profiles.merged",
        "aes",
        "profile.role_selections",
    ]


UIDS = st.lists(st.integers(0, 10**6), min_size=1, max_size=8).map(
    lambda parts: "1." + ".".join(map(str, parts))
)
CONTEXTS = st.dictionaries(
    UIDS, st.lists(UIDS, min_size=1, max_size=5, unique=True), min_size=1, max_size=20
)


@given(CONTEXTS)
def test_what_is_written_reads_back(contexts):
    wanted = tuple(PresentationContext(uid, tuple(syntaxes)) for uid, syntaxes in contexts.items())
    document = Document("x", profiles=(Profile("P", wanted),))
    text = registry.write(document, "intersystems").text
    assert contexts_of(read_lines(text)) == wanted
    assert registry.read(text.encode(), name="P.txt").profiles == document.profiles
