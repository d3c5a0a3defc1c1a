"""Presentation contexts: typed by name or UID, in order, and what proposing them takes."""

from __future__ import annotations

import pytest

from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory.models import Association
from dicomcfg.inventory.selectors import contexts_of
from dicomcfg.inventory.services.associations import set_contexts
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_association

MR = "1.2.840.10008.5.1.4.1.1.4"


@pytest.fixture
def pair(db: None) -> Association:
    return make_association(
        "CT1", "PACS", (VERIFICATION, IMPLICIT), (CT, EXPLICIT, IMPLICIT), (MR, IMPLICIT)
    )


def _contexts(pair: Association) -> list[tuple[str, ...]]:
    return [(c.abstract_syntax, *c.transfer_syntaxes) for c in contexts_of(pair)]


def _address(pair: Association, page: str = "") -> str:
    return f"/associations/{pair.pk}/contexts/{page}"


@pytest.mark.parametrize(
    ("abstract", "transfer", "made"),
    [
        (CT, f"{EXPLICIT}\n{IMPLICIT}", (CT, EXPLICIT, IMPLICIT)),
        ("CT Image Storage", "Implicit VR Little Endian", (CT, IMPLICIT)),
        ("ct image storage", "\r\n ExplicitVRLittleEndian \r\n\r\n", (CT, EXPLICIT)),
        ("1.2.3.4.5", "1.2.3.4.6", ("1.2.3.4.5", "1.2.3.4.6")),
        (CT, f"{IMPLICIT}\n{IMPLICIT}", (CT, IMPLICIT)),
    ],
)
def test_names_and_uids_are_understood_in_their_order(
    editor: Person, pair: Association, abstract: str, transfer: str, made: tuple[str, ...]
) -> None:
    form = {"abstract_syntax": abstract, "transfer_syntaxes": transfer, "revision": "1"}
    assert editor.post(_address(pair, "add/"), form)["Location"] == _address(pair)
    assert _contexts(pair)[3:] == [made]


@pytest.mark.parametrize(
    ("abstract", "transfer", "words"),
    [
        ("CT Imago", IMPLICIT, "CT Imago is no abstract syntax"),
        (IMPLICIT, IMPLICIT, "is no abstract syntax"),
        (CT, f"{IMPLICIT}\n<b>{CT}", f"Line 2: &lt;b&gt;{CT} is no transfer syntax"),
        (CT, " \n ", "This field is required"),
        ("1.2.03", IMPLICIT, "is no abstract syntax"),
    ],
)
def test_what_cannot_be_understood_is_named(
    editor: Person, pair: Association, abstract: str, transfer: str, words: str
) -> None:
    form = {"abstract_syntax": abstract, "transfer_syntaxes": transfer, "revision": "1"}
    page = editor.post(_address(pair, "add/"), form).content.decode()
    assert words in page
    assert len(_contexts(pair)) == 3


def test_editing_starts_from_what_is_there_and_keeps_the_place(
    editor: Person, pair: Association
) -> None:
    page = editor.get(_address(pair, "2/")).content.decode()
    assert f'value="{CT}" checked' in page
    assert "Explicit VR Little Endian\nImplicit VR Little Endian</textarea>" in page
    form = {"abstract_syntax": CT, "transfer_syntaxes": IMPLICIT, "revision": "1"}
    editor.post(_address(pair, "2/"), form)
    assert _contexts(pair) == [(VERIFICATION, IMPLICIT), (CT, IMPLICIT), (MR, IMPLICIT)]


@pytest.mark.parametrize(
    ("act", "order"),
    [
        ({"up": "3"}, [VERIFICATION, MR, CT]),
        ({"down": "1"}, [CT, VERIFICATION, MR]),
        ({"up": "1"}, [VERIFICATION, CT, MR]),
        ({"down": "3"}, [VERIFICATION, CT, MR]),
        ({"delete": "2"}, [VERIFICATION, MR]),
    ],
)
def test_contexts_are_moved_and_deleted(
    editor: Person, pair: Association, act: dict[str, str], order: list[str]
) -> None:
    editor.post(_address(pair, "arrange/"), act | {"revision": "1"})
    assert [first for first, *_ in _contexts(pair)] == order


@pytest.mark.parametrize(
    "act", [{}, {"up": "0"}, {"up": "4"}, {"delete": "x"}, {"delete": "-1"}, {"up": "1" * 30}]
)
def test_a_made_up_act_changes_nothing(
    editor: Person, pair: Association, act: dict[str, str]
) -> None:
    answer = editor.post(_address(pair, "arrange/"), act | {"revision": "1"})
    assert answer.status_code == 404
    assert len(_contexts(pair)) == 3


def test_a_stale_list_is_not_rearranged(editor: Person, pair: Association) -> None:
    editor.post(_address(pair, "arrange/"), {"delete": "1", "revision": "1"})
    answer = editor.post(_address(pair, "arrange/"), {"delete": "1", "revision": "1"}, follow=True)
    assert "in the meantime" in answer.content.decode()
    assert [first for first, *_ in _contexts(pair)] == [CT, MR]


def test_no_such_context(editor: Person, pair: Association) -> None:
    assert editor.get(_address(pair, "4/")).status_code == 404
    assert editor.get(_address(pair, "0/")).status_code == 404


def test_the_page_counts_splits_and_measures(viewer: Person, pair: Association) -> None:
    page = viewer.get(_address(pair)).content.decode()
    assert "<strong>3</strong> of 128 in a request" in page
    many = [PresentationContext(CT, (IMPLICIT, EXPLICIT))] * 130
    set_contexts(SHELL, pair, many, pair.revision)
    page = viewer.get(_address(pair)).content.decode()
    assert "<strong>130</strong> of 128" in page
    assert "<strong>2</strong>, split after every 128" in page


def test_more_transfer_syntaxes_than_some_acceptors_bear_are_warned_of(
    viewer: Person, pair: Association
) -> None:
    wide = PresentationContext(CT, tuple(f"1.2.3.{n}" for n in range(1, 52)))
    set_contexts(SHELL, pair, [wide], pair.revision)
    assert "answer 50 in a context and never 51" in viewer.get(_address(pair)).content.decode()
