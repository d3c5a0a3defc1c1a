"""Compares what the files say with the inventory: what applying would do, row by row.

Preview and apply are this one function; for applying it also locks all that is spoken of. A row
that conflicts is never written, whatever is chosen.
"""

from __future__ import annotations

from dicomcfg.core.formats.losses import every_field
from dicomcfg.core.records import Document, Profile
from dicomcfg.exchange.choices import TO_ASSOCIATION, Choices
from dicomcfg.exchange.planning.aes import Surroundings, plan_aes
from dicomcfg.exchange.planning.devices import device_for_new, plan_devices
from dicomcfg.exchange.planning.known import load
from dicomcfg.exchange.planning.laying import How
from dicomcfg.exchange.planning.pairs import Ends, plan_associations, plan_target
from dicomcfg.exchange.planning.profiles import plan_profiles
from dicomcfg.exchange.planning.rows import Plan


def plan(document: Document, choices: Choices, *, lock: bool = False) -> Plan:
    """The rows; call in a transaction to `lock` what is stored until its end. Writes nothing."""
    known = load(document, choices, lock=lock)
    how = How(choices.mode, document.knows if document.knows is not None else every_field())
    devices = plan_devices(document.devices, choices, known, how)
    of_pair = _of_pair(document) if choices.target == TO_ASSOCIATION else ()
    own = [each for each in document.profiles if each not in of_pair]
    profiles = plan_profiles(own, known, how)
    chosen = device_for_new(choices, known, devices)
    has_pairs = bool(document.associations or of_pair)
    surroundings = Surroundings(known, choices, how, devices, chosen, profiles, has_pairs)
    aes = plan_aes(document.aes, surroundings)
    ends = Ends(known, how, choices, aes, profiles)
    associations = plan_associations(document.associations, ends)
    if of_pair:
        made, target = plan_target(of_pair, ends)
        aes |= {row.key: row for row in made if row.key not in aes}
        associations.append(target)
    return Plan(
        devices=tuple(devices.values()),
        profiles=tuple(profiles.values()),
        aes=tuple(aes.values()),
        associations=tuple(associations),
    )


def _of_pair(document: Document) -> tuple[Profile, ...]:
    """The Profiles that nothing in the files follows: contexts that name no pair."""
    followed = {each.profile for each in document.aes}
    followed |= {each.profile for each in document.associations}
    return tuple(each for each in document.profiles if each.name not in followed)
