"""What a discovery asks for and how politely: the form, and what sending it costs the peer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

from django import forms
from django.http import QueryDict

from dicomcfg.core.negotiation import proposal
from dicomcfg.core.negotiation.catalogue import catalogue
from dicomcfg.core.negotiation.options import PLAIN
from dicomcfg.core.records import PresentationContext
from dicomcfg.core.standard import uids
from dicomcfg.core.standard.uid_groups import FAMILIES, PRIVATE, family_of, stored_kind_of
from dicomcfg.inventory.selectors import syntaxes_in_use
from dicomcfg.probes.roles import size_bytes
from dicomcfg.probes.target import DiscoverSettings
from dicomcfg.web.associations.forms import AeField
from dicomcfg.web.contexts.forms import TransferSyntaxesField
from dicomcfg.web.uids import label_of

MOST_PAIRS, MOST_UIDS = 200_000, 4_000
"""Ten times the registry: a matrix is kept whole every second while it is found, and shown."""


@dataclass(frozen=True, slots=True)
class Askable:
    """All that can be asked for, and which of it only the inventory knows."""

    sop_classes: tuple[str, ...]
    transfer_syntaxes: tuple[str, ...]
    private_classes: tuple[str, ...]
    private_syntaxes: tuple[str, ...]


def askable() -> Askable:
    """The registry, then what the inventory uses or names beyond it; three queries and names."""
    abstract, transfer = syntaxes_in_use()
    private_classes = _beyond_registry(abstract, uids.ABSTRACT_SYNTAX)
    private_syntaxes = _beyond_registry(transfer, uids.TRANSFER_SYNTAX)
    return Askable(*catalogue(private_classes, private_syntaxes), private_classes, private_syntaxes)


def _beyond_registry(in_use: Iterable[str], kinds: frozenset[uids.UidKind]) -> tuple[str, ...]:
    named = (entry.uid for entry in uids.private_entries() if entry.kind in kinds)
    return tuple(sorted({*named, *(uid for uid in in_use if not uids.is_registered(uid))}))


def group_of(sop_class: str) -> str:
    """The box under which a SOP Class can be asked for: its service, for storage what it stores."""
    entry = uids.lookup(sop_class)
    if entry is None:
        return PRIVATE
    if entry.service != "Storage":
        return entry.service
    return f"Storage: {stored_kind_of(entry.name)}"


def _choices(groups: Iterable[str]) -> list[tuple[str, str]]:
    return [(group, f"{group} ({count})") for group, count in Counter(groups).items()]


class SopClassesField(forms.CharField):
    """One UID, name or keyword a line; gives a tuple of UIDs."""

    widget = forms.Textarea

    def clean(self, value: Any) -> tuple[str, ...]:
        """Every line that cannot be resolved is named with its number."""
        text: str = super().clean(value)
        lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        found = [(n, line, uids.resolve(line, uids.ABSTRACT_SYNTAX)) for n, line in lines]
        problems = [f"Line {n}: {line[:80]} is no SOP Class." for n, line, uid in found if not uid]
        if problems:
            raise forms.ValidationError(problems)
        return tuple(dict.fromkeys(uid for _, _, uid in found if uid))

    def prepare_value(self, value: Any) -> Any:
        """UIDs as lines of names; what a person typed stays as it was."""
        if not isinstance(value, (tuple, list)):
            return value
        return "\n".join(label_of(uid, uids.ABSTRACT_SYNTAX) for uid in value)


class DiscoverForm(forms.Form):
    """Nothing chosen means everything."""

    groups = forms.MultipleChoiceField(
        label="Services", required=False, widget=forms.CheckboxSelectMultiple
    )
    sop_classes = SopClassesField(
        label="Single SOP Classes",
        widget=forms.Textarea({"rows": 3}),
        required=False,
        max_length=50_000,
        help_text="One a line, a name or a UID; asked for beside the services ticked.",
    )
    families = forms.MultipleChoiceField(
        label="Families", required=False, widget=forms.CheckboxSelectMultiple
    )
    transfer_syntaxes = TransferSyntaxesField(
        label="Single transfer syntaxes",
        widget=forms.Textarea({"rows": 3}),
        required=False,
        max_length=50_000,
        help_text="One a line, a name or a UID; asked for beside the families ticked.",
    )
    with_roles = forms.BooleanField(
        label="Also ask for roles",
        required=False,
        help_text="Whether the peer would act as SCU of what it accepts: more associations.",
    )
    calling = AeField(
        label="Call as",
        required=False,
        help_text="Empty: our own title. A borrowed one is answered for our address, not for its.",
    )
    maximum_syntaxes = forms.IntegerField(
        label="Transfer syntaxes in one context, at most",
        min_value=1,
        max_value=128,
        initial=32,
        help_text="Some acceptors hang without an answer at more than 50.",
    )
    maximum_request_bytes = forms.IntegerField(
        label="Bytes in one request, at most",
        min_value=1_024,
        max_value=1_000_000,
        initial=16_384,
        help_text="Some acceptors read no more than 32,768.",
    )
    concurrent = forms.IntegerField(
        label="Associations at once",
        min_value=1,
        max_value=8,
        initial=1,
        help_text="More is faster and less polite.",
    )
    pause_s = forms.FloatField(
        label="Pause between associations, in seconds",
        min_value=0,
        max_value=60,
        initial=0,
        help_text="For devices that are easily overwhelmed.",
    )

    def __init__(self, data: QueryDict | None, known: Askable) -> None:
        super().__init__(data)
        self.known = known
        groups = _choices(map(group_of, known.sop_classes))
        families = _choices(map(family_of, known.transfer_syntaxes))
        self.fields["groups"].choices = sorted(groups)  # type: ignore[attr-defined]
        self.fields["families"].choices = sorted(  # type: ignore[attr-defined]
            families, key=lambda choice: FAMILIES.index(choice[0])
        )

    def clean(self) -> dict[str, Any]:
        """What is asked for has to be kept and shown."""
        data = super().clean() or {}
        if not self.errors:
            asked = self.settings()
            sides = len(asked.sop_classes), len(asked.transfer_syntaxes)
            if max(sides) > MOST_UIDS or sides[0] * sides[1] > MOST_PAIRS:
                raise forms.ValidationError(
                    f"{sides[0]:,} SOP Classes with {sides[1]:,} transfer syntaxes are too many: "
                    f"at most {MOST_PAIRS:,} pairs, and {MOST_UIDS:,} of either. Choose some."
                )
        return data

    def settings(self) -> DiscoverSettings:
        """What the person asks for, in the catalogue's order; call when valid."""
        chosen = self.cleaned_data
        return DiscoverSettings(
            sop_classes=_narrowed(
                self.known.sop_classes, group_of, chosen["groups"], chosen["sop_classes"]
            ),
            transfer_syntaxes=_narrowed(
                self.known.transfer_syntaxes,
                family_of,
                chosen["families"],
                chosen["transfer_syntaxes"],
            ),
            maximum_syntaxes=chosen["maximum_syntaxes"],
            maximum_request_bytes=chosen["maximum_request_bytes"],
            with_roles=chosen["with_roles"],
            concurrent=chosen["concurrent"],
            pause_s=chosen["pause_s"],
        )


