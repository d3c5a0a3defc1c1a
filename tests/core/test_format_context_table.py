"""Tables of presentation contexts: columns, cells, whose a row is, findings."""

import pytest

from dicomcfg.core.formats import registry
from dicomcfg.core.formats.tables.context_columns import HEADINGS, KIND
from dicomcfg.core.formats.tables.table_columns import folded
from dicomcfg.core.records import PresentationContext, Profile, RoleSelection, TransferCapability

VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
ILE, ELE, J2K = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.91"
HEAD = "SOP Class,Transfer Syntax,Role\n"


def _read(text, name="x/ct.csv"):
    return registry.read(text.encode(), name=name, format="context-table")


def _said(document):
    return [(finding.code, finding.cell) for finding in document.findings]


def test_no_heading_means_two_fields():
    both = [(folded(text), field) for field, texts in HEADINGS.items() for text in texts]
    assert {text: KIND.by_heading[text] for text, _ in both} == dict(both)


@pytest.mark.parametrize(
    "text",
    [
        f"SOP Class UID,Transfer Syntax UIDs\n{CT},{ELE}; {ILE}\n",
        f"Abstract Syntax\tTransfer Syntax 1\tTransfer Syntax 2\nCT Image Storage\t{ELE}\t{ILE}\n",
        f"SOP-Klasse;Transfersyntax\nCTImageStorage;{ELE}\nCTImageStorage;{ILE}\n",
        f'SOP Class,Transfer Syntaxes\nCT Image Storage ({CT}),"{ELE}\n{ILE}"\n',
        f"SOP Class|Transfer Syntax\nCT Image Storage|{ELE}\\{ILE}\n",
        "SOP Class\tTransfer Syntax\nct image storage"
        "\tExplicit VR Little Endian, Implicit VR Little Endian\n",
        f"Name,UID,Name List,UID List,Role\nCT Image Storage,{CT},Explicit,{ELE}\\{ILE},SCU\n",
    ],
)
def test_ways_to_say_one_context(text):
    document = registry.read(text.encode(), name="x/ct.csv", format="context-table")
    assert document.profiles == (Profile("ct", (PresentationContext(CT, (ELE, ILE)),)),)
    assert document.findings == ()


def test_tables_of_contexts_are_detected():
    assert registry.detect(f"{HEAD}Verification,{ILE},SCU\n".encode()).name == "context-table"
    assert registry.detect(b"Verification\tImplicit VR Little Endian\n").name == "context-table"
    assert registry.detect(b"AE Title,Host,Port,Role\nA,h,1,SCU\n").name == "ae-table"


def test_merged_cells_continue_the_row_above():
    document = _read(f"{HEAD}CT Image Storage,{ELE},SCP\n,{ILE},\n,{J2K},\nVerification,{ILE},\n")
    assert document.profiles[0].presentation_contexts == (
        PresentationContext(CT, (ELE, ILE, J2K)),
        PresentationContext(VERIFICATION, (ILE,)),
    )
    assert _said(document) == [("row-continued", "A3")]


def test_whose_a_row_is():
    head = "Profile,Calling AE,Called AE,AE Title,SOP Class,Transfer Syntax,Role\n"
    document = _read(
        f"{head}P,,,,Verification,{ILE},\n,A,B,,Verification,{ILE},SCP\n"
        f",,,C,CT Image Storage,{ELE},SCU/SCP\n,,,D,,,\n,,,,Verification,{ILE},\n"
    )
    echo = PresentationContext(VERIFICATION, (ILE,))
    assert document.profiles == (Profile("P", (echo,)), Profile("ct", (echo,)))
    (pair,) = document.associations
    assert (pair.calling, pair.called, pair.presentation_contexts) == ("A", "B", (echo,))
    assert pair.role_selections == (RoleSelection(VERIFICATION, scu=False, scp=True),)
    assert {ae.key: ae.transfer_capabilities for ae in document.aes} == {
        "A": (),
        "B": (),
        "C": (TransferCapability(CT, "SCU", (ELE,)), TransferCapability(CT, "SCP", (ELE,))),
        "D": (),
    }
    assert document.findings == ()
    assert "ae.transfer_capabilities" in document.knows
    assert "ae.connections" not in document.knows


