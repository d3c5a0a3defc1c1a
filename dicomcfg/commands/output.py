"""What commands print: one JSON object for programs, plain tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

from dicomcfg.core.diagnosis.negotiated import role_words
from dicomcfg.core.diagnosis.observation import Answer, ContextResult, Observation, Outcome, TlsSeen
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.standard.codes import describe_context_result
from dicomcfg.core.standard.uids import lookup

_BAR_WIDTH = 30
_SEEN_BY_SOME = ("answer", "tls", "trials", "discovery", "pending", "sent_object")
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def print_json(value: dict[str, Any]) -> None:
    """One object on standard output, ASCII only, so that no peer's text acts on a terminal."""
    click.echo(json.dumps(value, indent=2))


def observation_json(observation: Observation, findings: Sequence[Finding]) -> dict[str, Any]:
    """The keys of DESIGN section 5 and the rest of the observation, but for its raw PDUs.

    What only some kinds of check see has a key only where it was seen.
    """
    value = observation.to_json()
    del value["kind"], value["pdus"]
    for name in _SEEN_BY_SOME:
        if value[name] in (None, [], ()):
            del value[name]
    if observation.kind == "negotiate":
        del value["status"]
    return {**value, "findings": [finding.to_json() for finding in findings]}


def print_table(rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as their widest cell; text of a peer or a file does not act on a terminal."""
    table = [tuple(plain(str(cell)) for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def print_observation(observation: Observation, findings: Sequence[Finding]) -> None:
    """Outcome, stages with a bar, the peer, the contexts, and what it means."""
    click.echo(f"{outcome_words(observation)} in {observation.elapsed_ms:.1f} ms")
    _print_stages(observation)
    _print_tls(observation.tls)
    _print_peer(observation)
    if observation.kind == "negotiate" and observation.contexts:
        click.echo()
        print_table(map(_context_row, observation.contexts))
        _print_answer(observation.answer)
    print_findings(findings)


def outcome_words(observation: Observation) -> str:
    """The outcome in colour with its detail."""
    is_success = observation.outcome is Outcome.SUCCESS
    detail = f" ({observation.detail})" if observation.detail else ""
    mark = click.style(observation.outcome.value, fg="green" if is_success else "red", bold=True)
    return mark + detail


def _print_stages(observation: Observation) -> None:
    longest = max((stage.elapsed_ms for stage in observation.stages), default=0.0)
    if longest:
        print_table(
            (
                f"  {stage.name.value}",
                f"{stage.elapsed_ms:9.2f} ms",
                "#" * max(1, round(_BAR_WIDTH * stage.elapsed_ms / longest)),
                "" if stage.outcome == "success" else stage.outcome,
            )
            for stage in observation.stages
        )


def _print_tls(tls: TlsSeen | None) -> None:
    if tls is None:
        return
    if tls.cipher:
        click.echo(f"  TLS: {tls.version}, {tls.cipher}, {tls.bits} bits")
    for each in tls.chain:
        click.echo(f"  certificate: {each.subject}, {each.days_left} days left")


def _print_peer(observation: Observation) -> None:
    peer = observation.peer
    if peer.implementation_class_uid is None and peer.maximum_length_received is None:
        return
    name = peer.implementation_version_name or "no version name"
    click.echo(
        f"  peer: {peer.implementation_class_uid} {name}, "
        f"maximum length {peer.maximum_length_received}"
    )


def _print_answer(answer: Answer | None) -> None:
    """What was negotiated beside the contexts; nothing where the peer said nothing."""
    if answer is None:
        return
    for role in answer.role_selections:
        click.echo(f"  role of {named(role.sop_class)}: {role_words(role)}")
    for extended in answer.extended_negotiations:
        click.echo(f"  extended negotiation of {named(extended.sop_class)}: {extended.information}")
    if answer.asynchronous_window is not None:
        invoked, performed = answer.asynchronous_window
        click.echo(f"  asynchronous operations: {invoked} invoked, {performed} performed")
    if answer.identity_response_bytes is not None:
        click.echo(f"  user identity acknowledged in {answer.identity_response_bytes} bytes")


def named(uid: str) -> str:
    """A UID with its registered name, where it has one."""
    entry = lookup(uid)
    return uid if entry is None else f"{uid}  {entry.name}"


def _context_row(context: ContextResult) -> tuple[str, ...]:
    return (
        f"  {context.request}/{context.context_id}",
        named(context.abstract_syntax),
        describe_context_result(context.result),
        named(context.accepted) if context.accepted else "",
    )


def plain(text: str) -> str:
    """A text of a file or a peer, without what a terminal would take for a command."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


def print_findings(findings: Iterable[Finding], *, err: bool = False) -> None:
    """Each finding with where it is and what to do about it."""
    for finding in findings:
        mark = click.style(finding.severity.value, fg=_COLOURS[finding.severity])
        said = plain(f"{_where(finding)}{finding.message}")
        click.echo(f"\n{mark}: {said}", err=err)
        if finding.remedy:
            click.echo(f"  {plain(finding.remedy)}", err=err)


def _where(finding: Finding) -> str:
    """`folder/file.csv, line 3: `, with the cell or the path, unless the message tells it."""
    line = "" if finding.line is None else f"line {finding.line}"
    path = finding.path or ""
    told = bool(line) or finding.code == "not-carried" or path in finding.message
    places = [finding.file, line, finding.cell, "" if told else path]
    known = ", ".join(place for place in places if place)
    return f"{known}: " if known else ""
