"""Ids, the split at 128 and the size on the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.negotiation.options import (
    CommonExtendedNegotiation,
    Identity,
    RequestOptions,
    is_passcode_variable,
)
from dicomcfg.core.negotiation.proposal import Proposal, context_bytes, request_bytes, split
from dicomcfg.core.records import ExtendedNegotiation, PresentationContext, RoleSelection
from dicomcfg.probes.request import associate_request
from dicomcfg.probes.target import Target
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.identity import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicomcfg.upper_layer.pdus import UserIdentity

UIDS = st.lists(st.integers(0, 9999).map(str), min_size=2, max_size=9).map(
    lambda parts: "1." + ".".join(parts)
)
# Few of them, so that options often name a class that a context has.
CLASSES = st.sampled_from(["1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2", "1.3.6.1.4.1.9"])
CONTEXTS = st.builds(
    PresentationContext, CLASSES | UIDS, st.lists(UIDS, min_size=1, max_size=3).map(tuple)
)
NUMBERS = st.integers(0, 0xFFFF)


def several(*fields: st.SearchStrategy[object], of: type) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.builds(of, CLASSES, *fields), max_size=3).map(tuple)


OPTIONS = st.builds(
    RequestOptions,
    several(st.booleans(), st.booleans(), of=RoleSelection),
    several(st.binary(max_size=9).map(bytes.hex), of=ExtendedNegotiation),
    several(UIDS, st.lists(UIDS, max_size=2).map(tuple), of=CommonExtendedNegotiation),
    st.none() | st.tuples(NUMBERS, NUMBERS),
    st.none()
    | st.builds(
        Identity, st.text(min_size=1, max_size=9), st.sampled_from([None, "DICOMCFG_PASSCODE_A"])
    ),
    st.integers(0, 0xFFFFFFFF),
    UIDS,
)


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (128, [128]), (129, [128, 1]), (300, [128, 128, 44])]
)
def test_split_at_128(count: int, sizes: list[int]) -> None:
    contexts = [PresentationContext(f"1.2.{n}", ("1.2.840.10008.1.2",)) for n in range(count)]
    proposals = split(contexts)
    assert [len(proposal.contexts) for proposal in proposals] == sizes
    assert [proposal.number for proposal in proposals] == list(range(1, len(sizes) + 1))
    assert [p.context for proposal in proposals for p in proposal.contexts] == contexts
    for proposal in proposals:
        ids = [proposed.context_id for proposed in proposal.contexts]
        assert ids == list(range(1, 2 * len(ids), 2))
        assert max(ids) <= 255


@pytest.mark.parametrize("per_request", [0, 129])
def test_a_request_holds_no_more_than_the_standard_lets_it(per_request: int) -> None:
    with pytest.raises(ValueError, match="1 to 128"):
        split((), per_request)


@given(st.lists(CONTEXTS, max_size=20), OPTIONS, st.binary(min_size=1, max_size=20))
def test_size_is_that_of_the_encoder(
    contexts: list[PresentationContext], options: RequestOptions, passcode: bytes
) -> None:
    identity = options.identity
    secret = passcode if identity and identity.kind == 2 else b""
    user = identity and UserIdentity(identity.kind, True, identity.username.encode(), secret)
    (proposal,) = split(contexts) or [Proposal(1, ())]
    target = Target("peer", 104, "CALLED", "CALLING")
    request = associate_request(target, proposal.contexts, options, user)
    assert len(encode(request)) == request_bytes(
        contexts,
        implementation_class_uid=IMPLEMENTATION_CLASS_UID,
        implementation_version_name=IMPLEMENTATION_VERSION_NAME,
        options=options.among({context.abstract_syntax for context in contexts}),
        passcode_bytes=len(secret),
    )


@pytest.mark.parametrize(
    ("name", "may_be_read"),
    [
        ("DICOMCFG_PASSCODE_PACS", True),
        ("DICOMCFG_PASSCODE_", False),
        ("DATABASE_URL", False),
        ("XDICOMCFG_PASSCODE_A", False),
        ("DICOMCFG_PASSCODE_A\n", False),
        ("", False),
    ],
)
def test_which_variables_may_be_sent(name: str, may_be_read: bool) -> None:
    assert is_passcode_variable(name) is may_be_read


def test_context_item_counts_its_headers() -> None:
    assert context_bytes(PresentationContext("1.2.3", ("1.2", "1.3"))) == 8 + 9 + 7 + 7
