"""`dicomcfg forecast PROPOSED ACCEPTED`: what two files would negotiate, without sending a byte."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from dicomcfg.commands import files, output
from dicomcfg.core.findings import Finding, has_errors
from dicomcfg.core.negotiation.beside import beside
from dicomcfg.core.negotiation.forecast import ContextForecast, Policy
from dicomcfg.core.negotiation.forecast_findings import findings_of
from dicomcfg.core.negotiation.sides import acceptances_in, foreseen, proposals_in
from dicomcfg.core.records import Document
from dicomcfg.core.standard import uids
from dicomcfg.core.standard.codes import describe_context_result

_Side = TypeVar("_Side")


class TransferSyntax(click.ParamType[str]):
    """A transfer syntax by UID, name or keyword; gives its UID."""

    name = "UID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """click: the UID, or a usage error."""
        uid = uids.resolve(str(value), uids.TRANSFER_SYNTAX)
        if uid is None:
            self.fail(f"{value!r} is no transfer syntax", param, ctx)
        return uid


@click.command()
@click.argument("proposed", type=click.Path(path_type=Path), metavar="PROPOSED")
@click.argument("accepted", type=click.Path(path_type=Path), metavar="ACCEPTED")
@click.option(
    "--policy",
    type=click.Choice([policy.value for policy in Policy]),
    default=Policy.REQUESTOR.value,
    show_default=True,
    help="Whose order decides among the transfer syntaxes that both have.",
)
@click.option(
    "--prefer",
    type=TransferSyntax(),
    multiple=True,
    metavar="UID",
    help="The preferred list of that policy, the first one first; may be repeated. Without "
    "one the requestor's order decides.",
)
@click.option("--proposed-ae", metavar="KEY", help="The AE of PROPOSED that requests, as SCU.")
@click.option("--proposed-profile", metavar="NAME", help="The profile of PROPOSED.")
@click.option("--proposed-association", metavar="CALLING:CALLED", help="The pair of PROPOSED.")
@click.option("--accepted-ae", metavar="KEY", help="The AE of ACCEPTED that accepts, as SCP.")
@click.option("--accepted-profile", metavar="NAME", help="The profile of ACCEPTED.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def forecast(
    proposed: Path,
    accepted: Path,
    policy: str,
    prefer: tuple[str, ...],
    as_json: bool,
    **names: str | None,
) -> None:
    """Tell what becomes of each context that PROPOSED proposes to ACCEPTED.

    Both are any readable files. PROPOSED gives the contexts of a profile or an association, or
    what an AE is SCU of; ACCEPTED gives a profile, or what an AE is SCP of. Nothing is sent.
    Exit code 0 when every context would be accepted, 1 when one would be refused, 2 for usage or
    a file that cannot be read.
    """
    chosen = Policy(policy)
    if prefer and chosen is not Policy.PREFERRED:
        raise click.UsageError("--prefer belongs to --policy preferred")
    if chosen is Policy.PREFERRED and not prefer:
        click.echo("No --prefer: without a list the requestor's order decides.", err=True)
    sides = proposals_in(_read(proposed, as_json))
    proposing = _chosen(sides, names, "proposed", f"{proposed} proposes nothing")
    takers = acceptances_in(_read(accepted, as_json))
    scps = {name: side for name, side in takers.items() if side.as_scp}
    accepting = _chosen(
        takers, names, "accepted", f"{accepted} says of nobody what is accepted", scps
    )
    title = names["accepted_ae"] or names["accepted_profile"] or accepted.stem
    contexts = foreseen(proposing, accepting, chosen, prefer)
    rows = beside({Policy.REQUESTOR: contexts})
    _tell(contexts, findings_of(rows, title, proposing.roles), chosen, as_json)
    sys.exit(1 if any(context.result for context in contexts) else 0)


def _read(path: Path, as_json: bool) -> Document:
    """The Document; its errors are told and end the command."""
    document = files.read(path)
    if has_errors(document.findings):
        if as_json:
            output.print_json({"findings": [each.to_json() for each in document.findings]})
        else:
            output.print_findings(document.findings)
        raise SystemExit(2)
    return document


def _chosen(
    sides: Mapping[str, _Side],
    names: Mapping[str, str | None],
    which: str,
    otherwise: str,
    likely: Mapping[str, _Side] | None = None,
) -> _Side:
    """The side that the options name, or the only one there is, or that is `likely`."""
    kinds = {"AE": "ae", "profile": "profile", "association": "association"}
    wanted = [
        f"{kind} {name}"
        for kind, option in kinds.items()
        if (name := names.get(f"{which}_{option}")) is not None
    ]
    if len(wanted) > 1:
        raise click.UsageError(f"of {which.upper()} name one: {' or '.join(wanted)}")
    found = [name for name in (wanted or likely or sides) if name in sides]
    if len(found) == 1:
        return sides[found[0]]
    known = ", ".join(sides)
    if wanted:
        raise click.UsageError(f"{which.upper()} has no {wanted[0]}, but {known or 'nothing'}")
    raise click.UsageError(f"say which of {which.upper()}: {known}" if known else otherwise)


def _tell(
    contexts: Sequence[ContextForecast], findings: list[Finding], policy: Policy, as_json: bool
) -> None:
    if as_json:
        said: dict[str, Any] = {
            "contexts": msgspec.to_builtins(contexts),
            "policy": policy.value,
            "findings": [finding.to_json() for finding in findings],
        }
        output.print_json(said)
        return
    output.print_table(
        (
            f"  {each.request}/{number}",
            output.named(each.abstract_syntax),
            describe_context_result(each.result),
            output.named(each.accepted) if each.accepted else each.why,
        )
        for number, each in enumerate(contexts, 1)
    )
    output.print_findings(findings)
