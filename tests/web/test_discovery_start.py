"""The page from which a discovery is started: what is asked, how politely, and of whom."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from dicomcfg.checks.models import Check, CheckRun
from dicomcfg.core.standard import uids
from dicomcfg.inventory.models import AE
from dicomcfg.probes.target import Target
from tests.parts.people import Person
from tests.parts.rows import (
    EXPLICIT,
    IMPLICIT,
    make_ae,
    make_association,
)

PRIVATE_CLASS, PRIVATE_SYNTAX = "1.2.840.113619.4.27", "1.2.840.113619.5.2"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ae(db: None) -> AE:
    return make_ae("PACS")


def ask(person: Person, ae: AE, **fields: object) -> Target:
    """Send the start form; what the check was started with."""
    defaults = {"maximum_syntaxes": 32, "maximum_request_bytes": 16384, "concurrent": 1}
    data = defaults | {"pause_s": 0} | fields
    answer = person.post(reverse("ae-discover", args=[ae.pk]), data)
    check = Check.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (302, reverse("discovery", args=[check.pk]))
    return Target.from_json(check.target)


def test_everything_is_asked_by_default_private_uids_too(operator: Person, ae: AE) -> None:
    make_association("CT1", ae, (PRIVATE_CLASS, PRIVATE_SYNTAX, IMPLICIT))
    html = operator.page("ae-discover", ae.pk)
    assert PRIVATE_CLASS in html
    assert PRIVATE_SYNTAX in html
    assert re.search(r"<strong>18,939</strong> pairs", html)
    asked = ask(operator, ae).discover
    assert asked is not None
    assert (len(asked.sop_classes), len(asked.transfer_syntaxes)) == (321, 59)
    assert (asked.maximum_syntaxes, asked.maximum_request_bytes, asked.concurrent) == (32, 16384, 1)
    assert (asked.with_roles, asked.pause_s, asked.known) == (False, 0, None)


@pytest.mark.parametrize(("classes", "syntaxes"), [(500, 500), (4_001, 1), (1, 4_001)])
def test_more_than_can_be_kept_and_shown_is_not_asked(
    operator: Person, ae: AE, classes: int, syntaxes: int
) -> None:
    lists = {
        "sop_classes": "\n".join(f"1.2.{n}" for n in range(classes)),
        "transfer_syntaxes": "\n".join(f"1.3.{n}" for n in range(syntaxes)),
    }
    data = {"maximum_syntaxes": 32, "maximum_request_bytes": 16384, "concurrent": 1, "pause_s": 0}
    answer = operator.post(reverse("ae-discover", args=[ae.pk]), data | lists)
    assert answer.status_code == 422
    assert "are too many" in answer.content.decode()
    assert not Check.objects.exists()


def test_a_part_is_asked_by_boxes_and_single_names(operator: Person, ae: AE) -> None:
    asked = ask(
        operator,
        ae,
        groups=["Verification", "Storage: CT"],
        sop_classes=f"MR Image Storage\n{PRIVATE_CLASS}",
        families=["RLE"],
        transfer_syntaxes="Explicit VR Little Endian",
        with_roles="on",
        pause_s="0.5",
    ).discover
    assert asked is not None
    names = [uids.name_of(uid) for uid in asked.sop_classes]
    assert names[0] == "Verification SOP Class"
    assert "CT Image Storage" in names
    assert names[-2:] == ["MR Image Storage", PRIVATE_CLASS]
    assert asked.transfer_syntaxes == ("1.2.840.10008.1.2.5", EXPLICIT)
    assert (asked.with_roles, asked.pause_s) == (True, 0.5)


def test_a_borrowed_title(operator: Person, ae: AE) -> None:
    make_ae("CT1")
    assert ask(operator, ae, calling_title="CT1").calling_ae_title == "CT1"
    assert Check.objects.latest("pk").borrowed


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sop_classes": "No such thing\n<script>"}, "Line 2: &lt;script&gt; is no SOP Class."),
        ({"transfer_syntaxes": "CT Image Storage"}, "Line 1: CT Image Storage is no transfer"),
        ({"groups": ["Nonsense"]}, "Nonsense is not one of the available choices"),
        ({"maximum_syntaxes": "0"}, "greater than or equal to 1"),
        ({"concurrent": "9999"}, "less than or equal to 8"),
        ({"calling_title": "NOBODY"}, "No AE is called NOBODY"),
    ],
)
def test_what_cannot_be_asked_is_said(
    operator: Person, ae: AE, fields: dict[str, object], words: str
) -> None:
    data = {"maximum_syntaxes": 32, "maximum_request_bytes": 16384, "concurrent": 1, "pause_s": 0}
    answer = operator.post(reverse("ae-discover", args=[ae.pk]), data | fields)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not CheckRun.objects.exists()


def test_the_cost_is_told_as_the_form_changes(operator: Person, ae: AE) -> None:
    data = {"groups": "Verification", "maximum_syntaxes": 32, "maximum_request_bytes": 16384}
    address = reverse("ae-discover", args=[ae.pk])
    answer = operator.get(address, data | {"concurrent": 1, "pause_s": 2}, **HTMX)
    html = answer.content.decode()
    assert re.search(r"<strong>58</strong> pairs.*<strong>1 to 2</strong>", html)
    assert "<html" not in html
    assert not CheckRun.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"do_not_probe": True, "do_not_probe_reason": "Reboots"}, "Reboots"),
        ({"address": None}, "has no connection"),
    ],
)
def test_who_must_not_or_cannot_be_asked(
    operator: Person, fields: dict[str, object], words: str
) -> None:
    ae = make_ae("FRAGILE", **fields)  # type: ignore[arg-type]
    html = operator.page("ae-discover", ae.pk)
    assert words in html
    assert 'id="discover"' not in html
    data = {"maximum_syntaxes": 32, "maximum_request_bytes": 16384, "concurrent": 1, "pause_s": 0}
    assert operator.post(reverse("ae-discover", args=[ae.pk]), data).status_code == 422
    assert not CheckRun.objects.exists()
