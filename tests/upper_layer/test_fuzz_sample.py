"""A fixed-seed sample of the fuzzer, and what it must be able to see."""

from __future__ import annotations

from tests.upper_layer.fuzz_pdus import ENCODED, SEEDS, classify, fuzz, prepared


def test_mutated_pdus_are_accepted_or_named_errors() -> None:
    found = fuzz(seed=20, count=8000)
    assert not [name for name in found if name.startswith("RAISED")]
    assert found["accepted"] > 800
    assert {
        "noted",
        "incomplete",
        "not-dicom",
        "pdu-length",
        "pdu-type",
        "variable-items",
        "presentation-context-item",
        "presentation-data-value-item",
        "user-information-item",
        "command-set",
    } <= found.keys()


def test_seeds_themselves_are_accepted() -> None:
    for (_, role, before), raw in zip(SEEDS, ENCODED, strict=True):
        assert classify(prepared(role, before), raw) == "accepted"
