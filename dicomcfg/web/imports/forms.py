"""Forms of the import page: what is given, how it is taken, and which rows are shown.

Forms turn what was sent into values; what an import may do is decided by the exchange's services.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms

from dicomcfg.core.formats.registry import FORMATS
from dicomcfg.exchange.choices import (
    BY_ADDRESS,
    BY_NAME,
    BY_TITLE,
    MERGE,
    NEW,
    ONLY_NEW,
    REPLACE,
    TO_ASSOCIATION,
    TO_PROFILE,
    Choices,
    chosen_id,
)
from dicomcfg.inventory.models import AE, Device, Profile, Site
from dicomcfg.web.aes.forms import TagsField
from dicomcfg.web.associations.forms import AeField

NEW_HELP = "Choose from the table. A title that is not in it makes a new AE."
MODES = (
    (MERGE, "Merge: what the files say is laid over what is stored"),
    (REPLACE, "Replace: all that the files know counts, also where it is empty"),
    (ONLY_NEW, "Only new: what is stored is left alone"),
)
MATCHES = (
    (BY_TITLE, "AE title"),
    (BY_ADDRESS, "AE title and address"),
    (BY_NAME, "Name of its device"),
)
TARGETS = (
    (TO_PROFILE, "A Profile, named after the file"),
    (TO_ASSOCIATION, "The association of the two AEs below"),
)
ROLES = (("", "As their presentation contexts"), ("SCP", "As SCP"), ("SCU", "As SCU"))
OVERWRITING = (
    (None, "Is merged or replaced as said above"),
    (False, "Is refused and stays as it is"),
    (True, "Has its contexts set to the file's"),
)


def format_choices(blank: str) -> list[tuple[str, str]]:
    """Every format that is read, by title, after `blank` for none in particular."""
    known = sorted((entry.title, entry.name) for entry in FORMATS.values())
    return [("", blank), *((name, title) for title, name in known)]


class FilesInput(forms.FileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Gives a list of uploaded files, empty ones among them."""

    widget = FilesInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "allow_empty_file": True, **options})

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Each file checked as a FileField does."""
        given = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(each, initial) for each in given if each is not None]


class _EndsForm(forms.Form):
    """Whose association it is where a file holds contexts and names no pair."""

    calling = AeField(label="Calling AE", new_allowed=True, required=False, help_text=NEW_HELP)
    called = AeField(label="Called AE", new_allowed=True, required=False, help_text=NEW_HELP)

    def ends(self) -> dict[str, str]:
        """Both as an import keeps them; call when valid."""
        return {name: _choice(self.cleaned_data[name]) for name in ("calling", "called")}


class GivenForm(_EndsForm):
    """Files or a paste, with what may be known about them already."""

    given = FilesField(label="Files")
    text = forms.CharField(
        label="Or paste text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
    )
    format = forms.ChoiceField(
        label="Format",
        required=False,
        help_text="Detected by what the files hold. Name it where the detection errs.",
    )
    site = forms.ModelChoiceField(
        Site.objects.order_by("pk"),
        required=False,
        empty_label=None,
        label="Site",
        help_text="For new AEs, where the file names none.",
    )

    overwrite = forms.BooleanField(
        label="Overwrite the contexts if this association exists", required=False
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["format"].choices = format_choices("Detect")  # type: ignore[attr-defined]
        self.has_sites = Site.objects.count() > 1

    def clean(self) -> dict[str, Any]:
        """Something to read, from one place."""
        data = super().clean() or {}
        if not self.errors and bool(data["given"]) == bool(data["text"].strip()):
            raise forms.ValidationError("Choose files or paste text, one of the two.")
        return data

    def options(self) -> dict[str, Any]:
        """What was chosen, as an import keeps it; call when valid."""
        ends, site = self.ends(), self.cleaned_data["site"]
        chosen: dict[str, Any] = {"site": site.pk} if site else {}
        if any(ends.values()):
            overwrite = self.cleaned_data["overwrite"]
            chosen |= ends | {"target": TO_ASSOCIATION, "overwrite": overwrite}
        return chosen


class ChoicesForm(_EndsForm):
    """How the files are taken: against what is stored, and with what for new ones."""

    mode = forms.ChoiceField(label="What the files say", choices=MODES, widget=forms.RadioSelect)
    match = forms.ChoiceField(label="A stored AE is the same by its", choices=MATCHES)
    site = forms.ModelChoiceField(
        Site.objects.order_by("pk"), label="Site, where the files name none", empty_label=None
    )
    device = forms.CharField(
        label="Device of new AEs",
        required=False,
        max_length=64,
        help_text="A name that no device has makes a new one.",
    )
    tags = TagsField(label="Tags of new AEs", help_text="Words between commas.")
    profile = forms.ModelChoiceField(
        Profile.objects.order_by("name"),
        label="What is new follows",
        required=False,
        empty_label="No Profile",
    )
    profile_role = forms.ChoiceField(label="In which role", choices=ROLES, required=False)
    target = forms.ChoiceField(label="They become", choices=TARGETS)
    overwrite = forms.TypedChoiceField(
        label="If that association exists, it",
        choices=OVERWRITING,
        coerce={"True": True, "False": False}.get,
        empty_value=None,
        required=False,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["device"].widget.attrs |= {
            "list": "device-names",
            "autocomplete": "off",
            "data-suggest": "",
        }
        self.has_sites = Site.objects.count() > 1

    @classmethod
    def of(cls, options: dict[str, Any]) -> ChoicesForm:
        """The form filled with what was chosen before."""
        chosen = Choices.from_options(options)
        filled = asdict(chosen) | {
            "site": chosen.site or Site.objects.order_by("pk").values_list("pk", flat=True)[0],
            "device": _device_name(chosen.device),
            "calling": _end(chosen.calling),
            "called": _end(chosen.called),
        }
        return cls(initial=filled)

    def options(self) -> dict[str, Any]:
        """The choices as an import keeps them; call when valid."""
        data = self.cleaned_data
        plain = {
            name: data[name] for name in ("mode", "match", "profile_role", "target", "overwrite")
        }
        stored = {name: data[name].pk if data[name] else None for name in ("site", "profile")}
        device = _device_choice(data["device"])
        return plain | stored | {"device": device, "tags": list(data["tags"])} | self.ends()


def _choice(end: AE | str | None) -> str:
    return str(end.pk) if isinstance(end, AE) else f"{NEW}{end}" if end else ""


def _end(choice: str) -> Any:
    """What the field shows for a choice kept before."""
    pk = chosen_id(choice)
    ae = AE.objects.filter(pk=pk).first() if pk else None
    return ae or [choice.removeprefix(NEW), ""]


def _device_choice(name: str) -> str:
    if not name:
        return ""
    device = Device.objects.filter(name__iexact=name).first()
    return str(device.pk) if device else f"{NEW}{name}"


def _device_name(choice: str) -> str:
    pk = chosen_id(choice)
    device = Device.objects.filter(pk=pk).first() if pk else None
    return device.name if device else choice.removeprefix(NEW)
