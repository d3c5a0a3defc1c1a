"""AEs and associations whose settings and what was seen of them are apart."""

from __future__ import annotations

from collections.abc import Sequence

from dicomcfg.checks.services import start_negotiate
from dicomcfg.core.diagnosis.observation import ContextResult
from dicomcfg.core.records import TransferCapability
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.selectors import contexts_of
from dicomcfg.inventory.services.capabilities import set_capabilities
from dicomcfg.inventory.services.drift import drift_of
from tests.parts.discovered import discover
from tests.parts.rows import (
    CT,
    EXPLICIT,
    IMPLICIT,
    SHELL,
    VERIFICATION,
    answer_run,
    make_ae,
    make_association,
    negotiated,
)

STORE = TransferCapability(CT, "SCP", (IMPLICIT, EXPLICIT))
ECHO = TransferCapability(VERIFICATION, "SCP", (IMPLICIT,))


def able(ae: AE, *capabilities: TransferCapability) -> AE:
    """The AE with these capabilities and no others."""
    ae.refresh_from_db()
    return set_capabilities(SHELL, ae, capabilities, ae.revision)


def drifting_ae(title: str = "PACS", rows: Sequence[str] = ("00", "03")) -> AE:
    """An AE said to store CT in two syntaxes; by default it takes one, and Verification too."""
    ae = able(make_ae(title), STORE)
    discover(ae, rows)
    ae.refresh_from_db()
    return ae


def negotiate(association: Association, *answers: int | str) -> None:
    """Negotiate; each context gets a result, or is accepted with the transfer syntax given."""
    contexts = [
        ContextResult(1, 2 * place + 1, context.abstract_syntax, context.transfer_syntaxes, *answer)
        for place, (context, answer) in enumerate(
            zip(contexts_of(association), map(_answer, answers), strict=True)
        )
    ]
    answer_run(start_negotiate(None, [association]), negotiated(*contexts))
    association.refresh_from_db()


def _answer(given: int | str) -> tuple[int, str | None]:
    return (0, given) if isinstance(given, str) else (given, None)


def drifting_association(calling: str = "CT1", called: AE | str = "PACS") -> Association:
    """A pair of which the second context is refused."""
    contexts = (VERIFICATION, IMPLICIT), (CT, EXPLICIT, IMPLICIT)
    association = make_association(calling, called, *contexts)
    negotiate(association, IMPLICIT, 3)
    return association


def tokens(owner: AE | Association) -> list[str]:
    """What stands for each of its differences."""
    return [row.token for row in drift_of(owner) or ()]
