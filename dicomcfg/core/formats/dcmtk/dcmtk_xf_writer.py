"""Profiles as an association configuration that every DCMTK since 3.6.2 takes.

storescu may propose a SOP Class in several contexts, storescp takes no profile that does so:
such a profile is written a second time with those contexts joined, for the acceptor. What does
not fit into a request's 128 contexts becomes a further profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from dicomcfg.core.findings import Finding
from dicomcfg.core.formats.base import Written
from dicomcfg.core.formats.dcmtk import dcmtk_names
from dicomcfg.core.formats.dcmtk.dcmtk_xf_said import KNOWS
from dicomcfg.core.formats.losses import losses, not_carried
from dicomcfg.core.formats.text import clip
from dicomcfg.core.negotiation.proposal import CONTEXTS_PER_REQUEST
from dicomcfg.core.records import (
    Association,
    Document,
    ExtendedNegotiation,
    PresentationContext,
    Profile,
    RoleSelection,
)

_ROLES: Final = {(True, False): "SCU", (False, True): "SCP", (True, True): "BOTH"}
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_ -]")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){1,1023}")


@dataclass(slots=True)
class _Names:
    """Names of sections that DCMTK keeps apart: capitals and spaces make no difference to it."""

    taken: set[str]

    def of(self, wanted: str) -> str:
        """The name without what DCMTK drops, with a number where another has it."""
        plain = " ".join(_NOT_IN_NAMES.sub("", wanted).split()) or "Profile"
        name, number = plain, 1
        while (key := name.replace(" ", "").upper()) in self.taken:
            number += 1
            name = f"{plain}-{number}"
        self.taken.add(key)
        return name


def write(document: Document) -> Written:
    """The profiles and, as further profiles, the associations; a finding for every loss."""
    names = _Names(set())
    given = [(_usable(each), each.name) for each in document.profiles]
    given += [(_usable(_unpaired(each)), _name_of(each)) for each in document.associations]
    profiles: list[Profile] = []
    more: list[Profile] = []
    for profile, wanted in given:
        if profile.presentation_contexts:
            first, *rest = _fitting(replace(profile, name=names.of(wanted)))
            profiles.append(first)
            more += [replace(part, name=names.of(f"{first.name}-more")) for part in rest]
    for profile in (*profiles, *more):
        if joined := _joined(profile):
            more.append(replace(joined, name=names.of(f"{profile.name}-SCP")))
    findings = [*_lost(document), *losses(replace(document, associations=()), KNOWS)]
    if more:
        listed = ", ".join(clip(profile.name, 30) for profile in more[:3])
        message = f"Added: {listed}{' ...' if len(more) > 3 else ''}. A request holds 128 "
        message += "contexts, and for storescp a SOP Class may stand in one context only."
        findings.append(not_carried("profiles.added", message))
    return Written.of(_text((*profiles, *more)), tuple(findings))


def _unpaired(pair: Association) -> Profile:
    lists = (pair.presentation_contexts, pair.role_selections, pair.extended_negotiations)
    return Profile("", *lists)


def _name_of(pair: Association) -> str:
    return pair.name or f"{pair.calling}-{pair.called}"


def _usable(profile: Profile) -> Profile:
    """Without contexts that name no transfer syntax."""
    contexts = tuple(each for each in profile.presentation_contexts if each.transfer_syntaxes)
    return replace(profile, presentation_contexts=contexts)


def _lost(document: Document) -> Iterator[Finding]:
    names = _Names(set())
    renamed = paired = False
    for profile in document.profiles:
        if _usable(profile).presentation_contexts:
            renamed = names.of(profile.name) != profile.name or renamed
        else:
            message = f"{clip(profile.name)} holds no presentation contexts, so it is left out."
            yield not_carried(f"profiles[{profile.name}]", message)
    for pair in document.associations:
        if _usable(_unpaired(pair)).presentation_contexts:
            paired = True
        else:
            key = f"{pair.calling}:{pair.called}"
            message = f"The association {clip(key)} holds no contexts of its own; it is left out."
            yield not_carried(f"associations[{key}]", message)
    if paired:
        message = "This format has no AEs: associations are written as profiles."
        yield not_carried("associations.pair", message)
    if renamed:
        message = "Names are spelt with letters, digits, - and _, and capitals tell none apart."
        yield not_carried("profile.name.spelling", message)
    yield from _lost_in_lists([*document.profiles, *map(_unpaired, document.associations)])


def _lost_in_lists(given: list[Profile]) -> Iterator[Finding]:
    usable = [_usable(each) for each in given]
    if usable != given:
        message = "Contexts without a transfer syntax are left out."
        yield not_carried("profile.presentation_contexts.unused", message)
    widest = max((len(each.presentation_contexts) for each in usable), default=0)
    if widest > CONTEXTS_PER_REQUEST:
        message = f"A list of {widest:,} contexts is cut at {CONTEXTS_PER_REQUEST}; the rest "
        message += "stands in a profile of its own."
        place = f"profile.presentation_contexts[{CONTEXTS_PER_REQUEST}:]"
        yield not_carried(place, message)
    for name in ("role_selections", "extended_negotiations"):
        kept = ((each, _fitting(each)) for each in usable if each.presentation_contexts)
        if any(getattr(parts[0], name) != getattr(each, name) for each, parts in kept):
            message = f"Of {name.replace('_', ' ')} those are left out that DCMTK refuses: of a "
            message += "class in no context of the profile, for a second time, or saying nothing."
            yield not_carried(f"profile.{name}.unused", message)


def _kept(profile: Profile, name: str) -> tuple[RoleSelection | ExtendedNegotiation, ...]:
    """What of a field DCMTK would take."""
    classes = {context.abstract_syntax for context in profile.presentation_contexts}
    kept: dict[str, RoleSelection | ExtendedNegotiation] = {}
    for item in getattr(profile, name):
        said = (
            _ROLES.get((item.scu, item.scp))
            if isinstance(item, RoleSelection)
            else (_HEX.fullmatch(item.information))
        )
        if said and item.sop_class in classes:
            kept.setdefault(item.sop_class, item)
    return tuple(kept.values())


def _fitting(profile: Profile) -> list[Profile]:
    """The profile in parts of at most 128 contexts, each with what belongs to its classes."""
    contexts = profile.presentation_contexts
    parts = []
    for start in range(0, len(contexts), CONTEXTS_PER_REQUEST):
        part = replace(
            profile, presentation_contexts=contexts[start : start + CONTEXTS_PER_REQUEST]
        )
        parts.append(_consistent(part))
    return parts


def _consistent(profile: Profile) -> Profile:
    kept = {name: _kept(profile, name) for name in ("role_selections", "extended_negotiations")}
    return replace(profile, **kept)  # type: ignore[arg-type]


def _joined(profile: Profile) -> Profile | None:
    """With each class in one context, or None where that is so already."""
    joined: dict[str, dict[str, None]] = {}
    for context in profile.presentation_contexts:
        joined.setdefault(context.abstract_syntax, {}).update(
            dict.fromkeys(context.transfer_syntaxes)
        )
    if len(joined) == len(profile.presentation_contexts):
        return None
    contexts = tuple(PresentationContext(uid, tuple(each)) for uid, each in joined.items())
    return replace(profile, presentation_contexts=contexts)


def _text(profiles: tuple[Profile, ...]) -> str:
    if not profiles:
        return ""
    lists: dict[tuple[str, ...], str] = {}
    for profile in profiles:
        for context in profile.presentation_contexts:
            lists.setdefault(context.transfer_syntaxes, f"Syntaxes{len(lists) + 1}")
    blocks = [
        "# Association configuration of DCMTK, for the option -xf FILE PROFILE",
        "[[TransferSyntaxes]]",
        *(
            _section(name, "TransferSyntax", map(dcmtk_names.written, syntaxes))
            for syntaxes, name in lists.items()
        ),
        "[[PresentationContexts]]",
    ]
    blocks += [
        _section(
            profile.name,
            "PresentationContext",
            (
                f"{dcmtk_names.written(context.abstract_syntax)}\\{lists[context.transfer_syntaxes]}"
                for context in profile.presentation_contexts
            ),
        )
        for profile in profiles
    ]
    blocks += _lists_of_classes(profiles)
    blocks += ["[[Profiles]]", *map(_profile, profiles)]
    return "\n\n".join(blocks) + "\n"


def _lists_of_classes(profiles: tuple[Profile, ...]) -> list[str]:
    roles = [
        _section(
            profile.name,
            "Role",
            (
                f"{dcmtk_names.written(each.sop_class)}\\{_ROLES[each.scu, each.scp]}"
                for each in profile.role_selections
            ),
        )
        for profile in profiles
        if profile.role_selections
    ]
    extended = [
        _section(
            profile.name,
            "ExtendedNegotiation",
            (
                f"{dcmtk_names.written(each.sop_class)}\\{each.information}"
                for each in profile.extended_negotiations
            ),
        )
        for profile in profiles
        if profile.extended_negotiations
    ]
    return [
        *(["[[SCPSCURoleSelection]]", *roles] if roles else []),
        *(["[[ExtendedNegotiation]]", *extended] if extended else []),
    ]


def _section(name: str, word: str, values: Iterable[str]) -> str:
    lines = (f"{word}{number} = {value}" for number, value in enumerate(values, start=1))
    return "\n".join((f"[{name}]", *lines))


def _profile(profile: Profile) -> str:
    lines = [f"[{profile.name}]", f"PresentationContexts = {profile.name}"]
    if profile.role_selections:
        lines.append(f"SCPSCURoleSelection = {profile.name}")
    if profile.extended_negotiations:
        lines.append(f"ExtendedNegotiation = {profile.name}")
    return "\n".join(lines)
