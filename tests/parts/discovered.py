"""Discoveries for tests: small ones by hand, and whole catalogues as real peers answer them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dicomcfg.checks.models import Check
from dicomcfg.checks.services import start_discover
from dicomcfg.core.diagnosis.observation import DiscoverySeen, Observation, Outcome, SeenFrom
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.records import RoleSelection
from dicomcfg.core.standard import uids
from dicomcfg.inventory.models import AE
from dicomcfg.probes.target import DiscoverSettings
from tests.parts.rows import CT, EXPLICIT, IMPLICIT, VERIFICATION, answer_run

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
SMALL = (VERIFICATION, CT), (IMPLICIT, EXPLICIT)


def seen_of(
    matrix: Matrix, outcome: Outcome = Outcome.SUCCESS, roles: Sequence[RoleSelection] = ()
) -> Observation:
    """An ended discovery that found a matrix."""
    return Observation(
        kind="discover",
        outcome=outcome,
        seen_from=SeenFrom("host-1", "10.0.0.9", "DICOMCFG"),
        discovery=DiscoverySeen(matrix, 12, 15_990, 0.36, tuple(roles)),
    )


def discover(
    ae: AE,
    rows: Sequence[str],
    *,
    outcome: Outcome = Outcome.SUCCESS,
    roles: Sequence[RoleSelection] = (),
    calling: AE | None = None,
    axes: tuple[tuple[str, ...], tuple[str, ...]] = SMALL,
) -> Check:
    """An ended discovery of an AE, by default of two SOP Classes by two transfer syntaxes."""
    run = start_discover(None, ae, DiscoverSettings(*axes), calling=calling)
    answer_run(run, seen_of(Matrix(*axes, tuple(rows)), outcome, roles))
    return run.checks.get()


def whole_catalogue(cell: Callable[[str, str], Cell]) -> Matrix:
    """The registry's classes by its transfer syntaxes, answered by a function of both UIDs."""
    usable = [entry for entry in uids.registry().values() if entry.usable]
    classes = tuple(e.uid for e in usable if e.kind in uids.ABSTRACT_SYNTAX)
    syntaxes = tuple(e.uid for e in usable if e.kind in uids.TRANSFER_SYNTAX)
    rows = tuple("".join(cell(c, syntax) for syntax in syntaxes) for c in classes)
    return Matrix(classes, syntaxes, rows)


def discover_before_and_after(ae: AE) -> Check:
    """A whole catalogue asked of a peer that stores three syntaxes, twice; the later discovery.

    CT was refused the first time.
    """
    storage, plain = "1.2.840.10008.5.1.4.1.1.", (IMPLICIT, EXPLICIT, JPEG_BASELINE)

    def answer(sop_class: str, syntax: str) -> Cell:
        if not sop_class.startswith(storage):
            return Cell.ABSTRACT_SYNTAX_REFUSED
        return Cell.ACCEPTED if syntax in plain else Cell.TRANSFER_SYNTAX_REFUSED

    matrix = whole_catalogue(answer)
    axes = (matrix.sop_classes, matrix.transfer_syntaxes)
    before = list(matrix.rows)
    before[matrix.sop_classes.index(CT)] = Cell.ABSTRACT_SYNTAX_REFUSED * len(axes[1])
    discover(ae, before, axes=axes)
    return discover(ae, matrix.rows, axes=axes)
