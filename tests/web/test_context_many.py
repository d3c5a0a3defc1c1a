"""Adding many presentation contexts: from every source, previewed, as one act."""

from __future__ import annotations

from typing import Any

import pytest

from dicomcfg.core.records import TransferCapability
from dicomcfg.core.standard import uids
from dicomcfg.inventory.models import (
    AE,
    Association,
    ChangeSet,
    Profile,
    ProfileContext,
    SyntaxList,
)
from dicomcfg.inventory.selectors import contexts_of
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.undo import undo
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_association

MR, US = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.6.1"
JPEG = "1.2.840.10008.1.2.4.50"


@pytest.fixture
def pair(db: None) -> Association:
    row = make_association("CT1", "PACS", (VERIFICATION, IMPLICIT), (CT, IMPLICIT))
    _able(row.calling, "SCU", (CT, JPEG, EXPLICIT, IMPLICIT), (MR, EXPLICIT))
    _able(row.called, "SCP", (MR, IMPLICIT), (CT, IMPLICIT, EXPLICIT), (US, IMPLICIT))
    return row


def _able(ae: AE, role: str, *rows: tuple[str, ...]) -> None:
    wanted = [TransferCapability(uid, role, tuple(syntaxes)) for uid, *syntaxes in rows]
    set_capabilities(SHELL, ae, wanted, AE.objects.get(pk=ae.pk).revision)


def _address(pair: Association, query: str = "") -> str:
    return f"/associations/{pair.pk}/contexts/many/{query}"


def _contexts(pair: Association) -> list[tuple[str, ...]]:
    return [(c.abstract_syntax, *c.transfer_syntaxes) for c in contexts_of(pair)]


def _posted(source: str, *classes: str, **more: Any) -> dict[str, Any]:
    return {
        "source": source,
        "sop_class": list(classes),
        "syntaxes": "source",
        "transfer_syntaxes": "",
        "existing": "skip",
        "revision": "1",
        "apply": "1",
        **more,
    }


def _offered(editor: Person, pair: Association, source: str) -> list[str]:
    context = editor.get(_address(pair), {"source": source}).context
    return [uid for uid, _ in context["offer"].entries]


def _shown(editor: Person, pair: Association, source: str) -> dict[str, str]:
    """What the page posts back of the source that it showed."""
    page = editor.get(_address(pair), {"source": source}).content.decode()
    return {"offered": page.split('name="offered" value="')[1].split('"')[0]}


def test_a_source_that_changed_since_it_was_shown_is_not_added(
    editor: Person, pair: Association
) -> None:
    posted = _posted("calling", CT, MR, existing="add", **_shown(editor, pair, "calling"))
    _able(pair.calling, "SCU", (CT, JPEG), (MR, IMPLICIT))
    page = editor.post(_address(pair), posted).content.decode()
    assert "What the source holds changed since it was shown" in page
    assert len(_contexts(pair)) == 2
    again = posted | _shown(editor, pair, "calling")
    assert editor.post(_address(pair), again).status_code == 302
    assert _contexts(pair)[1:] == [(CT, IMPLICIT, JPEG), (MR, IMPLICIT)]


def test_each_source_offers_what_it_holds(editor: Person, pair: Association) -> None:
    profile = Profile.objects.create(name="Ward")
    syntaxes = SyntaxList.intern([(IMPLICIT,)])[(IMPLICIT,)]
    for position, uid in enumerate((US, US)):
        ProfileContext.objects.create(
            profile=profile, position=position, abstract_syntax=uid, syntax_list=syntaxes
        )
    assert _offered(editor, pair, "calling") == [CT, MR]
    assert _offered(editor, pair, "called") == [MR, CT, US]
    assert _offered(editor, pair, "both") == [CT]
    assert _offered(editor, pair, f"profile:{profile.pk}") == [US]
    assert CT in _offered(editor, pair, "modality:CT")
    assert VERIFICATION in _offered(editor, pair, "service:Verification")
    every = _offered(editor, pair, "every")
    known = {e.uid for e in uids.registry().values() if e.kind in uids.ABSTRACT_SYNTAX}
    assert set(every) == {uid for uid in known if not uids.registry()[uid].retired}
    context = editor.get(_address(pair), {"source": "every", "retired": "on"}).context
    assert {uid for uid, _ in context["offer"].entries} == known


