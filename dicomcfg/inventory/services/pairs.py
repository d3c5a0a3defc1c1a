"""A pair of AEs with what it proposes, written as a whole: made with AEs that are missing, or its
contexts overwritten.

What writes it was previewed first: a Side says which AE stands at one end, or which one is to be
made, with what forbids it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.records import PresentationContext
from dicomcfg.inventory.models import AE, Association, Profile, Site
from dicomcfg.inventory.selectors import association_of
from dicomcfg.inventory.services.ae_data import AeData
from dicomcfg.inventory.services.ae_findings import check_ae
from dicomcfg.inventory.services.ae_rows import insert_aes
from dicomcfg.inventory.services.association_rows import AssociationData
from dicomcfg.inventory.services.associations import add_association, replace_contexts
from dicomcfg.inventory.services.history import Recorder

CALLING, CALLED = "calling", "called"


@dataclass(frozen=True, slots=True)
class Side:
    """One end of the pair: a stored AE, or the state of one to be made; neither when not chosen."""

    ae: AE | None
    new: AeData | None
    findings: tuple[Finding, ...]

    @property
    def ae_title(self) -> str:
        """The title, empty when nothing is chosen."""
        if self.ae is not None:
            return self.ae.ae_title
        return self.new.ae_title if self.new else ""


def new_side(ae_title: str, role: str, site: Site) -> Side:
    """An AE to be made at the `calling` or `called` end, with what forbids it."""
    data = AeData(
        site=site,
        ae_title=ae_title,
        association_initiator=role == CALLING,
        association_acceptor=role == CALLED,
    ).normalised()
    findings = [replace(f, path=role if f.path else None) for f in check_ae(data)]
    return Side(None, data, tuple(findings))


def existing_of(calling: Side, called: Side) -> Association | None:
    """The pair's association, if both ends and it exist."""
    if calling.ae is None or called.ae is None:
        return None
    return association_of(calling.ae, called.ae)


def pair_exists(association: Association) -> Finding:
    """What blocks writing a pair that exists, unless it is to be overwritten."""
    return Finding(
        "association-exists",
        Severity.ERROR,
        str(association),
        f"An association {association} exists already.",
        "Choose to overwrite it, or change it by hand.",
        path="overwrite",
    )


def pair_follows(association: Association, profile: Profile) -> Finding:
    """What blocks overwriting contexts that a Profile governs."""
    return Finding(
        "association-follows-profile",
        Severity.ERROR,
        str(association),
        f"{association} follows Profile {profile.name}, which says what it proposes.",
        "Let it stop following the Profile first, or change the Profile.",
        path="overwrite",
    )


def write_pair(
    recorder: Recorder,
    calling: Side,
    called: Side,
    existing: Association | None,
    contexts: Sequence[PresentationContext],
) -> Association:
    """The association with these contexts, its AEs made where they are missing; call in
    `recording`. One that exists keeps its name, description, roles and extended negotiation."""
    if existing is not None:
        return replace_contexts(recorder, existing, contexts)
    made = {side.new.ae_title: side.new for side in (calling, called) if side.new}
    rows = {row.ae_title: row for row in insert_aes(recorder, list(made.values()))}
    data = AssociationData(
        calling=calling.ae or rows[calling.ae_title],
        called=called.ae or rows[called.ae_title],
        contexts=tuple(contexts),
    )
    return add_association(recorder, data)
