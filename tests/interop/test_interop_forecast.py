"""The forecast against what peers answer, context by context, on generated configurations.

DCMTK, pynetdicom and Orthanc choose by their own order. Nothing at hand that we did not write
chooses by the requestor's order or by a preferred list; our acceptor does, with code of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pynetdicom import AE

from dicomcfg.core.diagnosis.observation import Observation, Outcome
from dicomcfg.core.negotiation.forecast import Acceptable, ContextForecast, Policy, forecast
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.core.records import PresentationContext, RoleSelection
from dicomcfg.network.acceptor import AcceptorPolicy
from dicomcfg.probes.target import Target
from tests.interop.conftest import orthanc_with, probe, running
from tests.parts.peers import listening
from tests.parts.programs import program
from tests.parts.waiting import free_port

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
JPEG, LOSSLESS, JPEG_LS, J2K, RLE = (
    f"{IMPLICIT}.{tail}" for tail in ("4.50", "4.70", "4.80", "4.90", "5")
)
SYNTAXES = [IMPLICIT, EXPLICIT, BIG, JPEG, LOSSLESS, JPEG_LS, J2K, RLE]
VERIFICATION, FIND = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.2.2.1"
STORAGE = [f"1.2.840.10008.5.1.4.1.1.{tail}" for tail in ("2", "4", "6.1", "7")]
CLASSES = [VERIFICATION, *STORAGE, "1.3.6.1.4.1.9.9.9"]

some = settings(max_examples=12, derandomize=True, database=None)


def lists_of(syntaxes: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    whole = st.permutations(syntaxes)
    return st.builds(lambda order, size: tuple(order[:size]), whole, st.integers(1, len(syntaxes)))


def proposals(classes: Sequence[str], most: int = 60) -> st.SearchStrategy[list[object]]:
    context = st.builds(PresentationContext, st.sampled_from(classes), lists_of(SYNTAXES))
    return st.lists(context, min_size=most // 3, max_size=most)


ACCEPTABLE = st.dictionaries(st.sampled_from(CLASSES), lists_of(SYNTAXES), min_size=1)


def negotiate(
    port: int, contexts: Sequence[PresentationContext], roles: Sequence[RoleSelection] = ()
) -> Observation:
    options = RequestOptions(tuple(roles))
    target = Target("127.0.0.1", port, "ORTHANC", "US", None, tuple(contexts), options)
    seen = probe("negotiate", target)
    assert seen.outcome in (Outcome.SUCCESS, Outcome.CONTEXT_NOT_ACCEPTED)
    return seen


def assert_agree(foreseen: Sequence[ContextForecast], live: Observation) -> None:
    """In every context: which association, the result and the transfer syntax."""
    assert [
        (each.request, each.abstract_syntax, each.proposed, each.result, each.accepted)
        for each in foreseen
    ] == [
        (each.request, each.abstract_syntax, each.proposed, each.result, each.accepted)
        for each in live.contexts
    ]


def association_configuration(acceptable: Acceptable) -> str:
    """DCMTK's file with one profile of its own lists, a list for each class."""
    lists, contexts = ["[[TransferSyntaxes]]"], ["[[PresentationContexts]]", "[All]"]
    for number, (sop_class, syntaxes) in enumerate(acceptable.items(), 1):
        lists.append(f"[List{number}]")
        lists += [f"TransferSyntax{n} = {uid}" for n, uid in enumerate(syntaxes, 1)]
        contexts.append(f"PresentationContext{number} = {sop_class}\\List{number}")
    profile = ["[[Profiles]]", "[Oracle]", "PresentationContexts = All"]
    return "\n".join([*lists, *contexts, *profile, ""])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where storescp finds its file."""
    return tmp_path_factory.mktemp("oracle")


@some
@given(acceptable=ACCEPTABLE, contexts=proposals(CLASSES))
def test_storescp_takes_its_profile_s_order(
    folder: Path, acceptable: Acceptable, contexts: list[PresentationContext]
) -> None:
    file, port = folder / "profiles.cfg", free_port()
    file.write_text(association_configuration(acceptable))
    command = [program("storescp"), "-xf", str(file), "Oracle", "-od", str(folder), str(port)]
    with running(command, port, folder):
        live = negotiate(port, contexts)
    assert_agree(forecast(contexts, acceptable, Policy.ACCEPTOR), live)


@pytest.fixture(scope="module")
def pynetdicom_server() -> Iterator[tuple[AE, object]]:
    """pynetdicom's acceptor, whose contexts each example sets anew."""
    ae = AE("PYNET")
    ae.add_supported_context(VERIFICATION)
    server = ae.start_server(("127.0.0.1", 0), block=False)
    assert server is not None
    yield ae, server
    server.shutdown()


def supporting(
    served: tuple[AE, object], acceptable: Acceptable, roles: Sequence[RoleSelection] = ()
) -> int:
    """Let pynetdicom take these, in these roles of the requestor; returns its port."""
    ae, server = served
    known = {role.sop_class: role for role in roles}
    ae.supported_contexts = []
    for sop_class, syntaxes in acceptable.items():
        role = known.get(sop_class)
        ae.add_supported_context(
            sop_class,
            list(syntaxes),
            scu_role=None if role is None else role.scu,
            scp_role=None if role is None else role.scp,
        )
    server.contexts = ae.supported_contexts  # type: ignore[attr-defined]
    port: int = server.socket.getsockname()[1]  # type: ignore[attr-defined]
    return port


