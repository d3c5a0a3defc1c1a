"""Ids, the split at 128 and the size on the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.negotiation.proposal import context_bytes, request_bytes, split
from dicomcfg.core.records import ExtendedNegotiation, PresentationContext, RoleSelection
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.pdus import (
    AssociateRequest,
    ClassExtension,
    ProposedContext,
    Role,
    UserInformation,
)

UIDS = st.lists(st.integers(0, 9999).map(str), min_size=2, max_size=9).map(
    lambda parts: "1." + ".".join(parts)
)
CONTEXTS = st.builds(PresentationContext, UIDS, st.lists(UIDS, min_size=1, max_size=3).map(tuple))


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


@given(
    st.lists(CONTEXTS, max_size=20),
    UIDS,
    st.sampled_from(["", "NAME_1"]),
    st.lists(UIDS, max_size=3),
    st.lists(st.tuples(UIDS, st.binary(max_size=9)), max_size=3),
)
def test_size_is_that_of_the_encoder(
    contexts: list[PresentationContext],
    class_uid: str,
    version: str,
    roles: list[str],
    extensions: list[tuple[str, bytes]],
) -> None:
    (proposal,) = split(contexts) or [None]
    proposed = proposal.contexts if proposal else ()
    request = AssociateRequest(
        "CALLED",
        "CALLING",
        tuple(
            ProposedContext(p.context_id, p.context.abstract_syntax, p.context.transfer_syntaxes)
            for p in proposed
        ),
        UserInformation(
            16384,
            class_uid,
            version or None,
            roles=tuple(Role(uid, True, False) for uid in roles),
            extensions=tuple(ClassExtension(uid, data) for uid, data in extensions),
        ),
    )
    assert len(encode(request)) == request_bytes(
        contexts,
        implementation_class_uid=class_uid,
        implementation_version_name=version,
        role_selections=[RoleSelection(uid, True, False) for uid in roles],
        extended_negotiations=[ExtendedNegotiation(uid, data.hex()) for uid, data in extensions],
    )


def test_context_item_counts_its_headers() -> None:
    assert context_bytes(PresentationContext("1.2.3", ("1.2", "1.3"))) == 8 + 9 + 7 + 7
