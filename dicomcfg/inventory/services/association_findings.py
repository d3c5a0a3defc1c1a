"""What forbids saving an association, and what is odd about one."""

from __future__ import annotations

import re

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.records import ExtendedNegotiation, PresentationContext
from dicomcfg.core.standard.uids import name_of, uid_problem
from dicomcfg.inventory.models import Association
from dicomcfg.inventory.models import ExtendedNegotiation as ExtendedNegotiationRow
from dicomcfg.inventory.services.ae_findings import LARGEST_ASSOCIATION_COUNT
from dicomcfg.inventory.services.association_rows import AssociationData
from dicomcfg.inventory.services.fields import length_of, too_long
from dicomcfg.inventory.services.proposed_sets import ProposedSet

MAXIMUM_HEX_DIGITS = length_of(ExtendedNegotiationRow, "information") or 0
MOST_CONTEXTS = 10_000
MOST_SYNTAXES = 1_000


def check_association(data: AssociationData) -> list[Finding]:
    """What forbids saving, and what is odd about it.

    `path` names the field (`contexts.0.abstract_syntax`, `role_selections.0.sop_class` ...).
    """
    found = []
    texts = {"name": data.name, "description": data.description}
    for field, messages in too_long(Association, texts).items():
        for message in messages:
            found.append(_refusal("text-too-long", field, texts[field], message, "Shorten it."))
    if not 1 <= data.associations_at_once <= LARGEST_ASSOCIATION_COUNT:
        message = f"{data.associations_at_once} is not a number of associations."
        remedy = f"Give a number from 1 to {LARGEST_ASSOCIATION_COUNT:,}."
        field = "associations_at_once"
        found.append(_refusal("association-count-invalid", field, data.label, message, remedy))
    return [*found, *check_proposed(data.proposed)]


def check_proposed(proposed: ProposedSet) -> list[Finding]:
    """The same about what an association or a Profile proposes alone."""
    found = []
    if len(proposed.contexts) > MOST_CONTEXTS:
        message = f"{len(proposed.contexts):,} presentation contexts are more than are kept here."
        found.append(
            _refusal(
                "contexts-too-many",
                "contexts",
                "contexts",
                message,
                f"Keep to {MOST_CONTEXTS:,}: an association has ids for 128.",
            )
        )
    for index, context in enumerate(proposed.contexts):
        found += _context_findings(f"contexts.{index}", context)
    roles = proposed.role_selections
    found += _class_findings("role_selections", [role.sop_class for role in roles])
    extended = proposed.extended_negotiations
    found += _class_findings("extended_negotiations", [each.sop_class for each in extended])
    for index, each in enumerate(extended):
        found += _information_findings(f"extended_negotiations.{index}.information", each)
    return [*found, *_without_context(proposed)]


def _context_findings(path: str, context: PresentationContext) -> list[Finding]:
    found = []
    field, uid = f"{path}.abstract_syntax", context.abstract_syntax
    problem = uid_problem(uid)
    if problem:
        message = f"The abstract syntax {uid[:64]!r} {problem}."
        found.append(_refusal("uid-invalid", field, uid, message, "Correct the UID."))
    field = f"{path}.transfer_syntaxes"
    if not context.transfer_syntaxes:
        message = "A presentation context needs at least one transfer syntax."
        remedy = "Add Implicit VR Little Endian, which every AE supports."
        found.append(_refusal("context-without-transfer-syntax", field, uid, message, remedy))
    if len(context.transfer_syntaxes) > MOST_SYNTAXES:
        message = f"{len(context.transfer_syntaxes):,} transfer syntaxes are more than are kept."
        remedy = f"Keep to {MOST_SYNTAXES:,} in a presentation context."
        found.append(_refusal("transfer-syntaxes-too-many", field, uid, message, remedy))
    for syntax in context.transfer_syntaxes:
        problem = uid_problem(syntax)
        if problem:
            message = f"The transfer syntax {syntax[:64]!r} {problem}."
            found.append(_refusal("uid-invalid", field, syntax, message, "Correct the UID."))
    return found


def _class_findings(path: str, sop_classes: list[str]) -> list[Finding]:
    """Each is a UID, and stands there once."""
    found = []
    seen: set[str] = set()
    for index, uid in enumerate(sop_classes):
        field = f"{path}.{index}.sop_class"
        problem = uid_problem(uid)
        if problem:
            message = f"The SOP Class {uid[:64]!r} {problem}."
            found.append(_refusal("uid-invalid", field, uid, message, "Correct the UID."))
        elif uid in seen:
            message = f"The SOP Class {name_of(uid)} stands there twice."
            found.append(
                _refusal("sop-class-repeated", field, uid, message, "Keep one of the two.")
            )
        seen.add(uid)
    return found


def _information_findings(path: str, extended: ExtendedNegotiation) -> list[Finding]:
    text = extended.information
    if not re.fullmatch(r"([0-9a-fA-F]{2})+", text):
        problem = "is not bytes in hexadecimal, two digits each"
    elif len(text) > MAXIMUM_HEX_DIGITS:
        problem = f"has {len(text) // 2} bytes where {MAXIMUM_HEX_DIGITS // 2} are taken"
    else:
        return []
    message = f"The extended negotiation of {name_of(extended.sop_class)[:80]} {problem}."
    remedy = "Write it as 0101, or leave it empty to propose none."
    return [_refusal("extended-negotiation-invalid", path, extended.sop_class, message, remedy)]


def _without_context(data: ProposedSet) -> list[Finding]:
    """A role or an extended negotiation without a context of its class is never sent."""
    proposed = {context.abstract_syntax for context in data.contexts}
    named = (
        *(role.sop_class for role in data.role_selections),
        *(each.sop_class for each in data.extended_negotiations),
    )
    return [
        Finding(
            "negotiation-without-context",
            Severity.WARNING,
            uid[:64],
            f"There is no presentation context for {name_of(uid)[:80]}, for which a role or an "
            "extended negotiation is set.",
            "Add the context, or take the setting back.",
            "PS3.7 D.3.3.4",
        )
        for uid in dict.fromkeys(named)
        if uid not in proposed
    ]


def _refusal(code: str, path: str, subject: str, message: str, remedy: str) -> Finding:
    clause = {
        "contexts-too-many": "PS3.8 9.3.2.2",
        "transfer-syntaxes-too-many": "PS3.8 9.3.2.2",
        "uid-invalid": "PS3.5 9.1",
        "context-without-transfer-syntax": "PS3.8 9.3.2.2",
        "sop-class-repeated": "PS3.7 D.3.3.4",
        "extended-negotiation-invalid": "PS3.7 D.3.3.5",
    }
    return Finding(code, Severity.ERROR, subject[:64], message, remedy, clause.get(code), path=path)