@some
@given(acceptable=ACCEPTABLE, contexts=proposals(CLASSES, most=150))
def test_pynetdicom_takes_its_own_order(
    pynetdicom_server: tuple[AE, object],
    acceptable: Acceptable,
    contexts: list[PresentationContext],
) -> None:
    live = negotiate(supporting(pynetdicom_server, acceptable), contexts)
    assert_agree(forecast(contexts, acceptable, Policy.ACCEPTOR), live)


PROPOSED_ROLES = st.sampled_from([(True, False), (False, True), (True, True)])
OWN_ROLES = st.tuples(st.booleans(), st.booleans())


@some
@given(
    acceptable=ACCEPTABLE,
    contexts=proposals(CLASSES, most=20),
    wanted=st.fixed_dictionaries(dict.fromkeys(CLASSES, PROPOSED_ROLES)),
    own=st.fixed_dictionaries(dict.fromkeys(CLASSES, OWN_ROLES)),
)
def test_pynetdicom_grants_the_roles_that_both_have(
    pynetdicom_server: tuple[AE, object],
    acceptable: Acceptable,
    contexts: list[PresentationContext],
    wanted: dict[str, tuple[bool, bool]],
    own: dict[str, tuple[bool, bool]],
) -> None:
    """It refuses a class left without a role by another result than the forecast's."""
    roles = [RoleSelection(uid, *bits) for uid, bits in wanted.items()]
    theirs = [RoleSelection(uid, *bits) for uid, bits in own.items()]
    live = negotiate(supporting(pynetdicom_server, acceptable, theirs), contexts, roles)
    foreseen = forecast(
        contexts,
        {uid: taken for uid, taken in acceptable.items() if own[uid][0]},
        Policy.ACCEPTOR,
        roles=roles,
        acceptable_as_scu={uid: taken for uid, taken in acceptable.items() if own[uid][1]},
    )
    assert [(each.result == 0, each.accepted) for each in foreseen] == [
        (each.result == 0, each.accepted) for each in live.contexts
    ]
    accepted = {each.abstract_syntax: each.role for each in foreseen if each.result == 0}
    answered = {} if live.answer is None else {r.sop_class: r for r in live.answer.role_selections}
    assert {uid: answered.get(uid) for uid in accepted} == accepted


@pytest.fixture(scope="module", params=["default", "configured"])
def orthanc_lists(
    request: pytest.FixtureRequest, orthanc: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[int, dict[str, tuple[str, ...]]]]:
    """An Orthanc and what it takes of a storage class and of others, in its order.

    The order, which its configuration does not name, is found by proposing everything, then
    what is left without what it took, and so on. What it takes for storage is configured.
    """
    classes = [VERIFICATION, FIND, STORAGE[0]]
    if request.param == "default":
        yield orthanc, peeled(orthanc, classes)
        return
    configured = [RLE, LOSSLESS, EXPLICIT]
    folder = tmp_path_factory.mktemp("orthanc-configured")
    with orthanc_with(folder, AcceptedTransferSyntaxes=configured) as port:
        found = peeled(port, classes)
        assert sorted(found[STORAGE[0]]) == sorted(configured)
        yield port, found


def peeled(port: int, classes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    left = dict.fromkeys(classes, SYNTAXES)
    found: dict[str, tuple[str, ...]] = dict.fromkeys(classes, ())
    while left:
        contexts = [PresentationContext(uid, tuple(rest)) for uid, rest in left.items()]
        for answer in negotiate(port, contexts).contexts:
            uid = answer.abstract_syntax
            if answer.accepted is not None:
                found[uid] += (answer.accepted,)
            rest = [each for each in left.pop(uid) if each != answer.accepted]
            if answer.accepted is not None and rest:
                left[uid] = rest
    return found


@some
@given(contexts=proposals([VERIFICATION, FIND, STORAGE[0], "1.3.6.1.4.1.9.9.9"]))
def test_orthanc_takes_its_own_order(
    orthanc_lists: tuple[int, dict[str, tuple[str, ...]]], contexts: list[PresentationContext]
) -> None:
    port, acceptable = orthanc_lists
    live = negotiate(port, contexts)
    foreseen = forecast(contexts, acceptable, Policy.ACCEPTOR)
    assert [(each.accepted, each.abstract_syntax, each.proposed) for each in foreseen] == [
        (each.accepted, each.abstract_syntax, each.proposed) for each in live.contexts
    ]
    # Orthanc says 3 where a storage class has no transfer syntax in common, as for a class that
    # it does not know.
    for expected, seen in zip(foreseen, live.contexts, strict=True):
        is_storage = expected.abstract_syntax in STORAGE
        assert seen.result == (3 if is_storage and expected.result == 4 else expected.result)


@some
@given(
    classes=st.sets(st.sampled_from(CLASSES)),
    taken=lists_of(SYNTAXES),
    preferred=st.just(()) | lists_of(SYNTAXES),
    contexts=proposals(CLASSES, most=150),
)
def test_our_acceptor_takes_the_requestor_s_order_or_what_it_prefers(
    classes: set[str],
    taken: tuple[str, ...],
    preferred: tuple[str, ...],
    contexts: list[PresentationContext],
) -> None:
    acceptable = dict.fromkeys(classes, taken)
    policy = AcceptorPolicy(
        abstract_syntaxes=frozenset(classes),
        transfer_syntaxes=taken,
        preferred_transfer_syntaxes=preferred,
    )
    with listening(policy) as peer:
        live = negotiate(peer.port, contexts)
    assert_agree(forecast(contexts, acceptable, Policy.PREFERRED, preferred), live)
    if not preferred:
        assert_agree(forecast(contexts, acceptable, Policy.REQUESTOR), live)
