"""An association as text, in the form that engineers know from their toolkits' logs.

Made from the dissection of what was sent and received, so that it says no more than the bytes do.
"Our" and "their" are the requestor's and the acceptor's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from dicomcfg.core.diagnosis.cutting import text
from dicomcfg.core.diagnosis.dissection import (
    ACCEPT,
    CALLED,
    CALLING,
    DATA,
    REQUEST,
    Node,
    carried_by,
    dissect,
)
from dicomcfg.core.diagnosis.dissection_items import (
    ABSTRACT_SYNTAX,
    ANSWERED,
    APPLICATION_CONTEXT,
    CLASS_UID,
    COMMON_EXTENDED,
    CONTEXT_ID,
    EXTENDED,
    IDENTITY,
    IDENTITY_RESPONSE,
    MAXIMUM_LENGTH,
    PROPOSED,
    RESULT,
    ROLES,
    SOP_CLASS,
    TRANSFER_SYNTAX,
    UID,
    USER_INFORMATION,
    VERSION_NAME,
    WINDOW,
)
from dicomcfg.core.diagnosis.observation import PduRecord
from dicomcfg.core.standard.codes import describe_context_result
from dicomcfg.core.standard.uids import lookup

_WIDTH: Final = 70
_LABEL_WIDTH: Final = 33
_NONE: Final = Node("", "", 0, 0)


class _Said:
    """One PDU with its bytes: what its nodes say, as numbers and UIDs."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.root = dissect(data)
        self.user = next(self.root.named(USER_INFORMATION), _NONE)
        self.roles = {self.uid(node, SOP_CLASS): node for node in self.user.named(ROLES)}

    def number(self, node: Node, label: str) -> int | None:
        """The number in a piece of `node`; None where it is not there."""
        return next((int.from_bytes(self.data[n.start : n.end]) for n in node.named(label)), None)

    def uid(self, node: Node, label: str = UID) -> str:
        """The UID in a piece of `node` as it was sent."""
        piece = next(node.named(label), _NONE)
        return text(self.data[piece.start : piece.end])[0]

    def value(self, label: str) -> str:
        """What an item of the user information says."""
        return next((node.value for node in self.user.named(label)), "")

    def contexts(self, label: str) -> Iterator[tuple[int, Node]]:
        """The presentation contexts with their ids."""
        for node in self.root.named(label):
            yield self.number(node, CONTEXT_ID) or 0, node

    def role(self, sop_class: str) -> str:
        """The role selection of a SOP Class."""
        node = self.roles.get(sop_class)
        if node is None:
            return "Default"
        bits = f"{self.number(node, 'SCU role')}/{self.number(node, 'SCP role')}"
        return {"1/1": "SCU/SCP", "1/0": "SCU", "0/1": "SCP", "0/0": "None"}.get(bits, bits)


def text_dump(pdus: Iterable[PduRecord]) -> str:
    """Every PDU in the order of its time; an answer stands for the request before it."""
    request: _Said | None = None
    blocks = []
    for pdu in pdus:
        said = _Said(bytes.fromhex(pdu.hex))
        head = f"{pdu.direction} at {pdu.at_ms:.1f} ms, {pdu.length_bytes:,} bytes"
        if said.root.label == REQUEST:
            request = said
            lines = _framed(head, said, list(_association(said, None)))
        elif said.root.label == ACCEPT:
            lines = _framed(head, said, list(_association(request or said, said)))
        else:
            lines = [f"{said.root.label} {head}", *_short(said)]
        if 2 * pdu.length_bytes > len(pdu.hex):
            lines.append(f"Only the first {len(pdu.hex) // 2:,} bytes were kept.")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _framed(head: str, said: _Said, lines: list[str]) -> list[str]:
    begin, end = (f" {word} {said.root.label} ".center(_WIDTH, "=") for word in ("BEGIN", "END"))
    problem = [f"Problem: {said.root.problem}"] if said.root.problem else []
    return [begin, head, *lines, *problem, end]


def _short(said: _Said) -> Iterator[str]:
    root = said.root
    words = carried_by(said.data) if root.label == DATA else (root.value,)
    yield from (f"  {_plain(each)}" for each in words if each)
    if root.problem:
        yield f"  Problem: {root.problem}"


