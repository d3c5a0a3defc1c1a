"""What each side of an association must be told: short orders for the people at both systems.

The words of a connection sheet, which leaves the building on paper; nothing here looks anything up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dicomcfg.core.negotiation.return_paths import REPORTED, Known, ReturnPath, return_paths
from dicomcfg.core.records import Connection
from dicomcfg.core.standard.endpoint import endpoint
from dicomcfg.core.standard.uids import name_of
from dicomcfg.core.wording import counted

_MOVE, _GET = "return-path-move", "return-path-get"


@dataclass(frozen=True, slots=True)
class Step:
    """One order; `is_gap` where something is not known yet and has to be filled in."""

    text: str
    is_gap: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do on the calling and on the called system, in order."""

    calling: tuple[Step, ...]
    called: tuple[Step, ...]


def steps_for(known: Known, connections: Sequence[Connection], at_once: int = 1) -> Steps:
    """The orders for an association; `connections` are all of the called AE's, first one first."""
    paths = {path.finding.code: path for path in return_paths(known)}
    return Steps(
        tuple(_on_calling(known, connections, paths)),
        tuple(_on_called(known, connections, paths, at_once)),
    )


def address_of(connection: Connection) -> str:
    """`10.0.0.5, port 104`, with the word about TLS where it is used."""
    tls = f", over TLS ({connection.tls})" if connection.tls else ""
    return f"{connection.hostname}, port {connection.port}{tls}"


def _on_calling(
    known: Known, connections: Sequence[Connection], paths: dict[str, ReturnPath]
) -> Iterator[Step]:
    calling, called = known.calling, known.called.ae_title
    yield Step(f"Use the AE title {calling.ae_title} as its own; capitals and spaces count.")
    if connections:
        first, *others = connections
        yield Step(f"Enter {called} as a destination: host {address_of(first)}.")
        if others:
            rest = "; ".join(map(address_of, others))
            yield Step(f"Where it takes more than one address, add in this order: {rest}.")
    else:
        yield Step(f"Enter {called} as a destination at the host and port below.", is_gap=True)
    if known.offer.contexts:
        contexts = counted(len(known.offer.contexts), "presentation context")
        yield Step(f"Propose the {contexts} listed on this sheet.")
    else:
        yield Step("Propose what is agreed; no presentation context is configured.", is_gap=True)
    if _GET in paths:
        yield Step("Propose the SCP role for each storage SOP Class that C-GET is to bring.")
    reasons = _comes_back(known, paths)
    if reasons:
        what = f"Accept associations from {called}, which brings {' and '.join(reasons)}"
        where = calling.connection
        if where and calling.accepts:
            yield Step(f"{what}: listen at {address_of(where)}.")
        else:
            yield Step(f"{what}, at the host and port below.", is_gap=True)


def _comes_back(known: Known, paths: dict[str, ReturnPath]) -> list[str]:
    moves = ["retrieved objects"] if _MOVE in paths and known.calling.accepts else []
    return moves + [service.what for service in REPORTED if service.code in paths]


def _on_called(
    known: Known, connections: Sequence[Connection], paths: dict[str, ReturnPath], at_once: int
) -> Iterator[Step]:
    calling, called = known.calling.ae_title, known.called.ae_title
    if connections:
        yield Step(f"Listen as {called} at {'; '.join(map(address_of, connections))}.")
    else:
        yield Step(f"Listen as {called} at the host and port below.", is_gap=True)
    where = known.calling.connection
    if where:
        yield Step(f"Allow the calling AE title {calling} from {where.hostname}.")
    else:
        yield Step(f"Allow the calling AE title {calling} from the address below.", is_gap=True)
    if at_once > 1:
        yield Step(f"Allow {at_once:,} associations of {calling} at once.")
    if known.offer.contexts:
        yield Step("Accept the presentation contexts listed on this sheet.")
    at = f"at {endpoint(where.hostname, where.port)}" if where else "at the address below"
    if _MOVE in paths and known.calling.accepts:
        yield Step(f"Register {calling} {at} as a move destination.", is_gap=where is None)
    for service in REPORTED:
        if service.code in paths:
            name = name_of(service.sop_class)
            yield Step(
                f"Send {service.what} to {calling} {at}, and propose the SCP role for {name}.",
                is_gap=where is None,
            )