def _narrowed(
    known: tuple[str, ...],
    box_of: Callable[[str], str],
    boxes: Collection[str],
    single: tuple[str, ...],
) -> tuple[str, ...]:
    """Those of the ticked boxes, then the single ones; where nothing is chosen all of them."""
    if not boxes and not single:
        return known
    return tuple(dict.fromkeys((*(uid for uid in known if box_of(uid) in boxes), *single)))


@dataclass(frozen=True, slots=True)
class Cost:
    """What a discovery sends: associations at least, and at most where everything is accepted."""

    pairs: int
    least: int
    most: int
    pause_s: float

    @property
    def paused_s(self) -> float:
        """The seconds that pass in pauses alone, at least."""
        return (self.least - 1) * self.pause_s


def cost_of(settings: DiscoverSettings) -> Cost:
    """The expected cost: one offer of everything, then one context for each accepted pair."""
    syntaxes, step = settings.transfer_syntaxes, settings.maximum_syntaxes
    parts = [syntaxes[start : start + step] for start in range(0, len(syntaxes), step)]
    offered = [
        proposal.context_bytes(PresentationContext(sop_class, part))
        for sop_class in settings.sop_classes
        for part in parts
    ]
    room = settings.maximum_request_bytes - size_bytes((), PLAIN)
    pairs = len(settings.sop_classes) * len(syntaxes)
    least = max(ceil(sum(offered) / room), ceil(len(offered) / proposal.CONTEXTS_PER_REQUEST))
    most = least + ceil(pairs / proposal.CONTEXTS_PER_REQUEST)
    return Cost(pairs, least, most, settings.pause_s)
