"""What is said about a list of presentation contexts, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.findings import Severity
from dicomcfg.core.negotiation.advice import Load, advise
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard.uid_groups import may_be_lossy
from dicomcfg.core.standard.uids import registry

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
BASELINE, EXTENDED, LOSSLESS = (f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 70))
VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
OLD_CT = "1.2.840.10008.5.1.1.30"  # a retired SOP Class
ECHO = (VERIFICATION, IMPLICIT)


def _context(*uids: str) -> PresentationContext:
    return PresentationContext(uids[0], tuple(uids[1:]))


def _codes(*rows: tuple[str, ...]) -> dict[str, Severity]:
    return {each.code: each.severity for each in advise([_context(*row) for row in rows])}


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([], {}),
        ([ECHO], {}),
        ([ECHO, (CT, EXPLICIT, IMPLICIT)], {}),
        ([(CT, IMPLICIT)], {"verification-not-proposed": "info"}),
        ([ECHO, (CT, EXPLICIT)], {"implicit-not-proposed": "warning"}),
        ([ECHO, (CT, LOSSLESS)], {"implicit-not-proposed": "warning"}),
        ([ECHO, (CT, BASELINE, EXTENDED)], {"implicit-not-proposed-lossy": "info"}),
        ([ECHO, (CT, BASELINE, LOSSLESS)], {"implicit-not-proposed": "warning"}),
        # One context of the class is enough, whichever.
        (
            [ECHO, (CT, BASELINE), (CT, IMPLICIT)],
            {"abstract-syntax-in-several-contexts": "info"},
        ),
        ([ECHO, (CT, IMPLICIT), (CT, IMPLICIT)], {"context-repeated": "warning"}),
        (
            [ECHO, (CT, IMPLICIT, EXPLICIT), (CT, EXPLICIT, IMPLICIT)],
            {"context-repeated": "warning"},
        ),
        ([ECHO, ("1.2.3.4", IMPLICIT)], {"uid-private": "info"}),
        ([ECHO, (CT, IMPLICIT, "1.2.3.4")], {"uid-private": "info"}),
        ([ECHO, (OLD_CT, IMPLICIT)], {"uid-retired": "info"}),
        ([ECHO, ("1.2.840.10008.9.9.9", IMPLICIT)], {"uid-unknown": "warning"}),
        ([ECHO, (IMPLICIT, IMPLICIT)], {"uid-of-another-kind": "warning"}),
        ([ECHO, (CT, IMPLICIT, CT)], {"uid-of-another-kind": "warning"}),
        (
            [ECHO, (CT, IMPLICIT, "1.2.840.10008.1.2.6.1")],
            {"uid-not-negotiable": "warning", "uid-retired": "info"},
        ),
    ],
)
def test_what_is_said_of_a_list(rows: list[tuple[str, ...]], codes: dict[str, str]) -> None:
    assert _codes(*rows) == codes


@pytest.mark.parametrize(("width", "warned"), [(32, False), (33, True), (51, True)])
def test_more_than_32_transfer_syntaxes(width: int, warned: bool) -> None:
    syntaxes = [f"1.2.3.{n}" for n in range(width)]
    assert ("many-transfer-syntaxes" in _codes(ECHO, (CT, *syntaxes))) is warned


@pytest.mark.parametrize(("count", "words"), [(128, ""), (129, "2 assoc"), (257, "3 assoc")])
def test_the_split_is_told(count: int, words: str) -> None:
    found = advise([_context(f"1.2.3.{n}", IMPLICIT) for n in range(count)])
    told = [each.message for each in found if each.code == "contexts-will-be-split"]
    assert bool(told) is bool(words)
    assert words in "".join(told)


@pytest.mark.parametrize(
    ("size", "severity", "words"),
    [
        (16_384, None, ""),
        (16_385, "info", "16 kB"),
        (32_769, "warning", "32 kB"),
        (65_537, "warning", "64 kB"),
    ],
)
def test_sizes_against_what_acceptors_read(size: int, severity: str | None, words: str) -> None:
    found = [
        each for each in advise([_context(*ECHO)], [400, size]) if each.code == "request-large"
    ]
    assert [each.severity for each in found] == ([severity] if severity else [])
    assert all(words in each.message and f"{size:,}" in each.message for each in found)


@pytest.mark.parametrize(
    ("at_once", "maximum", "warned"), [(3, 3, False), (4, 3, True), (4, None, False), (1, 0, True)]
)
def test_associations_at_once(at_once: int, maximum: int | None, warned: bool) -> None:
    loads = [Load("PACS", "in", at_once, maximum)]
    found = [
        e for e in advise([_context(*ECHO)], (), loads) if e.code == "associations-over-maximum"
    ]
    assert [each.subject for each in found] == ["PACS"] * warned


def test_the_gravest_comes_first_and_each_is_said_once() -> None:
    rows = [_context(f"1.2.3.{n}", EXPLICIT) for n in range(200)]
    found = advise(rows, [70_000])
    severities = [each.severity for each in found]
    assert severities == sorted(severities, key=list(Severity).index)
    codes = [each.code for each in found]
    assert len(codes) == len(set(codes))
    assert all(each.remedy and each.clause for each in found)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([VERIFICATION, CT, OLD_CT, "1.2.3", "1.2.840.10008.0"]),
            st.lists(st.sampled_from([IMPLICIT, EXPLICIT, BASELINE, "2.25.1"]), max_size=4),
        ),
        max_size=8,
    )
)
def test_advice_is_true_of_any_list(rows: list[tuple[str, list[str]]]) -> None:
    contexts = [PresentationContext(uid, tuple(syntaxes)) for uid, syntaxes in rows]
    codes = {each.code for each in advise(contexts)}
    offered: dict[str, set[str]] = {}
    for uid, syntaxes in rows:
        offered.setdefault(uid, set()).update(syntaxes)
    lacking = [each for each in offered.values() if each and IMPLICIT not in each]
    told = codes & {"implicit-not-proposed", "implicit-not-proposed-lossy"}
    assert bool(told) is bool(lacking)
    assert ("implicit-not-proposed-lossy" in told) is any(each == {BASELINE} for each in lacking)


def test_which_transfer_syntaxes_may_be_lossy() -> None:
    named = {entry.uid: entry.name for entry in registry().values() if may_be_lossy(entry.uid)}
    assert {BASELINE, EXTENDED} <= named.keys()
    assert not any(
        "Lossless" in name.replace("Near-Lossless", "") and "Lossy" not in name
        for name in named.values()
    )
    lossless = (IMPLICIT, EXPLICIT, LOSSLESS, "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90")
    assert not any(map(may_be_lossy, lossless))