@pytest.mark.parametrize(
    ("cell", "bits"),
    [
        ("", None),
        ("SCU", None),
        ("SCP", (False, True)),
        ("SCU/SCP", (True, True)),
        ("both", (True, True)),
        ("SCU proposed", (True, False)),
        ("none proposed", (False, False)),
    ],
)
def test_roles_are_negotiated_where_they_are_more_than_the_default(cell, bits):
    document = _read(f"{HEAD}Verification,{ILE},{cell}\n")
    expected = () if bits is None else (RoleSelection(VERIFICATION, *bits),)
    assert document.profiles[0].role_selections == expected


def test_positions_order_contexts_and_keep_them_apart():
    document = _read(
        f"Position,SOP Class,Transfer Syntax\n3,CT Image Storage,{ILE}\n"
        f"1,CT Image Storage,{ELE}\n3,CT Image Storage,{J2K}\n"
    )
    assert document.profiles[0].presentation_contexts == (
        PresentationContext(CT, (ELE,)),
        PresentationContext(CT, (ILE, J2K)),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}Verification,,\nCT Image Storage,,\n", [("transfer-syntax-implied", "B2")]),
        (f"{HEAD},,SCU\n", [("sop-class-missing", "A2")]),
        (f"{HEAD}Nonsense,{ILE},\n", [("uid-name-unknown", "A2")]),
        (f"{HEAD}Verification,Fast,\n", [("uid-name-unknown", "B2")]),
        (f"{HEAD}Verification,1.2.840.10008.1.2.2,\n", [("uid-retired", "B2")]),
        (f"{HEAD}Verification,{ILE},boss\n", [("role-unknown", "C2")]),
        (f"{HEAD}Verification,{ILE},\nVerification,{ILE},\n", [("row-repeated", "A3")]),
        (
            f"SOP Class,SOP Class UID,Transfer Syntax\nVerification,{CT},{ILE}\n",
            [("uid-and-name-differ", "A2")],
        ),
        (
            f"AE Title,SOP Class,Transfer Syntax\nA,Verification,{ILE}\n",
            [("capability-role-unknown", None)],
        ),
        (
            f"Calling AE,Called AE,SOP Class,Transfer Syntax\nA,,Verification,{ILE}\n",
            [("pair-incomplete", "B2")],
        ),
        (
            f"Profile,Calling AE,Called AE,SOP Class,Transfer Syntax\nP,A,B,Verification,{ILE}\n",
            [("row-of-several", "A2")],
        ),
        (
            f"Calling AE,Called AE,SOP Class,Transfer Syntax\nA B,a\\b,Verification,{ILE}\n",
            [
                ("ae-title-inner-space", "A2"),
                ("ae-title-backslash", "B2"),
                ("ae-title-lower-case", "B2"),
            ],
        ),
        (
            f"Order,SOP Class,TS,Transfer Syntax\nx,Verification,,{ILE}\n",
            [("column-ignored", "C1"), ("position-invalid", "A2")],
        ),
        (f"Role,Transfer Syntax\nSCU,{ILE}\n", [("no-sop-class-column", None)]),
        ("a,b\nc,d\n", [("columns-not-recognised", None)]),
    ],
)
def test_findings(text, said):
    assert _said(_read(text)) == said


def test_formulas_are_disarmed():
    profile = Profile("=cmd()", (PresentationContext(CT, (ELE,)),))
    document = registry.read(b"Profile,SOP Class\n", format="context-table")
    text = registry.write(type(document)("x", profiles=(profile,)), "context-table").text
    assert "\n'=cmd()," in text
