"""The one bound on findings: what is listed, what is counted, and how readers come by it."""

import tracemalloc

import pytest

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.formats import bounded, registry
from dicomcfg.core.formats.bounded import MAXIMUM_FINDINGS, Findings, Place, at_most
from dicomcfg.core.formats.tables import ae_table
from tests.core.fuzz_formats import mutants
from tests.core.seeds import seeds_of

INFO, WARNING, ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR
SMALL = 2


def _full(count=MAXIMUM_FINDINGS):
    found = Findings()
    for number in range(1, count + 1):
        found.say("line-too-long", INFO, "x", "Long.", at=number)
    return found


def test_what_is_within_the_bound_is_listed():
    findings = _full().all()
    assert [f.line for f in findings] == list(range(1, MAXIMUM_FINDINGS + 1))


@pytest.mark.parametrize(
    ("beyond", "severity", "message"),
    [
        ([INFO], INFO, "1 more finding is not listed."),
        ([INFO, WARNING, INFO], WARNING, "3 more findings are not listed."),
        ([WARNING, ERROR] * 600, ERROR, "1,200 more findings are not listed."),
    ],
)
def test_the_rest_is_one_finding_as_grave_as_the_gravest(beyond, severity, message):
    found = _full()
    for each in beyond[1:]:
        found.say("port-invalid", each, "y", "No port.")
    found.keep([Finding("port-invalid", beyond[0], "y", "No port.")])
    *listed, more = found.all()
    assert tuple(listed) == _full().all()
    assert (more.code, more.severity, more.message) == ("more-findings", severity, message)
    assert more.remedy
    assert more.line is more.path is None


def test_a_finding_has_its_place_its_clause_and_a_short_subject():
    found = Findings("RFC 2849")
    found.say("a", INFO, "x" * 100, "m", "r", 7)
    found.say("b", INFO, "x", "m", at=Place(path="aes[0]"), clause="PS3.5 9.1")
    found.keep([Finding("c", INFO, "x", "m", line=3)])
    found.keep([Finding("c", INFO, "x", "m", line=3)], Place(path="p"))
    assert found.all() == (
        Finding("a", INFO, "x" * 57 + "...", "m", "r", "RFC 2849", 7),
        Finding("b", INFO, "x", "m", "", "PS3.5 9.1", None, "aes[0]"),
        Finding("c", INFO, "x", "m", line=3),
        Finding("c", INFO, "x", "m", line=3, path="p"),
    )


def test_another_ones_findings_are_taken_with_its_count():
    first, second = _full(MAXIMUM_FINDINGS - 1), _full()
    second.say("port-invalid", ERROR, "y", "No port.")
    first.take(second, Place(path="services.b"))
    *listed, last, more = first.all()
    assert listed == list(_full().all()[:-1])
    assert (last.line, last.path) == (1, "services.b")
    assert (more.severity, more.message) == (ERROR, "1,000 more findings are not listed.")


def test_what_is_only_counted_takes_no_memory():
    found = _full()
    tracemalloc.start()
    for number in range(20_000):
        found.say("port-invalid", ERROR, "y", "No port.", at=number)
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 10_000
    assert peak < 20_000


def test_findings_that_nobody_gathered_are_bounded_once():
    findings = tuple(Finding("c", WARNING, "x", "m", line=n) for n in range(1_500))
    listed = at_most(findings)
    assert listed[:-1] == findings[:1_000]
    assert (listed[-1].severity, listed[-1].message[:8]) == (WARNING, "500 more")
    assert at_most(listed) == listed
    assert at_most(findings[:1_000]) == findings[:1_000]


# A damaged workbook is refused as a whole; a good one is read as the table that it holds.
@pytest.mark.parametrize(
    "name", [name for name, chosen in registry.FORMATS.items() if chosen.suffix != ".xlsx"]
)
def test_every_reader_counts_what_is_not_listed(name, monkeypatch):
    """Read with a small bound, a file gives the first findings and one that counts the others."""
    cut_short = 0
    for data in [*seeds_of(name), *mutants(name, 200, seed=1)]:
        chosen = registry.FORMATS[name]
        source = registry.source_of(data, "x", chosen.maximum_bytes, chosen.is_binary)
        listed = len(source.decoded.findings) + SMALL
        everything = registry.read_source(chosen, source).findings
        monkeypatch.setattr(bounded, "MAXIMUM_FINDINGS", SMALL)
        monkeypatch.setattr(ae_table, "MAXIMUM_FINDINGS", SMALL)
        findings = registry.read_source(chosen, source).findings
        monkeypatch.undo()
        assert findings[:listed] == everything[:listed]
        rest = everything[listed:]
        if not rest:
            assert findings == everything
            continue
        cut_short += 1
        (more,) = findings[listed:]
        assert more.code == "more-findings"
        assert more.severity == next(s for s in Severity if any(f.severity is s for f in rest))
        assert more.message.startswith(f"{len(rest):,} more finding")
    assert cut_short


def test_a_file_of_faults_and_secrets_says_once_that_there_are_more():
    lines = ["# Gerät, password=hunter2"] + ["nonsense"] * 3_000
    data = "\n".join(lines).encode("cp1252")
    guessed, blanked, *listed, more = registry.read(data, format="intersystems").findings
    assert (guessed.code, blanked.code) == ("encoding-guessed", "secret-blanked")
    assert [f.line for f in listed] == list(range(2, 1_002))
    # The faults that are not listed, and that there are no contexts at all.
    assert (more.code, more.severity) == ("more-findings", ERROR)
    assert more.message.startswith("2,001 more")
