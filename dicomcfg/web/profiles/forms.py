"""Forms of Profiles: their names, what a new one is made of, and a change that was previewed."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.http import HttpRequest

from dicomcfg.checks.models import CheckState
from dicomcfg.checks.selectors import discovery_of
from dicomcfg.core.negotiation.capabilities import adopted
from dicomcfg.core.negotiation.selection import contexts_in
from dicomcfg.core.wording import counted
from dicomcfg.inventory.models import AE, Association, CapabilityRole, Profile
from dicomcfg.inventory.profile_selectors import proposed_by
from dicomcfg.inventory.selectors import capabilities_of
from dicomcfg.inventory.services.proposed_sets import ProposedSet
from dicomcfg.web.discoveries.pages import discoveries
from dicomcfg.web.pending import ProposedField
from dicomcfg.web.row_ids import row_ids


class ProfileForm(forms.ModelForm[Profile]):
    """Name and description; the service decides what they may hold."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Profile
        fields = ("name", "description")

    def validate_unique(self) -> None:
        """Left to the service, which says it in its own words."""


class ChangeForm(forms.Form):
    """A change of a Profile that its preview showed; `seen` is the key of its followers."""

    proposed = ProposedField()
    revision = forms.IntegerField()
    seen = forms.CharField(max_length=64)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a new Profile is made of; `follower` could follow it from the start."""

    words: str
    proposed: ProposedSet
    follower: Association | AE | None = None
    role: str = ""


def origin_named_in(request: HttpRequest) -> Origin | None:
    """Of `?association=ID`, `?ae=ID&role=SCP` or `?check=ID`; None without any that exists."""
    asked = {
        name: row_ids(request.GET.getlist(name))[:1] for name in ("association", "ae", "check")
    }
    if found := Association.objects.filter(pk__in=asked["association"]).first():
        proposed = proposed_by(found)
        return Origin(f"{_contexts(proposed)} of {found}", proposed, found)
    if ae := AE.objects.filter(pk__in=asked["ae"]).first():
        return _of_ae(ae, request.GET.get("role", ""))
    return _of_discovery(asked["check"])


def _of_ae(ae: AE, role: str) -> Origin | None:
    if role not in CapabilityRole.values:
        return None
    proposed = ProposedSet(tuple(contexts_in(capabilities_of(ae), role)))
    words = f"{_contexts(proposed)}: what {ae} supports as {role}"
    return Origin(words, proposed, ae, role)


def _of_discovery(ids: list[int]) -> Origin | None:
    check = discoveries().filter(pk__in=ids, state=CheckState.FINISHED).first()
    seen = discovery_of(check) if check else None
    if check is None or seen is None:
        return None
    role = CapabilityRole.SCP.value
    found = ProposedSet(tuple(contexts_in(adopted((), seen.matrix, seen.roles), role)))
    when = f"{check.queued_at:%Y-%m-%d %H:%M}"
    of = check.ae or check.target["called_ae_title"]
    return Origin(f"{_contexts(found)} that {of} accepted in the discovery of {when}", found)


def _contexts(proposed: ProposedSet) -> str:
    return counted(len(proposed.contexts), "presentation context")
