"""Negotiation of exactly what is configured, and of what a peer has to refuse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dicomcfg.accounts.models import User
from dicomcfg.checks.models import CheckRun, Kind
from dicomcfg.checks.services.starting import Plan, first_plan_of, foregone, start, target_of
from dicomcfg.checks.verdicts import unprobed
from dicomcfg.core import records
from dicomcfg.core.diagnosis.observation import Outcome
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.negotiation.options import RequestOptions
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.selectors import contexts_of_all, first_connections, options_of_all


def start_negotiate(
    user: User | None,
    associations: Iterable[Association],
    options: RequestOptions | None = None,
) -> CheckRun:
    """Propose exactly each association's contexts, as its calling AE, to its called AE.

    The result is the association's; the called AE's echo status stays as it is. An association
    without contexts is finished as `skipped`. Each proposes its own role selections and extended
    negotiations; `options` takes their place, and that of the other defaults. Raises ValueError
    for no association.
    """
    chosen = list(associations)
    first = first_connections([association.called for association in chosen])
    contexts = contexts_of_all(chosen)
    own = options_of_all(chosen)
    plans = [
        _plan_negotiate(
            association,
            first.get(association.called_id),
            contexts[association.pk],
            options or own[association.pk],
        )
        for association in chosen
    ]
    one = len(chosen) == 1
    label = f"Negotiate {chosen[0]}" if one else f"Negotiate {len(chosen)} associations"
    return start(user, Kind.NEGOTIATE, label, plans)


def _plan_negotiate(
    association: Association,
    connection: records.Connection | None,
    contexts: Sequence[records.PresentationContext],
    options: RequestOptions,
) -> Plan:
    called, calling = association.called, association.calling
    target = replace(
        target_of(called, connection, calling.ae_title), contexts=tuple(contexts), options=options
    )
    verdict = foregone(Kind.NEGOTIATE, called, target)
    if verdict is None and not contexts:
        verdict = unprobed(
            Kind.NEGOTIATE,
            Outcome.SKIPPED,
            detail="no-contexts",
            finding=Finding(
                code="no-contexts-to-negotiate",
                severity=Severity.WARNING,
                subject=str(association),
                message="This association has no presentation contexts, so nothing was proposed.",
                remedy="Add the contexts that the calling AE proposes, or import them.",
                clause="PS3.8 9.3.2.2",
            ),
        )
    return Plan(
        site=called.site,
        target=target,
        association=association,
        borrowed=calling.ae_title != called.site.calling_ae_title,
        verdict=verdict,
    )


def start_refusal(user: User | None, ae: AE) -> CheckRun:
    """Propose to an AE what it has to refuse, to see how it does that."""
    plan = first_plan_of(Kind.REFUSAL, ae)
    return start(user, Kind.REFUSAL, f"How {ae.ae_title} refuses", [plan])
