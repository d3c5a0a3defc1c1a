"""A discovery as files: CSV, the command line's JSON, the import format."""

from __future__ import annotations

import json
import re

from django.urls import reverse

from dicomcfg.inventory.services.private_uids import PrivateUidData, create_privateuid
from tests.parts.discovered import discover
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, SHELL, VERIFICATION, make_ae


def test_exports_are_the_same_bytes_each_time(viewer: Person) -> None:
    check = discover(make_ae("A;B\" <x>'é"[:6] + "../x"), ["04", "3?"])
    answers = {}
    for ending in ("csv", "json", "txt"):
        address = reverse(f"discovery-{ending}", args=[check.pk])
        answer = viewer.get(address)
        assert answer.content == viewer.get(address).content
        name = re.fullmatch(r'attachment; filename="(.+)"', answer["Content-Disposition"])
        assert name is not None
        assert re.fullmatch(rf"discovery-{check.pk}-[A-Za-z0-9._-]+\.{ending}", name[1])
        answers[ending] = answer.content.decode()
    assert answers["csv"].splitlines()[1:] == [
        f"{VERIFICATION},Verification SOP Class,{IMPLICIT},Implicit VR Little Endian,0,accepted",
        f"{VERIFICATION},Verification SOP Class,{EXPLICIT},Explicit VR Little Endian,4,"
        "transfer syntax not supported",
        f"{CT},CT Image Storage,{IMPLICIT},Implicit VR Little Endian,3,SOP Class not supported",
        f'{CT},CT Image Storage,{EXPLICIT},Explicit VR Little Endian,,"unknown, no answer"',
    ]
    assert json.loads(answers["json"]) == {
        "accepted": [{"sop_class": VERIFICATION, "transfer_syntax": IMPLICIT}],
        "refused": [
            {"sop_class": VERIFICATION, "transfer_syntax": EXPLICIT, "result": 4},
            {"sop_class": CT, "transfer_syntax": IMPLICIT, "result": 3},
        ],
        "unknown": [{"sop_class": CT, "transfer_syntax": EXPLICIT}],
        "associations": 12,
        "largest_request_bytes": 15990,
        "elapsed_s": 0.36,
        "outcome": "success",
    }
    assert answers["txt"] == f"{VERIFICATION}\\{IMPLICIT}\n"


def test_a_private_name_is_no_formula(viewer: Person) -> None:
    create_privateuid(SHELL, PrivateUidData(uid="1.2.3.4", name="=HYPERLINK(1)"))
    check = discover(make_ae("PACS"), ["0"], axes=(("1.2.3.4",), (IMPLICIT,)))
    text = viewer.get(reverse("discovery-csv", args=[check.pk])).content.decode()
    assert "'=HYPERLINK(1)" in text
