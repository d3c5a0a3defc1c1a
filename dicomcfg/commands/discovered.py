"""What a discovery looks like on standard output: as JSON, and as a compact table for people."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from string import ascii_uppercase
from typing import Any

import click

from dicomcfg.commands import output
from dicomcfg.core.diagnosis.observation import DiscoverySeen, Observation
from dicomcfg.core.findings import Finding
from dicomcfg.core.negotiation.matrix import Cell, Matrix
from dicomcfg.core.standard import uids
from dicomcfg.core.wording import counted

_WIDEST = 110
_NO_BREAK = "\xa0"


def discovery_json(observation: Observation, findings: Sequence[Finding]) -> dict[str, Any]:
    """The keys of DESIGN section 5, then what else was seen."""
    seen = observation.discovery or DiscoverySeen(Matrix((), (), ()))
    value = observation.to_json()
    rest = ("detail", "peer", "rejection", "abort", "address", "seen_from", "notes")
    return {
        **seen.script_json(),
        "outcome": observation.outcome.value,
        **{name: value[name] for name in rest},
        "roles": [asdict(role) for role in seen.roles],
        "silent_roles": list(seen.silent_roles),
        "findings": [finding.to_json() for finding in findings],
    }


def print_discovery(observation: Observation, findings: Sequence[Finding]) -> None:
    """The outcome, the sets of transfer syntaxes, the SOP Classes by service, what it means."""
    outcome = output.outcome_words(observation)
    seen = observation.discovery
    if seen is None:
        click.echo(outcome)
    else:
        associations = counted(seen.associations, "association")
        click.echo(
            f"{outcome} in {seen.elapsed_s:.2f} s: {associations} "
            f"of up to {seen.largest_request_bytes:,} bytes"
        )
        _print_matrix(seen)
    output.print_findings(findings)


def _print_matrix(seen: DiscoverySeen) -> None:
    """Classes that accept the same transfer syntaxes share a letter: each list is told once."""
    matrix = seen.matrix
    by_set: dict[tuple[str, ...], list[str]] = {}
    for sop_class, syntaxes in matrix.accepted().items():
        by_set.setdefault(syntaxes, []).append(sop_class)
    in_order = sorted(by_set, key=lambda syntaxes: -len(by_set[syntaxes]))
    letters = {syntaxes: _letter(position) for position, syntaxes in enumerate(in_order)}
    for syntaxes, letter in letters.items():
        if len(syntaxes) == len(matrix.transfer_syntaxes):
            _paragraph(f"{letter}  all {counted(len(syntaxes), 'transfer syntax')}", [])
        else:
            start = f"{letter}  {counted(len(syntaxes), 'transfer syntax')}:"
            _paragraph(start, map(_short, syntaxes))
    services: dict[str, dict[str, list[str]]] = {}
    for syntaxes, letter in letters.items():
        for sop_class in by_set[syntaxes]:
            entry = uids.lookup(sop_class)
            service = entry.service if entry else "Private"
            services.setdefault(service, {}).setdefault(letter, []).append(_short(sop_class))
    for service, lettered in sorted(services.items()):
        click.echo(f"\n{click.style(service, bold=True)}")
        for letter, names in sorted(lettered.items()):
            _paragraph(f"  {letter} ", names)
    refused = sum(set(row).isdisjoint({Cell.ACCEPTED, Cell.UNKNOWN}) for row in matrix.rows)
    unknown = counted(matrix.count(Cell.UNKNOWN), "pair")
    click.echo(f"\n{counted(refused, 'SOP Class')} refused, {unknown} unknown")


def _letter(position: int) -> str:
    """A to Z, then A2 and so on."""
    turn, place = divmod(position, len(ascii_uppercase))
    return ascii_uppercase[place] + (str(turn + 1) if turn else "")


def _short(uid: str) -> str:
    return uids.short_of(uid).removesuffix(" Storage")


def _paragraph(start: str, names: Iterable[str]) -> None:
    """Names in lines that break between them, not inside them."""
    width = min(_WIDEST, shutil.get_terminal_size().columns)
    listed = ", ".join(name.replace(" ", _NO_BREAK) for name in names)
    filled = textwrap.fill(
        f"{start} {listed}".rstrip(),
        width,
        subsequent_indent="     ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    click.echo(filled.replace(_NO_BREAK, " "))