def _association(request: _Said, accept: _Said | None) -> Iterator[str]:
    named = accept or request
    yield _line("Our Implementation Class UID", _class_uid(request))
    yield _line("Our Implementation Version Name", request.value(VERSION_NAME))
    yield _line("Their Implementation Class UID", _class_uid(accept))
    yield _line("Their Implementation Version Name", accept.value(VERSION_NAME) if accept else "")
    application = next(named.root.named(APPLICATION_CONTEXT), _NONE)
    yield _line("Application Context Name", named.uid(application))
    for label in (CALLING, CALLED):
        yield _line(
            label.replace("title", "Title"), next((n.value for n in named.root.named(label)), "")
        )
    yield _line("Our Maximum Length", request.value(MAXIMUM_LENGTH))
    yield _line("Their Maximum Length", accept.value(MAXIMUM_LENGTH) if accept else "")
    yield "Presentation Contexts:"
    yield from _contexts(request, accept)
    window = accept.value(WINDOW) if accept else ""
    yield _line("Requested Operations Window", request.value(WINDOW) or "none")
    yield _line("Accepted Operations Window", window or "none")
    yield from _extended("Requested Extended Negotiation", request, EXTENDED)
    yield from _extended("Accepted Extended Negotiation", accept, EXTENDED)
    yield from _extended("Requested Common Extended", request, COMMON_EXTENDED)
    yield _line("Requested User Identity", request.value(IDENTITY) or "none")
    response = accept.value(IDENTITY_RESPONSE) if accept else ""
    yield _line("User Identity Response", response or "none")


def _class_uid(said: _Said | None) -> str:
    return said.uid(next(said.user.named(CLASS_UID), _NONE)) if said else ""


def _contexts(request: _Said, accept: _Said | None) -> Iterator[str]:
    proposed = {
        context_id: request.uid(next(node.named(ABSTRACT_SYNTAX), _NONE))
        for context_id, node in request.contexts(PROPOSED)
    }
    if accept is None:
        for context_id, node in request.contexts(PROPOSED):
            yield from _proposed(request, context_id, node, proposed)
        return
    for context_id, node in accept.contexts(ANSWERED):
        yield from _answered(request, accept, context_id, node, proposed)
    for context_id in sorted(proposed.keys() - dict(accept.contexts(ANSWERED)).keys()):
        yield f"  Context ID: {context_id:8} (Not Answered)"
        yield f"    Abstract Syntax: {_name(proposed[context_id])}"


def _proposed(
    request: _Said, context_id: int, node: Node, proposed: Mapping[int, str]
) -> Iterator[str]:
    abstract = proposed[context_id]
    yield f"  Context ID: {context_id:8} (Proposed)"
    yield f"    Abstract Syntax: {_name(abstract)}"
    yield f"    Proposed SCP/SCU Role: {request.role(abstract)}"
    yield "    Proposed Transfer Syntax(es):"
    for syntax in node.named(TRANSFER_SYNTAX):
        yield f"      {_name(request.uid(syntax))}"


def _answered(
    request: _Said, accept: _Said, context_id: int, node: Node, proposed: Mapping[int, str]
) -> Iterator[str]:
    abstract, result = proposed.get(context_id, ""), accept.number(node, RESULT)
    yield f"  Context ID: {context_id:8} ({_plain(describe_context_result(result).title())})"
    yield f"    Abstract Syntax: {_name(abstract) if abstract else 'not proposed'}"
    yield f"    Proposed SCP/SCU Role: {request.role(abstract)}"
    yield f"    Accepted SCP/SCU Role: {accept.role(abstract)}"
    if result == 0:
        for syntax in node.named(TRANSFER_SYNTAX):
            yield f"    Accepted Transfer Syntax: {_name(accept.uid(syntax))}"


def _extended(label: str, said: _Said | None, item: str) -> Iterator[str]:
    nodes = list(said.user.named(item)) if said else []
    yield _line(label, f"{len(nodes)}" if nodes else "none")
    yield from (f"  {_plain(node.value)}" for node in nodes)


def _line(label: str, value: str) -> str:
    return f"{label + ':':<{_LABEL_WIDTH}} {_plain(value)}".rstrip()


def _name(uid: str) -> str:
    entry = lookup(uid)
    return f"={entry.keyword or entry.uid}" if entry else _plain(uid)


def _plain(value: str) -> str:
    """Nothing of a peer may act on a terminal."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in value)
