"""Sweeps from the browser: whom, what would happen, hostile files, and the run that follows."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dicomcfg.checks.models import Check, CheckRun, Lane, WorkerHeartbeat
from dicomcfg.checks.outlook import outlook_of
from dicomcfg.checks.services import Pace
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, ChangeSet, Device, Site
from dicomcfg.inventory.services.savedfilters import SavedFilterData, create_savedfilter
from dicomcfg.inventory.services.sites import SiteData, create_site
from tests.parts.people import Person
from tests.parts.rows import SHELL, make_ae

pytestmark = pytest.mark.django_db

PACE = {"timeout_s": "15", "rate_per_s": "100", "jitter_s": "0"}
START = PACE | {"start": "1"}


def _serve(*slugs: str, name: str = "w1") -> None:
    now = timezone.now()
    queues = [f"{slug}.bulk" for slug in slugs]
    WorkerHeartbeat.objects.create(
        name=name, host="host", queues=queues, started_at=now, seen_at=now
    )


def _network() -> Site:
    """Six AEs at two sites, of which three cannot be swept."""
    annex = create_site(SHELL, SiteData(name="Annex", calling_ae_title="ANNEX", slug="annex"))
    make_ae("CT1", "10.0.0.1:104")
    make_ae("CT2", "10.0.0.2:104")
    make_ae("US1", "10.0.1.1:104", site=annex)
    make_ae("FRAGILE", "10.0.0.3:104", do_not_probe=True, do_not_probe_reason="reboots")
    make_ae("OLD", "10.0.0.4:104", state="retired")
    make_ae("SCU", None)
    return annex


def _titles(run: CheckRun) -> list[str]:
    return [check.target["called_ae_title"] for check in run.checks.order_by("id")]


def test_before_it_starts_the_page_says_who_and_how_long(operator: Person) -> None:
    _network()
    _serve("main")
    page = operator.get("/sweep/").content.decode()
    for words in (
        "<b>3</b><span>will be probed",
        "<b>3</b><span>skipped",
        "Do not probe: reboots",
        "Retired",
        "No address",
        "No worker sweeps Annex now",
        "1 check would wait",
        "dicomcfg worker --sites annex",
    ):
        assert words in page
    _serve("annex", name="w2")
    page = operator.get("/sweep/").content.decode()
    assert "No worker sweeps" not in page
    assert "<b>15 s</b><span>at most" in page
    assert not CheckRun.objects.exists()


@pytest.mark.parametrize(
    ("many", "timeout_s", "pace", "at_most_s"),
    [
        (1, 10.0, Pace(), 10.0),
        (9, 10.0, Pace(), 30.0),  # one address takes four at a time, and so does one device
        (4, 10.0, Pace(2.0, 5.0), 17.0),
    ],
)
def test_the_longest_time_follows_from_caps_and_pace(
    many: int, timeout_s: float, pace: Pace, at_most_s: float
) -> None:
    for number in range(many):
        make_ae(f"AE{number}", "10.0.0.1:104")
    _serve("main")
    _serve("main", name="w2")  # helps with all but a pace, which one worker keeps
    assert outlook_of(selectors.ae_list(), timeout_s, pace).at_most_s == at_most_s


def test_the_outlook_tells_what_the_sweep_then_does(operator: Person) -> None:
    _network()
    make_ae("CALLER", "10.0.0.6:104", association_acceptor=False)
    gone = Device.objects.create(name="Old box", state="retired")
    make_ae("IN_BOX", "10.0.0.7:104", device=gone)
    outlook = outlook_of(selectors.ae_list(), 15.0, Pace())
    operator.post("/sweep/", START | {"what": "everything"})
    checks = CheckRun.objects.get().checks
    assert outlook.probed == checks.filter(finished_at=None).count()
    ended = checks.exclude(finished_at=None).values_list("ae__ae_title", flat=True)
    assert sorted(skipped.ae_title for skipped in outlook.skipped) == sorted(ended)


def test_everything_is_swept_in_the_bulk_lane_at_its_pace(operator: Person) -> None:
    _network()
    pace = {"timeout_s": "7", "rate_per_s": "", "jitter_s": "2.5"}
    answer = operator.post("/sweep/", {"what": "everything", "start": "1", **pace})
    run = CheckRun.objects.get()
    assert answer["Location"] == run.get_absolute_url()
    assert (run.lane, run.rate_per_s, run.jitter_s) == (Lane.BULK, None, 2.5)
    assert {check.target["timeout_s"] for check in run.checks.filter(finished_at=None)} == {7.0}
    ended = dict(run.checks.exclude(finished_at=None).values_list("ae__ae_title", "outcome"))
    assert ended == {"FRAGILE": "skipped", "OLD": "skipped", "SCU": "no-address"}
    page = operator.get(run.get_absolute_url()).content.decode()
    assert "3 skipped, and why" in page
    assert "reboots" in page and "retired" in page


def _selection(*titles: str) -> list[str]:
    return [str(AE.objects.get(ae_title=title).pk) for title in titles]


@pytest.mark.parametrize(
    ("choice", "swept"),
    [
        (lambda: {"what": "site", "site": "annex"}, ["US1"]),
        (lambda: {"what": "filter", "filter": _scanners()}, ["CT1", "CT2"]),
        (lambda: {"what": "table", "ae": _selection("CT2")}, ["CT2"]),
        (lambda: {"what": "table", "scope": "all", "query": "q=US"}, ["US1"]),
    ],
)
def test_a_part_is_swept(
    choice: Callable[[], dict[str, str]], swept: list[str], operator: Person
) -> None:
    _network()
    operator.post("/sweep/", START | choice())
    assert _titles(CheckRun.objects.get()) == swept


def _scanners() -> str:
    return str(create_savedfilter(SHELL, SavedFilterData(name="CT", query="q=CT")).pk)


@pytest.mark.parametrize(
    "choice",
    [
        {"what": "table"},
        {"what": "table", "scope": "all", "query": "tag=gone"},
        {"what": "filter"},
        {"what": "filter", "filter": "999"},
        {"what": "site", "site": "nowhere"},
        {"what": "file"},
        {"what": "file", "text": "no table at all"},
        {"what": "invented"},
        {"what": "table", "scope": "all", "query": "q=SCU"},
        {"what": "everything", "timeout_s": "0"},
        {"what": "everything", "timeout_s": "nan"},
        {"what": "everything", "rate_per_s": "0"},
        {"what": "everything", "jitter_s": "-1"},
    ],
)
def test_what_means_nobody_starts_nothing(choice: dict[str, str], operator: Person) -> None:
    _network()
    answer = operator.post("/sweep/", START | choice)
    assert answer.status_code == 422
    assert " disabled>Sweep</button>" in answer.content.decode()
    assert not CheckRun.objects.exists()


def test_the_tables_bar_hands_its_selection_over(operator: Person) -> None:
    _network()
    chosen = _selection("CT1", "FRAGILE")
    page = operator.post("/aes/bulk/", {"ae": chosen, "action": "sweep"}).content.decode()
    assert "<b>1</b><span>will be probed" in page
    assert all(f'name="ae" value="{pk}"' in page for pk in chosen)
    form = {"scope": "all", "query": "q=CT&page=2", "action": "sweep"}
    page = operator.post("/aes/bulk/", form).content.decode()
    assert "<b>2</b><span>will be probed" in page
    assert 'name="query" value="q=CT&amp;page=2"' in page


TABLE = """AE Title,Host,Port,Do not probe
NEW1,10.1.0.1,104,
NEW2,10.1.0.2,11112,
BROKEN,10.1.0.3,99999,
TOO_LONG_A_TITLE_FOR_DICOM,10.1.0.4,104,
SPARED,10.1.0.5,104,fragile
ALIAS,10.0.0.3,104,
"""


def test_a_pasted_list_is_probed_and_not_saved(operator: Person) -> None:
    _network()
    aes, acts = AE.objects.count(), ChangeSet.objects.count()
    choice = {"what": "file", "site": "annex", "text": TABLE}
    page = operator.post("/sweep/", PACE | choice | {"preview": "1"}).content.decode()
    assert "<b>2</b><span>will be probed" in page
    assert "line 4" in page and "line 5" in page
    assert "Do not probe: fragile" in page
    assert "Do not probe: reboots (FRAGILE)" in page
    operator.post("/sweep/", START | choice)
    run = CheckRun.objects.get()
    assert run.label == "Sweep 2 of a pasted list, not saved"
    assert _titles(run) == ["NEW1", "NEW2"]
    assert {check.target["calling_ae_title"] for check in run.checks.all()} == {"ANNEX"}
    assert not run.checks.exclude(ae=None).exists()
    assert (AE.objects.count(), ChangeSet.objects.count()) == (aes, acts)


def test_a_document_is_swept_from_a_file_and_shown_again_as_text(operator: Person) -> None:
    ae = {"key": "A", "ae_title": "A", "connections": [{"hostname": "10.0.0.9", "port": 104}]}
    document = json.dumps({"format": "json", "schema": 1, "aes": [ae]})
    name = '"><script>alert(1)</script>.json'
    choice = PACE | {"what": "file", "site": "main"}
    seen = operator.post(
        "/sweep/", choice | {"source": SimpleUploadedFile(name, document.encode())}
    )
    page = seen.content.decode()
    assert "<b>1</b><span>will be probed" in page
    assert "10.0.0.9" in page.split("<textarea")[1].split("</textarea>")[0]
    file = SimpleUploadedFile(name, document.encode())
    operator.post("/sweep/", choice | {"start": "1", "source": file})
    run = CheckRun.objects.get()
    assert _titles(run) == ["A"]
    assert "<script>alert" not in operator.get(run.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 4096,
        bytes(range(256)) * 64,
        b"AE Title,Host,Port\n" + b"=cmd|'/c calc'!A0,10.0.0.1,104\n" * 3,
        b"AE Title,Host,Port\nX,169.254.169.254,-1\n",
        b'{"aes": ' + b"[" * 5000,
        b'{"format": "json", "schema": 1, "aes": [{"ae_title": "A", "connections": [7]}]}',
        b"AE Title,Host\n" + b"A" * 200_000,
        b"\xff\xfeA\x00",
        b'{"format": "json", "schema": 1, "aes": [' + b'{"ae_title": "A"},' * 20_001 + b"{}]}",
        b"AE Title,Host,Port\n" + b"Y" * 5_000_000,
    ],
)
def test_a_hostile_file_starts_nothing_and_is_told_of(content: bytes, operator: Person) -> None:
    file = SimpleUploadedFile("aes.csv", content)
    answer = operator.post("/sweep/", START | {"what": "file", "site": "main", "source": file})
    assert answer.status_code == 422
    assert not CheckRun.objects.exists()


def test_who_stands_in_a_file_many_times_is_probed_once(operator: Person) -> None:
    text = "AE Title,Host,Port\n" + "X,10.0.0.1,104\n" * 500
    operator.post("/sweep/", START | {"what": "file", "site": "main", "text": text})
    assert _titles(CheckRun.objects.get()) == ["X"]


def test_a_file_beyond_the_bound_is_refused_before_it_is_read(operator: Person) -> None:
    file = SimpleUploadedFile("aes.csv", b"X" * 12_000_000)
    answer = operator.post("/sweep/", START | {"what": "file", "site": "main", "source": file})
    assert answer.status_code == 413


def test_the_number_of_queries_does_not_grow(operator: Person) -> None:
    counts = []
    for size in (3, 40):
        for number in range(size):
            make_ae(f"S{size}N{number}", f"10.0.{size}.{number}:104")
            make_ae(f"S{size}O{number}", None)
        with CaptureQueriesContext(connection) as queries:
            assert operator.get("/sweep/?what=everything").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_run_is_repeated_whole_or_where_it_failed(operator: Person) -> None:
    _network()
    operator.post("/sweep/", START | {"what": "everything"})
    first = CheckRun.objects.get()
    operator.post(f"{first.get_absolute_url()}cancel/")
    Check.objects.filter(ae__ae_title="CT1").update(tone="bad", outcome="connection-refused")
    page = operator.get(first.get_absolute_url()).content.decode()
    assert "Sweep the 1 failed again" in page and "Sweep all again" in page
    again = operator.post(f"{first.get_absolute_url()}again/", {"failed": "1"})
    failed = CheckRun.objects.latest("pk")
    assert again["Location"] == failed.get_absolute_url()
    assert (_titles(failed), failed.rate_per_s) == (["CT1"], 100.0)
    assert failed.checks.get().target["timeout_s"] == 15.0
    operator.post(f"{first.get_absolute_url()}again/")
    assert CheckRun.objects.latest("pk").total == first.total


def test_a_sweep_of_a_file_is_repeated_without_it(operator: Person) -> None:
    operator.post("/sweep/", START | {"what": "file", "site": "main", "text": TABLE})
    first = CheckRun.objects.get()
    operator.post(f"{first.get_absolute_url()}again/")
    second = CheckRun.objects.latest("pk")
    assert [c.target for c in second.checks.order_by("id")] == [
        c.target for c in first.checks.order_by("id")
    ]


def test_what_became_forbidden_is_not_repeated(operator: Person) -> None:
    operator.post("/sweep/", START | {"what": "file", "site": "main", "text": TABLE})
    first = CheckRun.objects.get()
    target = first.checks.order_by("id")[0].target
    make_ae("FRAGILE", f"{target['hostname']}:{target['port']}", do_not_probe=True)
    operator.post(f"{first.get_absolute_url()}again/")
    second = CheckRun.objects.latest("pk")
    assert [c.outcome for c in second.checks.order_by("id")][:1] == ["skipped"]


def test_a_sweep_needs_a_site_that_exists(operator: Person) -> None:
    for site in ("", "nowhere"):
        choice = START | {"what": "file", "site": site, "text": TABLE}
        assert operator.post("/sweep/", choice).status_code == 422
    assert not CheckRun.objects.exists()


def test_nothing_is_left_to_repeat_once_the_aes_are_gone(operator: Person) -> None:
    make_ae("CT1")
    operator.post("/sweep/", START | {"what": "everything"})
    run = CheckRun.objects.get()
    AE.objects.all().delete()
    said = operator.post(f"{run.get_absolute_url()}again/", follow=True).content.decode()
    assert "nothing left to echo" in said
    assert CheckRun.objects.count() == 1


def test_the_failed_of_a_file_are_counted_anew_and_a_lone_one_is_repeated(
    operator: Person,
) -> None:
    operator.post("/sweep/", START | {"what": "file", "site": "main", "text": TABLE})
    first = CheckRun.objects.get()
    operator.post(f"{first.get_absolute_url()}cancel/")
    one = first.checks.order_by("id")[0].pk
    Check.objects.filter(pk=one).update(tone="bad", outcome="connection-refused")
    operator.post(f"{first.get_absolute_url()}again/", {"failed": "1"})
    second = CheckRun.objects.latest("pk")
    assert second.label == f"Sweep the 1 failed of run {first.pk}, not saved"
    operator.post(f"{second.get_absolute_url()}cancel/")
    assert "Sweep all again" in operator.get(second.get_absolute_url()).content.decode()


def test_an_empty_table_says_what_to_do_instead(operator: Person) -> None:
    assert "The AE table is empty" in operator.get("/sweep/").content.decode()
    make_ae("SCU", None)
    assert "All would be skipped." in operator.get("/sweep/").content.decode()


def test_a_lone_site_is_no_choice_beside_every_ae(operator: Person) -> None:
    make_ae("CT1")
    lone = operator.get("/sweep/").content.decode()
    assert "The AEs of a site" not in lone
    assert "The AEs of a site" in operator.get("/sweep/?what=site&site=main").content.decode()
    create_site(SHELL, SiteData(name="Annex", calling_ae_title="ANNEX", slug="annex"))
    two = operator.get("/sweep/").content.decode()
    assert "The AEs of a site" in two
    assert '<option value="main" selected>' in two


def test_a_pace_out_of_bounds_is_said_in_words(operator: Person) -> None:
    make_ae("CT1")
    form = START | {"what": "everything", "timeout_s": "-3", "rate_per_s": "5000"}
    answer = operator.post("/sweep/", form)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "At least 1." in page and "At most 1000." in page
    assert "Say whom to sweep" not in page
    assert not CheckRun.objects.exists()


def test_who_was_skipped_says_why_in_the_line(operator: Person) -> None:
    _network()
    operator.post("/sweep/", START | {"what": "everything"})
    run = CheckRun.objects.get()
    page = operator.get(f"{run.get_absolute_url()}?outcome=skipped").content.decode()
    line = page.split('class="result"')[1].split("</td>")[0]
    assert "Skipped" in line and "reboots" in line


def test_results_go_out_as_lines_that_no_spreadsheet_runs(operator: Person, viewer: Person) -> None:
    make_ae("=1+1", "10.0.0.1:104")
    make_ae("@SUM", None)
    operator.post("/sweep/", START | {"what": "everything"})
    run = CheckRun.objects.get()
    answer = viewer.get(f"{run.get_absolute_url()}results.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = b"".join(answer).decode().splitlines()
    assert lines[0].startswith("AE Title,Host,Port,TLS,Called as")
    assert lines[1].startswith("'=1+1,10.0.0.1,104,,DICOMCFG,Main site,queued")
    assert lines[2].startswith("'@SUM,,,,DICOMCFG,Main site,no-address,No address")
