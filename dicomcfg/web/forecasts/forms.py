"""What a person asks a forecast about: two AEs, or a file and an AE, and what is preferred."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from dicomcfg.core.wording import listed
from dicomcfg.inventory.models import Profile
from dicomcfg.web.associations.forms import AeField
from dicomcfg.web.contexts.forms import TransferSyntaxesField
from dicomcfg.web.row_ids import row_ids

ASSOCIATION, CAPABILITIES, PROFILE = "association", "capabilities", "profile"
PROPOSES, ACCEPTS = "proposes", "accepts"
_LONGEST_LIST: Final = 4000
_NAMES_SHOWN: Final = 20


class PreferredForm(forms.Form):
    """The acceptor's preferred list, where it has one."""

    prefer = TransferSyntaxesField(
        required=False,
        max_length=_LONGEST_LIST,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
        label="Preferred transfer syntaxes of the called AE",
        help_text="For an acceptor with such a list, as dcm4che has: one a line, the preferred one "
        "first; names or UIDs.",
    )

    def preferred(self) -> tuple[str, ...]:
        """The UIDs; empty where the field is, or holds what is no transfer syntax."""
        found: tuple[str, ...] = self.cleaned_data.get("prefer") or () if self.is_valid() else ()
        return found


class PairForm(PreferredForm):
    """Two AEs and what the one proposes to the other."""

    calling = AeField(label="Calling AE", required=False, help_text="Requests the association.")
    called = AeField(label="Called AE", help_text="Accepts it, by its SCP capabilities.")
    proposal = forms.ChoiceField(label="What is proposed", required=False)

    field_order = ("calling", "called", "proposal", "prefer")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        profiles = Profile.objects.order_by("name").values_list("pk", "name")
        field = self.fields["proposal"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", "The pair's association, else the calling AE's SCU capabilities"),
            (CAPABILITIES, "The calling AE's SCU capabilities"),
            *((f"{PROFILE}-{pk}", f"Profile {name}") for pk, name in profiles),
        ]

    def clean(self) -> dict[str, Any]:
        """Without a Profile somebody has to call."""
        data = super().clean() or {}
        is_profile = str(data.get("proposal", "")).startswith(PROFILE)
        if "calling" in data and data["calling"] is None and not is_profile:
            self.add_error("calling", "Choose who calls, or a Profile to propose.")
        return data

    def profile(self) -> Profile | None:
        """The Profile that was chosen, if one was; call when valid."""
        name, _, pk = self.cleaned_data["proposal"].partition("-")
        return Profile.objects.filter(pk__in=row_ids([pk])).first() if name == PROFILE else None


class FileForm(PreferredForm):
    """A file or a paste against an AE."""

    file = forms.FileField(required=False, label="File")
    text = forms.CharField(
        required=False,
        label="Or paste it",
        strip=False,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false", "class": "mono"}),
    )
    ae = AeField(label="AE of this inventory")
    direction = forms.ChoiceField(
        label="The file",
        choices=[
            (PROPOSES, "proposes to this AE"),
            (ACCEPTS, "says what is accepted of what this AE proposes"),
        ],
    )
    part = forms.CharField(
        required=False,
        max_length=200,
        label="Which part of the file",
        help_text="Where it holds several: profile NAME, association CALLING:CALLED or AE KEY.",
    )

    field_order = ("file", "text", "ae", "direction", "part", "prefer")

    def clean(self) -> dict[str, Any]:
        """Something to read, from one place."""
        data = super().clean() or {}
        if bool(data.get("file")) == bool((data.get("text") or "").strip()):
            raise forms.ValidationError("Give a file or paste it, one of the two.")
        return data

    def source(self) -> tuple[bytes, str]:
        """The bytes and the file's name, empty for a paste; call when valid."""
        file = self.cleaned_data["file"]
        return (file.read(), file.name) if file else (self.cleaned_data["text"].encode(), "")

    def chosen(self, parts: list[str]) -> str | None:
        """The part that is meant; None with an error of the form where that is not clear."""
        wanted = str(self.cleaned_data["part"]).strip()
        if wanted in parts:
            return wanted
        if len(parts) == 1 and not wanted:
            return parts[0]
        proposes = self.cleaned_data["direction"] == PROPOSES
        if not parts:
            what = "proposes nothing" if proposes else "says of nobody what is accepted"
            self.add_error(None, f"The file {what}.")
        else:
            problem = f"There is no {wanted}." if wanted else "Say which."
            self.add_error("part", f"{problem} The file has: {listed(parts, _NAMES_SHOWN)}.")
        return None