@pytest.mark.parametrize(
    ("existing", "after"),
    [
        ("skip", [(VERIFICATION, IMPLICIT), (CT, IMPLICIT), (MR, EXPLICIT)]),
        ("add", [(VERIFICATION, IMPLICIT), (CT, IMPLICIT, JPEG, EXPLICIT), (MR, EXPLICIT)]),
        ("replace", [(VERIFICATION, IMPLICIT), (CT, JPEG, EXPLICIT, IMPLICIT), (MR, EXPLICIT)]),
    ],
)
def test_what_exists_is_skipped_filled_or_replaced(
    editor: Person, pair: Association, existing: str, after: list[tuple[str, ...]]
) -> None:
    shown = _shown(editor, pair, "calling")
    answer = editor.post(_address(pair), _posted("calling", CT, MR, existing=existing, **shown))
    assert answer["Location"] == f"/associations/{pair.pk}/contexts/"
    assert _contexts(pair) == after
    undo(SHELL, ChangeSet.objects.latest("pk"))
    assert _contexts(pair) == [(VERIFICATION, IMPLICIT), (CT, IMPLICIT)]


def test_the_same_transfer_syntaxes_for_all(editor: Person, pair: Association) -> None:
    own = {"syntaxes": "own", "transfer_syntaxes": f"{EXPLICIT}\n{IMPLICIT}"}
    shown = _shown(editor, pair, "called")
    editor.post(_address(pair), _posted("called", MR, US, **own, **shown))
    assert _contexts(pair)[2:] == [(MR, EXPLICIT, IMPLICIT), (US, EXPLICIT, IMPLICIT)]


def test_the_preview_counts_and_changes_nothing(editor: Person, pair: Association) -> None:
    posted = _posted("calling", CT, MR, existing="add")
    del posted["apply"]
    answer = editor.post(_address(pair), posted)
    page = answer.content.decode()
    assert answer.context["tally"] == [("new", 1), ("completed", 1)]
    assert "2 contexts before, <b>3</b> after" in page
    assert answer.context["budget"].largest > answer.context["before"].largest
    assert len(_contexts(pair)) == 2


def test_the_superset_tells_its_price_and_offers_what_is_needed(
    editor: Person, pair: Association
) -> None:
    answer = editor.get(_address(pair), {"source": "every"})
    page = answer.content.decode()
    count = answer.context["budget"].count
    assert count > 250
    assert f"<b>{count} contexts</b> in <b>3 associations</b>" in page
    assert [(e.key, e.budget.count) for e in answer.context["alternatives"]] == [
        ("both", 1),
        ("calling", 2),
        ("called", 3),
    ]
    classes = _offered(editor, pair, "every")
    posted = _posted("every", *classes, **_shown(editor, pair, "every"))
    editor.post(_address(pair), posted | {"transfer_syntaxes": IMPLICIT})
    assert len(_contexts(pair)) == count


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sop_class": []}, "Choose at least one SOP Class"),
        ({"sop_class": ["1.2.3"]}, "is not among them any more"),
        ({"syntaxes": "own"}, "Choose at least one transfer syntax"),
        ({"syntaxes": "own", "transfer_syntaxes": "<b>"}, "Line 1: &lt;b&gt; is no transfer"),
        ({"syntaxes": "nonsense"}, "Select a valid choice"),
        ({"existing": "nonsense"}, "Select a valid choice"),
        ({"existing": ""}, "This field is required"),
        ({"revision": "7"}, "in the meantime"),
        ({"revision": "9" * 5000}, "Enter a whole number"),
        ({"revision": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    editor: Person, pair: Association, changes: dict[str, Any], words: str
) -> None:
    posted = _posted("calling", CT, MR, **_shown(editor, pair, "calling"))
    answer = editor.post(_address(pair), posted | changes)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert len(_contexts(pair)) == 2


@pytest.mark.parametrize(
    "source",
    ["", "nonsense", "profile:1", "profile:", "service:<b>", "modality:", "profile:" + "9" * 99],
)
def test_a_made_up_source_offers_nothing(editor: Person, pair: Association, source: str) -> None:
    for answer in (
        editor.get(_address(pair), {"source": source}),
        editor.post(_address(pair), _posted(source, CT)),
    ):
        assert answer.status_code == 200
        assert answer.context["offer"] is None
    assert len(_contexts(pair)) == 2


def test_a_source_without_classes_says_so(editor: Person, pair: Association) -> None:
    _able(pair.called, "SCP")
    assert "Nothing there" in editor.get(_address(pair, "?source=both")).content.decode()
