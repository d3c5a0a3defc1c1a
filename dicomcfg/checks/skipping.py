"""Whom a sweep passes over and why: asked of the database before, of each row when it starts."""

from __future__ import annotations

from django.db.models import Case, CharField, Exists, OuterRef, TextChoices, Value, When

from dicomcfg.inventory.models import AE, Connection, State


class Skip(TextChoices):
    """The reasons, the first that holds."""

    DO_NOT_PROBE = "do-not-probe", "Do not probe"
    NO_ADDRESS = "no-address", "No address"
    INITIATES = "initiates-only", "Only initiates associations"
    RETIRED = "retired", "Retired"
    DEVICE_RETIRED = "device-retired", "Its device is retired"


SKIP_OF_ROW = Case(
    When(do_not_probe=True, then=Value(Skip.DO_NOT_PROBE.value)),
    When(~Exists(Connection.objects.filter(ae=OuterRef("pk"))), then=Value(Skip.NO_ADDRESS.value)),
    When(association_acceptor=False, then=Value(Skip.INITIATES.value)),
    When(state=State.RETIRED, then=Value(Skip.RETIRED.value)),
    When(device__state=State.RETIRED, then=Value(Skip.DEVICE_RETIRED.value)),
    default=Value(""),
    output_field=CharField(),
)
"""The reason as a column of a query of AEs, empty where there is none."""


def needless(ae: AE) -> str:
    """What makes it pointless to sweep an AE that may be probed, as the rest of a sentence."""
    if not ae.association_acceptor:
        return "only initiates associations"
    if ae.state == State.RETIRED:
        return "is retired"
    if ae.device is not None and ae.device.state == State.RETIRED:
        return f"belongs to {ae.device}, which is retired"
    return ""


def skip_words(skip: str, do_not_probe_reason: str = "") -> str:
    """A reason as it stands in a list."""
    label = Skip(skip).label
    if skip == Skip.DO_NOT_PROBE:
        return f"{label}: {do_not_probe_reason or 'no reason given'}"
    return label
