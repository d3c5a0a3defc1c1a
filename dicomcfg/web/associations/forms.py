"""Forms of associations: two AEs out of 10,000 by type-ahead, a name and a description.

Everything works as plain text fields: a typed AE title is resolved here, and where a title is
borne by several AEs the form asks which.
"""

from __future__ import annotations

from typing import Any

from django import forms

from dicomcfg.inventory.models import AE, Association, Profile
from dicomcfg.inventory.services.ae_findings import LARGEST_ASSOCIATION_COUNT


class AeWidget(forms.MultiWidget):
    """A title that the person types or picks, and the picked row's id."""

    use_fieldset = False

    def __init__(self) -> None:
        title = forms.TextInput({"maxlength": 16, "class": "mono", "spellcheck": "false"})
        super().__init__({"title": title, "pk": forms.HiddenInput()})

    def id_for_label(self, id_: str) -> str:
        """The label belongs to the title."""
        return f"{id_}_0"

    def decompress(self, value: AE | None) -> list[Any]:
        """The two parts of an initial value."""
        return [value.ae_title, value.pk] if value else ["", ""]


class AeField(forms.MultiValueField):
    """Gives an AE; with `new_allowed` also a title that no AE bears yet, as a string.

    `candidates` holds the AEs among which the person has to choose, after a title turned out to
    be borne by several.
    """

    widget = AeWidget

    def __init__(self, *, new_allowed: bool = False, **options: Any) -> None:
        self.new_allowed = new_allowed
        self.candidates: list[AE] = []
        parts = (forms.CharField(), forms.IntegerField(required=False))
        super().__init__(parts, require_all_fields=False, **options)

    def compress(self, data_list: list[Any]) -> AE | str | None:
        """Resolve the title; the id only tells AEs of one title apart."""
        if not data_list:
            return None
        title, pk = data_list
        bearers = list(AE.objects.filter(ae_title=title).select_related("site", "device")[:20])
        chosen = bearers if len(bearers) == 1 else [ae for ae in bearers if ae.pk == pk]
        if chosen:
            return chosen[0]
        if bearers:
            self.candidates = bearers
            raise forms.ValidationError(f"{len(bearers)} AEs are called {title}: which one?")
        if self.new_allowed:
            return str(title)
        raise forms.ValidationError(f"No AE is called {title}. Titles are case-sensitive.")


AT_ONCE_HELP = "How many the calling AE opens to the called one at the same time."


class PairForm(forms.Form):
    """The pair, fixed once saved, with name and description."""

    calling = AeField(label="Calling AE", help_text="Requests the association.")
    called = AeField(label="Called AE", help_text="Accepts it.")
    name = forms.CharField(required=False, max_length=64)
    description = forms.CharField(required=False, max_length=254)


class NewAssociationForm(PairForm):
    """A pair that is made from nothing."""

    associations_at_once = forms.IntegerField(
        min_value=1, max_value=LARGEST_ASSOCIATION_COUNT, initial=1, help_text=AT_ONCE_HELP
    )
    profile = forms.ModelChoiceField(
        Profile.objects.all(),
        required=False,
        empty_label="None: it gets contexts of its own",
        help_text="One that follows a Profile proposes what that holds, also when it changes.",
    )


class RevisionForm(forms.Form):
    """Which state of the association the person saw."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class AssociationForm(forms.ModelForm[Association]):
    """What may change once the association is saved."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Association
        fields = ("name", "description", "associations_at_once")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # No field of the model's own form, since nobody edits it.
        self.initial["revision"] = self.instance.revision
