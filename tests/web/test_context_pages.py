"""Presentation contexts: typed by name or UID, in order, and what proposing them takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard import uids
from dicomcfg.inventory.context_selectors import loads_of
from dicomcfg.inventory.models import AE, Association, ChangeSet, Profile
from dicomcfg.inventory.selectors import contexts_of
from dicomcfg.inventory.services.associations import set_contexts
from dicomcfg.inventory.services.undo import undo
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
        ("", IMPLICIT, "Choose an abstract syntax, or type one"),
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


def test_one_abstract_syntax_at_a_time(editor: Person, pair: Association) -> None:
    form = {"listed": MR, "transfer_syntaxes": IMPLICIT, "revision": "1"}
    page = editor.post(_address(pair, "add/"), form | {"abstract_syntax": CT}).content.decode()
    assert "One abstract syntax at a time" in page
    editor.post(_address(pair, "add/"), form)
    assert _contexts(pair)[3:] == [(MR, IMPLICIT)]


def test_every_known_abstract_syntax_is_listed_by_uid_and_name(
    editor: Person, pair: Association
) -> None:
    page = editor.get(_address(pair, "add/")).content.decode()
    known = [e for e in uids.registry().values() if e.kind in uids.ABSTRACT_SYNTAX]
    assert page.count('name="listed"') == len(known) > 300
    assert all(f'value="{entry.uid}"' in page for entry in known)


def test_a_private_abstract_syntax_is_edited_as_its_uid(editor: Person, pair: Association) -> None:
    set_contexts(SHELL, pair, [PresentationContext("1.2.3.4", (IMPLICIT,))], 1)
    page = editor.get(_address(pair, "1/")).content.decode()
    assert 'value="1.2.3.4"' in page
    assert "checked" not in page


@pytest.mark.parametrize(
    ("act", "order"),
    [
        ({"up": "3"}, [VERIFICATION, MR, CT]),
        ({"down": "1"}, [CT, VERIFICATION, MR]),
        ({"up": "1"}, [VERIFICATION, CT, MR]),
        ({"down": "3"}, [VERIFICATION, CT, MR]),
        ({"delete": "2"}, [VERIFICATION, MR]),
        ({"move": "1", "to": "3"}, [CT, MR, VERIFICATION]),
        ({"move": "3", "to": "1"}, [MR, VERIFICATION, CT]),
        ({"move": "1", "to": "9"}, [CT, MR, VERIFICATION]),
        ({"ticked": "1", "tick": ["1", "3"]}, [CT]),
        ({"ticked": "1"}, [VERIFICATION, CT, MR]),
    ],
)
def test_contexts_are_moved_and_deleted(
    editor: Person, pair: Association, act: dict[str, str | list[str]], order: list[str]
) -> None:
    answer = editor.post(_address(pair, "arrange/"), act | {"revision": "1"}, follow=True)
    changed = order != [VERIFICATION, CT, MR]
    assert (">Undo<" in answer.content.decode()) is changed
    assert [first for first, *_ in _contexts(pair)] == order


@pytest.mark.parametrize(
    "act",
    [
        {},
        {"up": "0"},
        {"up": "4"},
        {"delete": "x"},
        {"delete": "-1"},
        {"up": "1" * 30},
        {"move": "1"},
        {"move": "1", "to": ""},
        {"ticked": "1", "tick": "4"},
        {"ticked": "1", "tick": "0"},
        {"syntax": "1"},
        {"syntax": "1.2"},
        {"syntax": "9.1"},
        {"syntax": "1.x"},
        {"syntax": "1.1.1"},
    ],
)
def test_a_made_up_act_changes_nothing(
    editor: Person, pair: Association, act: dict[str, str]
) -> None:
    answer = editor.post(_address(pair, "arrange/"), act | {"revision": "1"})
    assert answer.status_code == 404
    assert len(_contexts(pair)) == 3


def test_a_single_transfer_syntax_is_deleted(editor: Person, pair: Association) -> None:
    editor.post(_address(pair, "arrange/"), {"syntax": "2.1", "revision": "1"})
    assert _contexts(pair)[1] == (CT, IMPLICIT)
    page = editor.post(_address(pair, "arrange/"), {"syntax": "2.1", "revision": "2"}, follow=True)
    assert "at least one transfer syntax" in page.content.decode()
    assert _contexts(pair)[1] == (CT, IMPLICIT)


def test_undo_brings_back_what_was_deleted(editor: Person, pair: Association) -> None:
    editor.post(_address(pair, "arrange/"), {"delete": "2", "revision": "1"})
    undo(SHELL, ChangeSet.objects.latest("pk"))
    assert [first for first, *_ in _contexts(pair)] == [VERIFICATION, CT, MR]


def test_a_number_or_a_revision_without_end(editor: Person, pair: Association) -> None:
    for revision in ("1" * 100_000, "", "x", "-1"):
        answer = editor.post(_address(pair, "arrange/"), {"delete": "1", "revision": revision})
        assert answer.status_code in (302, 404)
    assert len(_contexts(pair)) == 3


def test_tree_and_table_show_the_same_and_the_choice_is_kept(
    editor: Person, pair: Association
) -> None:
    table = editor.get(_address(pair)).content.decode()
    assert '<table class="data contexts">' in table
    tree = editor.get(_address(pair, "?view=tree")).content.decode()
    assert '<table class="data contexts">' not in tree
    for page in (tree, editor.get(_address(pair)).content.decode()):
        assert 'class="context-tree"' in page
        assert page.count('data-number="') == 3
        assert page.count('name="syntax"') == 4
    assert 'class="context-tree"' not in editor.get(_address(pair, "?view=table")).content.decode()
    assert editor.get(_address(pair, "?view=%3Cb%3E")).status_code == 200


def test_who_only_looks_is_offered_no_acts(viewer: Person, pair: Association) -> None:
    for view in ("tree", "table"):
        page = viewer.get(_address(pair, f"?view={view}")).content.decode()
        assert 'data-number="3"' in page
        assert 'name="delete"' not in page
        assert 'name="tick"' not in page


def test_one_that_follows_a_profile_is_changed_there(editor: Person, pair: Association) -> None:
    profile = Profile.objects.create(name="Standard <CT>")
    Association.objects.filter(pk=pair.pk).update(profile=profile)
    for view in ("tree", "table"):
        page = editor.get(_address(pair, f"?view={view}")).content.decode()
        assert "Standard &lt;CT&gt;" in page
        assert 'name="delete"' not in page


def test_the_number_of_queries_does_not_grow(
    viewer: Person, pair: Association, django_assert_num_queries: Any
) -> None:
    many = [PresentationContext(CT, (IMPLICIT, f"1.2.3.{n}")) for n in range(1, 140)]
    set_contexts(SHELL, pair, many[:1], 1)
    viewer.get(_address(pair))
    with CaptureQueriesContext(connection) as few:
        viewer.get(_address(pair))
    set_contexts(SHELL, pair, many, 2)
    for number in range(5):
        make_association(pair.calling, f"OTHER{number}", (CT, IMPLICIT))
    with django_assert_num_queries(len(few)):
        viewer.get(_address(pair))


@pytest.mark.parametrize(
    ("at_once", "maximum", "warned"), [(1, 3, False), (1, 2, True), (3, 4, True), (1, None, False)]
)
def test_associations_at_once_are_summed_over_all_pairs(
    viewer: Person, pair: Association, at_once: int, maximum: int | None, warned: bool
) -> None:
    # One with two requests, one with a single one, into the same AE.
    make_association("MR1", pair.called)
    set_contexts(SHELL, pair, [PresentationContext(CT, (IMPLICIT,))] * 130, 1)
    Association.objects.filter(pk=pair.pk).update(associations_at_once=at_once)
    AE.objects.filter(pk=pair.called_id).update(maximum_associations_in=maximum)
    page = viewer.get(_address(pair)).content.decode()
    assert ("PACS is to accept" in page) is warned
    loads = loads_of(Association.objects.get(pk=pair.pk))
    assert (loads.into_called.at_once, loads.out_of_calling.at_once) == (
        2 * at_once + 1,
        2 * at_once,
    )


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
