"""`dicomcfg inspect FILE...`: what files say, in our words, and what is wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from dicomcfg.commands import files, output
from dicomcfg.core.findings import has_errors
from dicomcfg.core.formats.bundle import Bundle
from dicomcfg.core.records import Ae, Association, Device, Profile
from dicomcfg.core.standard.endpoint import endpoint

_ABOUT_DEVICE = (
    "manufacturer",
    "model_name",
    "software_version",
    "station_name",
    "department",
    "location",
    "description",
    "contact",
)


@click.command()
@click.argument(
    "paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--format", "format_name", metavar="F", help="The format, where detection errs.")
@click.option("--json", "as_json", is_flag=True, help="Print the Document as one JSON object.")
def inspect(paths: tuple[Path, ...], format_name: str | None, as_json: bool) -> None:
    """Detect the format of each FILE, read it, print the Document and its findings.

    Several files, a zip archive and a folder are read as one Document; `-` is standard input.
    """
    bundle = files.read_all(paths, format_name)
    document = bundle.document
    if as_json:
        output.print_json(document.to_json())
    else:
        _print(bundle)
        output.print_findings(document.findings)
    sys.exit(2 if has_errors(document.findings) else 0)


def _print(bundle: Bundle) -> None:
    document = bundle.document
    if len(bundle.parts) == 1:
        click.echo(f"format: {bundle.parts[0].document.format}")
    else:
        output.print_table([(part.given.name, part.document.format) for part in bundle.parts])
    _print_section("devices", ("name", "state", "about"), map(_device, document.devices))
    heading = ("key", "ae title", "device", "connections", "state", "about")
    _print_section("application entities", heading, map(_ae, document.aes))
    for ae in document.aes:
        _print_capabilities(ae)
    for pair in document.associations:
        _print_proposed(_pair_words(pair), pair)
    for profile in document.profiles:
        _print_proposed(f"profile {profile.name}{_apart(profile.description)}", profile)
    if not any((document.devices, document.aes, document.associations, document.profiles)):
        click.echo("nothing is in it")


def _print_section(title: str, heading: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> None:
    found = list(rows)
    if found:
        click.echo(f"\n{title}")
        output.print_table([heading, *found])


def _device(device: Device) -> tuple[str, ...]:
    about = [getattr(device, name) for name in _ABOUT_DEVICE]
    return device.name, device.state, ", ".join(filter(None, about))


def _ae(ae: Ae) -> tuple[str, ...]:
    places = [
        endpoint(c.hostname, c.port) + (f" TLS {c.tls}" if c.tls else "") for c in ae.connections
    ]
    return (
        ae.key,
        ae.ae_title,
        ae.device or "",
        ", ".join(places),
        ae.state,
        "; ".join(_about_ae(ae)),
    )


def _tls(name: str | None) -> str:
    return "" if name is None else f" TLS {name}"


def _about_ae(ae: Ae) -> Iterator[str]:
    """What else is known of an AE, and differs from what is usual."""
    says = (
        (ae.description, ae.description),
        (ae.site, f"site {ae.site}"),
        (ae.tags, f"tags {', '.join(ae.tags)}"),
        (ae.do_not_probe is not None, f"do not probe{_apart(ae.do_not_probe or '')}"),
        (not ae.association_initiator, "initiates no associations"),
        (not ae.association_acceptor, "accepts no associations"),
        (ae.allowed_probes, f"allows {' and '.join(ae.allowed_probes)}"),
        (ae.profile, f"{ae.profile_role} of profile {ae.profile}"),
        (ae.maximum_associations_in, f"at most {ae.maximum_associations_in} associations in"),
        (ae.maximum_associations_out, f"at most {ae.maximum_associations_out} associations out"),
    )
    return (words for is_so, words in says if is_so)


def _print_capabilities(ae: Ae) -> None:
    if not ae.transfer_capabilities:
        return
    click.echo(f"\ncapabilities of {output.plain(ae.key)}")
    for capability in ae.transfer_capabilities:
        click.echo(f"  {capability.role}  {output.named(capability.sop_class)}")
        for uid in capability.transfer_syntaxes:
            click.echo(f"    {output.named(uid)}")


def _pair_words(pair: Association) -> str:
    words = f"association {pair.calling} -> {pair.called}{_apart(pair.name)}"
    words += _apart(pair.description)
    if pair.profile is not None:
        words += f", follows profile {pair.profile}"
    if pair.associations_at_once != 1:
        words += f", {pair.associations_at_once} at once"
    return words


def _apart(text: str) -> str:
    return f": {text}" if text else ""


def _print_proposed(title: str, holder: Association | Profile) -> None:
    click.echo(f"\n{output.plain(title)}")
    for context in holder.presentation_contexts:
        click.echo(f"  {output.named(context.abstract_syntax)}")
        for uid in context.transfer_syntaxes:
            click.echo(f"    {output.named(uid)}")
    for role in holder.role_selections:
        bits = f"SCU {role.scu:d}, SCP {role.scp:d}"
        click.echo(f"  role selection of {output.named(role.sop_class)}: {bits}")
    for extended in holder.extended_negotiations:
        name = output.named(extended.sop_class)
        click.echo(f"  extended negotiation of {name}: {output.plain(extended.information)}")
