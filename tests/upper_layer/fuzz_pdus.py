"""Mutated PDUs against the state machine: each is accepted or is a protocol error with a name.

Run it: python tests/upper_layer/fuzz_pdus.py --count 1000000 --seed 1
A run is a pure function of seed and count; it exits 1 where anything else was raised or memory
grew beyond the bound.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count

from dicomcfg.upper_layer.association import Association, Signal
from dicomcfg.upper_layer.dimse import CommandAssembler, command_pdus, echo_request, response_to
from dicomcfg.upper_layer.encoding import encode
from dicomcfg.upper_layer.errors import NotDicomError, RemoteProtocolError
from dicomcfg.upper_layer.pdus import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    AsynchronousWindow,
    ClassExtension,
    CommonClassExtension,
    ContextAnswer,
    Data,
    Pdu,
    ProposedContext,
    ReleaseReply,
    ReleaseRequest,
    UserIdentity,
    UserInformation,
)
from dicomcfg.upper_layer.pdus import Role as RoleItem
from dicomcfg.upper_layer.states import Role

MEMORY_BOUND_BYTES = 64 << 20
CHUNK = 10_000
VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"

USER = UserInformation(
    16384,
    "1.2.3.4",
    "FUZZ",
    AsynchronousWindow(1, 1),
    (RoleItem(CT, True, True),),
    (ClassExtension(CT, b"\x01\x01"),),
    (CommonClassExtension(CT, "1.2.840.10008.4.2", ("1.2.3",)),),
    UserIdentity(2, True, b"user", b"secret"),
)
REQUEST = AssociateRequest(
    "CALLED",
    "CALLING",
    (
        ProposedContext(1, VERIFICATION, (IMPLICIT,)),
        ProposedContext(3, CT, (EXPLICIT, IMPLICIT)),
    ),
    USER,
)
ACCEPT = AssociateAccept(
    "CALLED",
    "CALLING",
    (ContextAnswer(1, 0, IMPLICIT), ContextAnswer(3, 3, EXPLICIT)),
    UserInformation(16384, "1.2.3.4", "FUZZ", AsynchronousWindow(1, 1), identity_response=b"x"),
)
ECHO = echo_request(1)

# (the PDU to mutate, the end that receives it, what passed before: sent or received)
SEEDS: tuple[tuple[Pdu, Role, tuple[Pdu, ...]], ...] = (
    (REQUEST, Role.ACCEPTOR, ()),
    (ACCEPT, Role.REQUESTOR, (REQUEST,)),
    (AssociateReject(1, 1, 7), Role.REQUESTOR, (REQUEST,)),
    (Abort(2, 0), Role.REQUESTOR, (REQUEST,)),
    (*command_pdus(1, ECHO, 0), Role.ACCEPTOR, (REQUEST, ACCEPT)),
    (*command_pdus(1, response_to(ECHO, 0), 0), Role.REQUESTOR, (REQUEST, ACCEPT)),
    (ReleaseRequest(), Role.ACCEPTOR, (REQUEST, ACCEPT)),
    (ReleaseReply(), Role.REQUESTOR, (REQUEST, ACCEPT, ReleaseRequest())),
)
ENCODED = tuple(encode(pdu) for pdu, _, _ in SEEDS)
_OURS = {
    Role.REQUESTOR: (AssociateRequest, ReleaseRequest),
    Role.ACCEPTOR: (AssociateAccept,),
}


def mutate(raw: bytes, rng: random.Random) -> bytes:
    """One to four random injuries."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data)) if data else 0
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[at] = rng.randrange(256)
        elif kind == 1 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            del data[at : at + rng.randint(1, 8)]
        elif kind == 3:
            data[at:at] = rng.randbytes(rng.randint(1, 8))
        elif kind == 4:
            data[at : at + 2] = rng.choice((b"\0\0", b"\xff\xff", b"\0\1", b"\x7f\xff"))
        else:
            data[2:6] = rng.choice((len(data), rng.getrandbits(32))).to_bytes(4, "big")
    if rng.randrange(4):
        # Mostly a true length, so that the injury is met further in.
        data[2:6] = max(0, len(data) - 6).to_bytes(4, "big")
    return bytes(data)


def prepared(role: Role, before: tuple[Pdu, ...]) -> Association:
    """An association in the state in which the seed is due."""
    association = Association(role)
    for pdu in before:
        if isinstance(pdu, _OURS[role]):
            association.send(pdu)
        else:
            association.receive_data(encode(pdu))
            association.next_event()
    return association


def classify(association: Association, data: bytes) -> str:
    """What became of `data`: `accepted`, `noted`, `incomplete`, `not-dicom` or the field."""
    assembler = CommandAssembler()
    association.receive_data(data)
    try:
        while (event := association.next_event()) is not Signal.NEED_DATA:
            if event is Signal.CLOSED:
                break
            if isinstance(event, Data):
                for fragment in event.fragments:
                    assembler.feed(fragment)
    except NotDicomError:
        return "not-dicom"
    except RemoteProtocolError as error:
        association.abort_bytes(error)
        return error.field
    if association.has_incomplete_pdu:
        return "incomplete"
    return "noted" if any(association.notes) else "accepted"


def fuzz(seed: int, count: int) -> Counter[str]:
    """`count` mutations; whatever else is raised counts under `RAISED` with its bytes."""
    rng = random.Random(seed)
    found: Counter[str] = Counter()
    for _ in range(count):
        which = rng.randrange(len(SEEDS))
        _, role, before = SEEDS[which]
        association = prepared(role, before)
        data = mutate(ENCODED[which], rng)
        try:
            found[classify(association, data)] += 1
        except Exception as error:
            found[f"RAISED {error!r} seed {which}: {data.hex()}"] += 1
    return found


def peak_bytes() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def chunk(job: tuple[int, int]) -> tuple[Counter[str], int]:
    """One job of a worker process: its counts and by how much memory grew."""
    fuzz(0, 200)
    before = peak_bytes()
    return fuzz(*job), peak_bytes() - before


def main() -> int:
    """Print the counts; 0 when everything was classified and memory stayed bounded."""
    parser = argparse.ArgumentParser(description="Mutated PDUs against the state machine")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    jobs = [
        (given.seed * 1_000_003 + at, min(CHUNK, given.count - at))
        for at in range(0, given.count, CHUNK)
    ]
    started = time.monotonic()
    total: Counter[str] = Counter()
    growth = 0
    with ProcessPoolExecutor(cpu_count()) as pool:
        for found, grown in pool.map(chunk, jobs):
            total += found
            growth = max(growth, grown)
    for name, number in total.most_common():
        print(f"{number:9d}  {name}")
    elapsed = time.monotonic() - started
    print(f"{sum(total.values())} mutations, seed {given.seed}, {elapsed:.0f} s")
    print(f"memory grew by {growth >> 10} KiB at most")
    raised = [name for name in total if name.startswith("RAISED")]
    return 1 if raised or growth > MEMORY_BOUND_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
