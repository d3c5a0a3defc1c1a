"""DCMTK's association configuration: what it loads, what it does not, and what is written."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.dcmtk import dcmtk_names
from dicomcfg.core.formats.dcmtk.dcmtk_config import parse
from dicomcfg.core.formats.dcmtk.dcmtk_xf_said import REFUSED
from dicomcfg.core.records import (
    Ae,
    Association,
    Document,
    ExtendedNegotiation,
    PresentationContext,
    Profile,
    RoleSelection,
)
from tests.parts.documents import MANY, REPEATED

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
LOSSLESS, JPEG_LS = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"
ECHO, CT, MR = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
PLAIN = """\
[[TransferSyntaxes]]
[U]
TransferSyntax1 = LittleEndianImplicit
TransferSyntax2 = LittleEndianExplicit
[[PresentationContexts]]
[C]
PresentationContext1 = VerificationSOPClass\\U
PresentationContext2 = CTImageStorage\\U
PresentationContext3 = MRImageStorage\\U
[[SCPSCURoleSelection]]
[R]
Role1 = CTImageStorage\\BOTH
[[ExtendedNegotiation]]
[E]
ExtendedNegotiation1 = CTImageStorage\\01
[[Profiles]]
[P]
PresentationContexts = C
SCPSCURoleSelection = R
ExtendedNegotiation = E
"""
# What is changed in it, the code of the finding, and its line.
CHANGES = {
    "gap": ("Context2 =", "Context4 =", "numbering-gap", 8),
    "leading zero": ("Syntax2 =", "Syntax02 =", "dcmtk-entry-ignored", 4),
    "space at the end": ("EndianImplicit\n", "EndianImplicit \n", "dcmtk-stray-space", 3),
    "space before backslash": ("CTImageStorage\\U", "CTImageStorage \\U", "dcmtk-stray-space", 8),
    "comment": ("\\U\n[[SCP", "\\U # all\n[[SCP", "dcmtk-inline-comment", 9),
    "unknown name": ("= CTImageStorage\\U", "= CTImages\\U", "dcmtk-name-unknown", 8),
    "keyword": ("LittleEndianImplicit", "ImplicitVRLittleEndian", "dcmtk-name-foreign", 3),
    "other case": ("CTImageStorage\\U", "ctimagestorage\\U", "dcmtk-name-foreign", 8),
    "recent name": ("= MRImageStorage", "= HeightMapSegmentationStorage", "dcmtk-name-recent", 9),
    "bad UID": ("= MRImageStorage", "= 1.02.3", "uid-invalid", 9),
    "indented entry": ("TransferSyntax2", "  TransferSyntax2", "dcmtk-line-appended", 4),
    "indented comment": ("TransferSyntax2", " # x\nTransferSyntax2", "dcmtk-line-appended", 4),
    "no equals": ("TransferSyntax2", "note\nTransferSyntax2", "dcmtk-line-swallowed", 5),
    "line above without equals": ("[U]\n", "[U]\nnote\n", "dcmtk-line-swallowed", 4),
    "number twice": ("Context3 =", "Context2 =", "dcmtk-entry-repeated", 9),
    "section twice": ("[[Pres", "[U]\nTransferSyntax1 = BigEndianExplicit\n[[Pres", None, None),
    "undefined list": ("SOPClass\\U", "SOPClass\\X", "dcmtk-reference-undefined", 7),
    "no backslash": ("VerificationSOPClass\\U", "CTImageStorage", "dcmtk-value-malformed", 7),
    "role": ("\\BOTH", "\\ALL", "dcmtk-value-malformed", 12),
    "role of another class": ("Role1 = CT", "Role1 = UltrasoundImageStorage\\SCP\nRole2 = CT",
                              "dcmtk-class-without-context", 20),
    "role twice": ("\\BOTH", "\\BOTH\nRole2 = CTImageStorage\\SCP", "dcmtk-class-twice", 13),
    "hex": ("\\01", "\\0", "dcmtk-value-malformed", 15),
    "no contexts": ("PresentationContexts = C", "X = C", "dcmtk-profile-incomplete", 17),
    "profile twice": ("[P]", "[p]\nPresentationContexts=C\n[P]", "dcmtk-profile-twice", 19),
    "class twice": ("= MRImageStorage", "= CTImageStorage", "dcmtk-class-repeated", 17),
    "name": ("[P]", "[P/1]", "dcmtk-name-changed", 17),
    "unknown heading": ("[[SCPSCU", "[[ SCUSCP", "dcmtk-section-ignored", 10),
    "before any heading": ("[[Trans", "X = 1\n[[Trans", "dcmtk-section-ignored", 1),
    "no syntaxes": ("[[TransferSyntaxes]]", "", "dcmtk-section-missing", None),
    "no profiles": ("[[Profiles]]", "[[Nothing]]", "dcmtk-section-missing", None),
    "mark": ("[[Trans", "\ufeff[[Trans", "dcmtk-byte-order-mark", 1),
    "list for nothing": ("[[SCP", "[D]\nPresentationContext1=MRImageStorage\\U\n[[SCP",
                         "dcmtk-list-unused", None),
}  # fmt: skip


def read(text):
    return registry.read(text.encode(), name="x.cfg", format="dcmtk-xf")


def contexts(document):
    return {
        context.abstract_syntax: context.transfer_syntaxes
        for profile in document.profiles
        for context in profile.presentation_contexts
    }


def test_a_sample_reads_whole(sample):
    document = registry.read(sample("dcmtk-xf-departments.cfg"))
    assert document.format == "dcmtk-xf"
    plain, lossless = (EXPLICIT, IMPLICIT), (LOSSLESS, JPEG_LS)
    assert document.profiles == (
        Profile(
            "Workstation",
            (
                PresentationContext(ECHO, plain),
                PresentationContext(CT, lossless),
                PresentationContext(CT, plain),
                PresentationContext("1.2.3.4.5", plain),
            ),
            (RoleSelection(CT, scu=True, scp=True),),
            (ExtendedNegotiation(CT, "0201ff"),),
        ),
        Profile("Monitor", (PresentationContext(ECHO, plain),)),
    )
    assert [f.code for f in document.findings] == ["dcmtk-class-repeated"]


def test_nothing_is_said_of_a_plain_file():
    assert read(PLAIN).findings == ()
    assert contexts(read(PLAIN)) == dict.fromkeys((ECHO, CT, MR), (IMPLICIT, EXPLICIT))


@pytest.mark.parametrize("case", [name for name, change in CHANGES.items() if change[2]])
def test_what_is_odd_is_found(case):
    old, new, code, line = CHANGES[case]
    assert old in PLAIN
    document = read(PLAIN.replace(old, new, 1))
    found = {finding.code: finding for finding in document.findings}
    assert code in found, found
    if line is not None:
        assert found[code].line == line


@pytest.mark.parametrize(
    "case", ["space at the end", "space before backslash", "comment", "keyword"]
)
def test_what_is_plain_is_read_although_the_file_is_refused(case):
    old, new, _, _ = CHANGES[case]
    document = read(PLAIN.replace(old, new, 1))
    assert contexts(document) == contexts(read(PLAIN))
    assert [f.severity for f in document.findings] == ["warning"]
    assert document.findings[0].message.endswith(REFUSED)


def test_what_stands_behind_a_gap_is_not_read():
    document = read(PLAIN.replace("Context2 =", "Context4 ="))
    assert list(contexts(document)) == [ECHO]
    gap = next(f for f in document.findings if f.code == "numbering-gap")
    assert "PRESENTATIONCONTEXT4, PRESENTATIONCONTEXT3" in gap.message


def test_sections_of_one_name_are_joined():
    old, new, _, _ = CHANGES["section twice"]
    document = read(PLAIN.replace(old, new, 1))
    assert contexts(document)[CT] == (IMPLICIT, EXPLICIT, "1.2.840.10008.1.2.2")


def test_of_a_number_that_stands_twice_the_first_counts():
    assert list(contexts(read(PLAIN.replace("Context3 =", "Context2 =")))) == [ECHO, CT]


def test_lists_without_a_profile_are_profiles():
    document = read(PLAIN.partition("[[SCPSCU")[0])
    assert [profile.name for profile in document.profiles] == ["C"]
    codes = ["dcmtk-section-missing", "dcmtk-no-profiles"]
    assert [f.code for f in document.findings] == codes


def test_more_than_128_contexts():
    lines = "".join(f"PresentationContext{n} = 1.2.{n}\\U\n" for n in range(4, 140))
    document = read(PLAIN.replace("[[SCPSCU", f"{lines}[[SCPSCU"))
    assert [f.code for f in document.findings] == ["dcmtk-too-many-contexts"]
    assert len(document.profiles[0].presentation_contexts) == 139


def test_reading_is_bounded():
    tree = parse("[[A]]\n[B]\n" + "C = 1\n" * 100_001)
    assert tree.cut_at == 100_001
    assert len(tree.supers[0].sections[0].entries) == 99_998


def test_a_class_in_several_contexts_is_written_for_both_sides():
    document = registry.read(registry.write(REPEATED, "dcmtk-xf").data)
    assert [profile.name for profile in document.profiles] == [
        "one syntax each",
        "one syntax each-SCP",
    ]
    assert len(document.profiles[0].presentation_contexts) == 3
    assert len(document.profiles[1].presentation_contexts) == 1


def test_many_contexts_are_parted():
    written = registry.write(MANY, "dcmtk-xf")
    parts = registry.read(written.data).profiles
    assert [len(part.presentation_contexts) for part in parts] == [128, 22]
    assert {f.path for f in written.findings} == {
        "profile.presentation_contexts[128:]",
        "profiles.added",
    }


def test_names_are_told_apart_and_losses_named():
    context = PresentationContext(CT, (IMPLICIT,))
    useless = (RoleSelection(MR, scu=True, scp=True), RoleSelection(CT, scu=False, scp=False))
    document = Document(
        "x",
        aes=(Ae("A", "A"),),
        profiles=(Profile("a b", (context,), useless), Profile("A.B", (context,)), Profile("C")),
        associations=(Association("A", "A", presentation_contexts=(context,)),),
    )
    written = registry.write(document, "dcmtk-xf")
    assert [p.name for p in registry.read(written.data).profiles] == ["a b", "AB-2", "A-A"]
    assert [f.path for f in written.findings] == [
        "profiles[C]",
        "associations.pair",
        "profile.name.spelling",
        "profile.role_selections.unused",
        "aes",
    ]


def test_names_of_uids():
    assert dcmtk_names.uid_of("LittleEndianImplicit") == IMPLICIT
    assert dcmtk_names.uid_of("=OppositeEndianExplicit") == "1.2.840.10008.1.2.2"
    assert dcmtk_names.uid_of("littleendianimplicit") is None
    assert dcmtk_names.written(IMPLICIT) == "LittleEndianImplicit"
    recent = dcmtk_names.uid_of("HeightMapSegmentationStorage")
    assert dcmtk_names.written(recent) == recent
