"""Plans the Profiles of the files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from msgspec import structs

from dicomcfg.core import records
from dicomcfg.core.findings import Finding, Severity
from dicomcfg.core.wording import counted
from dicomcfg.exchange.choices import ONLY_NEW
from dicomcfg.exchange.models import Action, RowKind
from dicomcfg.exchange.planning.changes import changes_of
from dicomcfg.exchange.planning.known import Known, StoredProfile
from dicomcfg.exchange.planning.laying import How, proposed_after
from dicomcfg.exchange.planning.rows import PlannedProfile
from dicomcfg.inventory.models import Profile
from dicomcfg.inventory.services.association_findings import check_proposed
from dicomcfg.inventory.services.fields import too_long
from dicomcfg.inventory.services.profile_rows import ProfileData
from dicomcfg.inventory.services.proposed_sets import ProposedSet

_EMPTY = ProfileData(name="").snapshot()


def plan_profiles(
    profiles: Iterable[records.Profile], known: Known, how: How
) -> dict[str, PlannedProfile]:
    """By name."""
    planned = {}
    for said in profiles:
        name = said.name.strip()
        stored = known.profiles.get(name)
        count = known.followers.get(stored[0].pk, 0) if stored else 0
        planned[said.name] = _plan(said, stored, count, how)
    return planned


def _plan(
    said: records.Profile, stored: StoredProfile | None, followers: int, how: How
) -> PlannedProfile:
    name = said.name.strip()
    bare = PlannedProfile(RowKind.PROFILE, said.name, name, Action.NEW)
    if stored is None:
        proposed = proposed_after(ProposedSet(), said, how, "profile")
        data = ProfileData(name=name, description=said.description, proposed=proposed)
        after = data.normalised()
        return structs.replace(
            bare,
            after=after,
            row=Profile(name=after.name),
            changes=changes_of(_EMPTY, after.snapshot(), is_new=True),
            findings=_findings(after),
        )
    row, before = stored
    if how.mode == ONLY_NEW:
        return structs.replace(
            bare, action=Action.LEFT, stored=row, row=row, before=before, after=before
        )
    after = replace(
        before,
        **how.plain("profile", ("description",), said),
        proposed=proposed_after(before.proposed, said, how, "profile"),
    ).normalised()
    changes = changes_of(before.snapshot(), after.snapshot()) if before != after else ()
    findings = _findings(after) if changes else ()
    if before.proposed != after.proposed and followers:
        what = counted(followers, "association or AE", "associations and AEs")
        follow, change = ("follows", "changes") if followers == 1 else ("follow", "change")
        message = f"{what} {follow} Profile {name}, and {change} with it."
        findings += (Finding("profile-has-followers", Severity.WARNING, name[:64], message),)
    return structs.replace(
        bare,
        action=Action.CHANGED if changes else Action.SAME,
        stored=row,
        row=row,
        before=before,
        after=after,
        changes=changes,
        findings=findings,
    )


def _findings(data: ProfileData) -> tuple[Finding, ...]:
    texts = {"name": data.name, "description": data.description}
    found = [
        Finding("text-too-long", Severity.ERROR, texts[name][:64], text, "Shorten it.", path=name)
        for name, messages in too_long(Profile, texts).items()
        for text in messages
    ]
    if not data.name:
        message, remedy = "A Profile has no name.", "Give it one."
        found.append(Finding("profile-without-name", Severity.ERROR, "", message, remedy))
    return (*found, *check_proposed(data.proposed))
