"""Roles and extended negotiation of an association, and a negotiation with other options."""

from __future__ import annotations

from html import unescape

import pytest

from dicomcfg.checks.models import Check
from dicomcfg.core.negotiation.options import CommonExtendedNegotiation, Identity, RequestOptions
from dicomcfg.core.records import ExtendedNegotiation, RoleSelection
from dicomcfg.inventory.models import Association, ChangeSet
from dicomcfg.inventory.selectors import options_of_all
from dicomcfg.inventory.services.associations import set_contexts, set_negotiation
from dicomcfg.probes.target import Target
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_association


@pytest.fixture
def pair(db: None) -> Association:
    row = make_association("CT1", "PACS", (VERIFICATION, IMPLICIT), (CT, EXPLICIT), (CT, IMPLICIT))
    return set_negotiation(
        SHELL, row, [RoleSelection(CT, True, True)], [ExtendedNegotiation(CT, "0101")], 1
    )


def _classes(*rows: tuple[str, str, str]) -> dict[str, str]:
    """A posted formset of (SOP Class, role, information)."""
    posted = {"class-TOTAL_FORMS": str(len(rows)), "class-INITIAL_FORMS": str(len(rows))}
    for index, row in enumerate(rows):
        for name, value in zip(("sop_class", "role", "information"), row, strict=True):
            posted[f"class-{index}-{name}"] = value
    return posted


WHOLE = {"maximum_length": "16384", "application_context": "1.2.840.10008.3.1.1.1"}


def _options(pair: Association) -> RequestOptions:
    return options_of_all([pair])[pair.pk]


def _page(person: Person, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_the_contexts_tab_says_what_is_proposed_and_counts_it(
    viewer: Person, pair: Association
) -> None:
    address = f"/associations/{pair.pk}/contexts/"
    page = _page(viewer, address)
    assert page.count("SCU and SCP (1/1)") == 2
    assert page.count("not proposed") == 1
    assert "0101" in page
    before = page.split("A-ASSOCIATE-RQ</dt><dd><strong>")[1].split("</strong>")[0]
    set_negotiation(SHELL, pair, [], [], pair.revision)
    after = _page(viewer, address).split("A-ASSOCIATE-RQ</dt><dd><strong>")[1].split("</strong>")[0]
    # Items of 8 bytes and the UID, with two bytes of information.
    assert int(before) - int(after) == 2 * (8 + len(CT)) - 2 + 2


def test_what_has_no_context_is_named(viewer: Person, pair: Association) -> None:
    set_contexts(SHELL, pair, [], pair.revision)
    assert "Set but never proposed" in _page(viewer, f"/associations/{pair.pk}/contexts/")


def test_roles_are_edited_class_by_class(editor: Person, pair: Association) -> None:
    address = f"/associations/{pair.pk}/roles/"
    page = _page(editor, address)
    assert page.count('data-label="SOP Class"') == 2
    assert '<option value="11" selected>' in page
    rows = _classes((VERIFICATION, "00", ""), (CT, "", "0A 01"))
    answer = editor.post(address, rows | {"revision": str(pair.revision)})
    assert answer["Location"] == f"/associations/{pair.pk}/contexts/"
    options = _options(pair)
    assert options.role_selections == (RoleSelection(VERIFICATION, False, False),)
    assert options.extended_negotiations == (ExtendedNegotiation(CT, "0a01"),)
    history = _page(editor, f"/associations/{pair.pk}/history/")
    assert "Verification SOP Class (1.2.840.10008.1.1): no role (0/0)" in history
    assert f"CT Image Storage ({CT}): SCU and SCP (1/1)" in history
    act = ChangeSet.objects.order_by("-pk")[0]
    editor.post(f"/history/{act.pk}/undo/")
    assert _options(pair).role_selections == (RoleSelection(CT, True, True),)


@pytest.mark.parametrize(
    ("rows", "revision", "words"),
    [
        (_classes((CT, "", "xyz")), "2", "Write bytes as hexadecimal"),
        (_classes((CT, "7", "")), "2", "not one of the available choices"),
        (_classes((CT, "11", ""), (CT, "10", "")), "2", "stands there twice"),
        (_classes(("<b>", "11", "")), "2", "holds characters other than digits"),
        (_classes((CT, "11", "")), "1", "in the meantime"),
    ],
)
def test_what_cannot_be_saved_is_said_and_changes_nothing(
    editor: Person, pair: Association, rows: dict[str, str], revision: str, words: str
) -> None:
    answer = editor.post(f"/associations/{pair.pk}/roles/", rows | {"revision": revision})
    page = answer.content.decode()
    assert words in page
    assert "<b>" not in page.replace("<b>Error", "")
    assert _options(pair).role_selections == (RoleSelection(CT, True, True),)


def test_one_negotiation_with_other_options(operator: Person, pair: Association) -> None:
    address = f"/associations/{pair.pk}/negotiate/"
    page = _page(operator, address)
    assert '<option value="11" selected>' in page
    assert 'value="0101"' in page
    form = {
        "maximum_length": "0",
        "application_context": "1.2.3",
        "window": "on",
        "invoked": "3",
        "performed": "0",
        "username": "anna",
        "passcode_variable": "DICOMCFG_PASSCODE_PACS",
        "response_requested": "on",
        "common": "CT Image Storage, 1.2.840.10008.4.2, 1.2.5\n\n",
    }
    answer = operator.post(address, form | _classes((CT, "01", "ff")))
    assert answer["Location"] == f"/associations/{pair.pk}/"
    target = Target.from_json(Check.objects.get().target)
    assert target.options == RequestOptions(
        (RoleSelection(CT, False, True),),
        (ExtendedNegotiation(CT, "ff"),),
        (CommonExtendedNegotiation(CT, "1.2.840.10008.4.2", ("1.2.5",)),),
        (3, 0),
        Identity("anna", "DICOMCFG_PASSCODE_PACS", True),
        0,
        "1.2.3",
    )
    assert _options(pair).role_selections == (RoleSelection(CT, True, True),)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"maximum_length": "-1"}, "greater than or equal to 0"),
        ({"application_context": "x"}, "characters other than digits"),
        ({"window": "on", "invoked": "", "performed": "1"}, "Give a number"),
        ({"username": "a", "passcode_variable": "SECRET_KEY"}, "begins with DICOMCFG_PASSCODE_"),
        ({"passcode_variable": "DICOMCFG_PASSCODE_X"}, "A passcode needs a user name"),
        ({"common": "CT Image Storage"}, "Line 1 is not a SOP Class, a comma"),
    ],
)
def test_options_that_cannot_be_are_refused(
    operator: Person, pair: Association, change: dict[str, str], words: str
) -> None:
    form = WHOLE | change | _classes()
    page = unescape(operator.post(f"/associations/{pair.pk}/negotiate/", form).content.decode())
    assert words in page
    assert not Check.objects.exists()
