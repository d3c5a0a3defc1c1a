"""PDUs on a check: a tree and bytes that agree, a text to keep, nothing a peer could run."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.checks.models import Check
from dicomcfg.checks.services import start_negotiate
from dicomcfg.core.diagnosis.dissection import dissect
from dicomcfg.core.diagnosis.observation import Observation, Outcome, PduRecord
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.pdus import AssociateAccept, AssociateRequest, ProposedContext
from dicomcfg.upper_layer.pdus import UserInformation as User
from dicomcfg.web.checks.pdu_tree import hex_html, tree_html
from tests.parts.people import Person
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, answer_run, make_association

HTMX = {"HX-Request": "true"}
HOSTILE = "<img src=x>"


def _check(*pdus: bytes, cut: int = 0) -> Check:
    run = start_negotiate(None, [make_association("CT1", "PACS", (CT, IMPLICIT))])
    records = [PduRecord("received", 1.5, len(pdu) + cut, pdu.hex()) for pdu in pdus]
    answer_run(run, Observation("negotiate", Outcome.PROTOCOL_ERROR, pdus=tuple(records)))
    return run.checks.get()


def _accept(title: str = "PACS", version: str = "V1") -> bytes:
    return encode(AssociateAccept(title, "CT1", (), User(16384, "1.2.3", version)))


@pytest.mark.django_db
def test_a_pdu_is_opened_by_itself_or_into_the_page(viewer: Person) -> None:
    check = _check(_accept())
    address = f"/checks/{check.pk}/pdus/1/"
    page = viewer.get(check.get_absolute_url()).content.decode()
    assert f'hx-get="{address}"' in page
    assert f'href="{address}"' in page
    assert "A-ASSOCIATE-AC" in page
    assert "data-tree" not in page
    alone = viewer.get(address, headers=HTMX).content.decode()
    assert alone.lstrip().startswith('<div class="pdu-view"')
    whole = viewer.get(address).content.decode()
    assert "<title>" in whole
    assert "Called AE title" in whole


@pytest.mark.django_db
def test_a_peers_strings_are_text(viewer: Person) -> None:
    check = _check(_accept(HOSTILE, HOSTILE))
    for address in (f"/checks/{check.pk}/pdus/1/", f"/checks/{check.pk}/"):
        assert HOSTILE not in viewer.get(address).content.decode()
    assert unescape(viewer.get(f"/checks/{check.pk}/pdus/1/").content.decode()).count(HOSTILE) > 2
    dump = f"/checks/{check.pk}/dump.txt"
    assert HOSTILE not in viewer.get(dump, headers=HTMX).content.decode()


@pytest.mark.django_db
def test_the_dump_is_a_file_and_a_part_of_the_page(viewer: Person) -> None:
    check = _check(_accept())
    answer = viewer.get(f"/checks/{check.pk}/dump.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="check-{check.pk}.txt"'
    assert "BEGIN A-ASSOCIATE-AC" in answer.content.decode()
    part = viewer.get(f"/checks/{check.pk}/dump.txt", headers=HTMX).content.decode()
    assert f'data-copy="dump-{check.pk}"' in part


@pytest.mark.django_db
def test_what_was_not_kept_is_said_and_no_other_pdu_is_there(viewer: Person) -> None:
    check = _check(_accept(), cut=980)
    assert (
        "980 bytes more were not kept" in viewer.get(f"/checks/{check.pk}/pdus/1/").content.decode()
    )
    for number in (0, 2, 10**12):
        assert viewer.get(f"/checks/{check.pk}/pdus/{number}/").status_code == 404


@pytest.mark.django_db
def test_without_an_observation_there_is_nothing_to_open(viewer: Person) -> None:
    run = start_negotiate(None, [make_association("CT1", "PACS", (CT, IMPLICIT))])
    check = run.checks.get()
    assert viewer.get(f"/checks/{check.pk}/dump.txt").status_code == 404
    assert viewer.get(f"/checks/{check.pk}/pdus/1/").status_code == 404


def test_lines_have_offsets_bytes_and_text() -> None:
    data = bytes(range(60, 80))
    text = re.sub("<[^>]*>", "", hex_html(data, dissect(data)))
    assert unescape(text).splitlines() == [
        "000000  3c 3d 3e 3f 40 41 42 43 44 45 46 47 48 49 4a 4b  <=>?@ABCDEFGHIJK",
        "000010  4c 4d 4e 4f                                      LMNO",
    ]


@given(st.binary(max_size=200).map(lambda data: _accept()[:100] + data))
def test_every_span_of_the_bytes_is_a_leaf_of_the_tree(data: bytes) -> None:
    root = dissect(data)
    tree, text = tree_html(root), hex_html(data, root)
    starts = {str(leaf.start) for leaf in root.leaves()}
    assert set(re.findall(r'data-at="(\d+)"', text)) == starts
    assert starts <= set(re.findall(r'data-from="(\d+)"', tree))
    digits = re.findall(r"^[0-9a-f]{6}  (.{47})", re.sub("<[^>]*>", "", text), re.M)
    assert bytes.fromhex("".join(digits)) == data


def test_a_large_request_is_quick_to_open() -> None:
    contexts = tuple(ProposedContext(2 * n + 1, CT, (IMPLICIT, EXPLICIT)) for n in range(128))
    data = encode(AssociateRequest("PACS", "CT1", contexts, User(16384, "1.2.3")))
    began = time.perf_counter()
    root = dissect(data)
    size = len(tree_html(root)) + len(hex_html(data, root))
    assert time.perf_counter() - began < 2
    assert size < 2_000_000
