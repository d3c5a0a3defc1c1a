"""The forecast on its own: results, orders, roles and the split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomcfg.core.negotiation.forecast import Policy, acceptable_of, forecast, proposed_of
from dicomcfg.core.records import PresentationContext, RoleSelection, TransferCapability

IMPLICIT, EXPLICIT, JPEG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"
CT, MR, US = (f"1.2.840.10008.5.1.4.1.1.{tail}" for tail in ("2", "4", "6.1"))
CLASSES = st.sampled_from([CT, MR, US])
LISTS = st.lists(st.sampled_from([IMPLICIT, EXPLICIT, JPEG]), max_size=3, unique=True).map(tuple)
CONTEXTS = st.lists(st.builds(PresentationContext, CLASSES, LISTS), max_size=300)
ACCEPTABLE = st.dictionaries(CLASSES, LISTS)


@pytest.mark.parametrize(
    ("policy", "preferred", "accepted"),
    [
        (Policy.REQUESTOR, (), EXPLICIT),
        (Policy.REQUESTOR, (IMPLICIT,), EXPLICIT),
        (Policy.ACCEPTOR, (), JPEG),
        (Policy.PREFERRED, ("1.2.3", IMPLICIT, JPEG), IMPLICIT),
        (Policy.PREFERRED, ("1.2.3",), EXPLICIT),
        (Policy.PREFERRED, (), EXPLICIT),
    ],
)
def test_whose_order_decides(policy: Policy, preferred: tuple[str, ...], accepted: str) -> None:
    proposed = [PresentationContext(CT, ("1.2.3", EXPLICIT, IMPLICIT, JPEG))]
    (seen,) = forecast(proposed, {CT: (JPEG, IMPLICIT, EXPLICIT)}, policy, preferred)
    assert (seen.result, seen.accepted, seen.role) == (0, accepted, None)


def test_what_fails_and_why() -> None:
    proposed = [
        PresentationContext(CT, (IMPLICIT, EXPLICIT)),
        PresentationContext(MR, (IMPLICIT,)),
        PresentationContext(US, ()),
    ]
    seen = forecast(proposed, {CT: (JPEG,), US: ()}, Policy.ACCEPTOR)
    assert [(each.result, each.accepted, each.why) for each in seen] == [
        (
            4,
            None,
            "No transfer syntax in common: proposed Implicit LE, Explicit LE; "
            "the acceptor takes JPEG lossless SV1.",
        ),
        (3, None, "The acceptor is no SCP of this SOP Class."),
        (4, None, "No transfer syntax in common: proposed none; the acceptor takes none."),
    ]


@pytest.mark.parametrize(
    ("proposed", "result", "role", "why"),
    [
        ((True, False), 0, (True, False), "The one"),
        ((True, True), 0, (True, False), "The one"),
        ((False, True), 3, (False, False), "The acceptor is SCP of this SOP Class, and the role"),
        ((False, False), 3, (False, False), "The acceptor is SCP of this SOP Class, and the role"),
    ],
)
def test_roles_of_an_acceptor_that_is_scp_only(
    proposed: tuple[bool, bool], result: int, role: tuple[bool, bool], why: str
) -> None:
    contexts = [PresentationContext(CT, (IMPLICIT,)), PresentationContext(MR, (IMPLICIT,))]
    roles = [RoleSelection(CT, *proposed), RoleSelection(US, True, True)]
    acceptable = {CT: (IMPLICIT,), MR: (IMPLICIT,)}
    seen = forecast(contexts, acceptable, Policy.REQUESTOR, roles=roles)
    assert (seen[0].result, seen[0].role) == (result, RoleSelection(CT, *role))
    assert seen[0].why.startswith(why)
    assert (seen[1].result, seen[1].role) == (0, None)


def test_an_acceptor_that_sends_by_its_own_syntaxes() -> None:
    """C-GET: the requestor is SCP of the storage classes, so the acceptor's SCU list counts."""
    contexts = [PresentationContext(CT, (IMPLICIT, JPEG)), PresentationContext(MR, (IMPLICIT,))]
    as_scu = {CT: (JPEG,), MR: (IMPLICIT,)}
    roles = [RoleSelection(CT, False, True)]
    seen = forecast(
        contexts, {CT: (IMPLICIT,)}, Policy.REQUESTOR, roles=roles, acceptable_as_scu=as_scu
    )
    assert (seen[0].accepted, seen[0].role) == (JPEG, roles[0])
    assert (seen[1].result, seen[1].why) == (
        3,
        "The acceptor is no SCP of this SOP Class, only SCU.",
    )
    both = [RoleSelection(CT, True, True)]
    seen = forecast(
        contexts, {CT: (IMPLICIT,)}, Policy.REQUESTOR, roles=both, acceptable_as_scu=as_scu
    )
    assert (seen[0].accepted, seen[0].role) == (IMPLICIT, both[0])
    as_requestor = [RoleSelection(MR, True, False)]
    seen = forecast(contexts, {}, Policy.REQUESTOR, roles=as_requestor, acceptable_as_scu=as_scu)
    assert (seen[1].result, seen[1].role) == (3, RoleSelection(MR, False, False))
    assert seen[1].why.startswith("The acceptor is SCU of this SOP Class, and the role selection")


def test_capabilities_give_what_is_proposed_and_taken() -> None:
    capabilities = [
        TransferCapability(CT, "SCU", (JPEG, IMPLICIT)),
        TransferCapability(MR, "SCP", (EXPLICIT,)),
        TransferCapability(CT, "SCP", (IMPLICIT,)),
        TransferCapability(MR, "SCP", (IMPLICIT, EXPLICIT)),
    ]
    assert proposed_of(capabilities) == (PresentationContext(CT, (JPEG, IMPLICIT)),)
    assert acceptable_of(capabilities) == {MR: (EXPLICIT, IMPLICIT), CT: (IMPLICIT,)}


@given(CONTEXTS, ACCEPTABLE, LISTS)
def test_policies_differ_in_the_syntax_alone(
    contexts: list[PresentationContext],
    acceptable: dict[str, tuple[str, ...]],
    preferred: tuple[str, ...],
) -> None:
    by_policy = [forecast(contexts, acceptable, policy, preferred) for policy in Policy]
    for context, *seen in zip(contexts, *by_policy, strict=True):
        assert len({each.result for each in seen}) == 1
        for each in seen:
            assert (each.abstract_syntax, each.proposed) == (
                context.abstract_syntax,
                context.transfer_syntaxes,
            )
            taken = acceptable.get(context.abstract_syntax, ())
            assert (each.result == 0) == bool(set(context.transfer_syntaxes) & set(taken))
            assert each.accepted is None or {each.accepted} <= {*each.proposed} & {*taken}
    assert [each.request for each in by_policy[0]] == [n // 128 + 1 for n in range(len(contexts))]
