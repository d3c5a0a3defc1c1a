"""A proposal beside its answer (PS3.8 9.3.3): context by context, and what stands beside them."""

from __future__ import annotations

from collections.abc import Callable

from dicomcfg.core.diagnosis.observation import Answer, ContextResult
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST, Proposal
from dicomcfg.core.records import ExtendedNegotiation, RoleSelection
from dicomcfg.upper_layer.pdus import AssociateAccept, ContextAnswer


def _unheard(note: str) -> None:
    """Without an answer there is nothing to note."""


def context_results(
    proposal: Proposal,
    accept: AssociateAccept | None = None,
    note: Callable[[str], None] = _unheard,
) -> list[ContextResult]:
    """Each proposed context in order; result None where the answer has none.

    Notes what the standard does not allow in an answer: `context-not-answered`,
    `unproposed-context-answered`, `unproposed-transfer-syntax-accepted`.
    """
    answers = {answer.context_id: answer for answer in (accept.contexts if accept else ())}
    results = []
    for proposed in proposal.contexts:
        answer = answers.pop(proposed.context_id, None)
        if answer is None:
            note("context-not-answered")
        accepted = _accepted(answer)
        context = proposed.context
        if accepted is not None and accepted not in context.transfer_syntaxes:
            note("unproposed-transfer-syntax-accepted")
        results.append(
            ContextResult(
                request=proposal.number,
                context_id=proposed.context_id,
                abstract_syntax=context.abstract_syntax,
                proposed=context.transfer_syntaxes,
                result=None if answer is None else answer.result,
                accepted=accepted,
            )
        )
    if answers:
        note("unproposed-context-answered")
    return results


def _accepted(answer: ContextAnswer | None) -> str | None:
    return answer.transfer_syntax if answer is not None and answer.result == 0 else None


def answer_of(accept: AssociateAccept, before: Answer | None = None) -> Answer:
    """What an acceptance says beside its contexts, joined to that of an earlier request.

    Of roles and extended negotiations as many are kept as a request has contexts; the length of
    an identity response is all that is kept of it.
    """
    user = accept.user
    window = user.asynchronous_window
    response = user.identity_response
    roles = user.roles[:CONTEXTS_PER_REQUEST]
    extensions = user.extensions[:CONTEXTS_PER_REQUEST]
    earlier = before or Answer()
    return Answer(
        application_context=accept.application_context,
        role_selections=(
            *earlier.role_selections,
            *(RoleSelection(role.sop_class, role.scu, role.scp) for role in roles),
        ),
        extended_negotiations=(
            *earlier.extended_negotiations,
            *(ExtendedNegotiation(e.sop_class, e.information.hex()) for e in extensions),
        ),
        asynchronous_window=(window.invoked, window.performed) if window else None,
        identity_response_bytes=None if response is None else len(response),
    )
