"""What a person chooses about an export: of what, and in which format.

The address is the whole choice, so that it can be bookmarked and scripted.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from dicomcfg.core.formats.base import Format
from dicomcfg.core.formats.document import document_json
from dicomcfg.core.formats.output import is_context_format
from dicomcfg.core.formats.registry import FORMATS
from dicomcfg.exchange.export import Selection
from dicomcfg.inventory.models import AE, Association, Device, Profile, SavedFilter, Site
from dicomcfg.web.aes import filters as ae_filters
from dicomcfg.web.associations import filters as association_filters
from dicomcfg.web.exports.formats import grouped_choices
from dicomcfg.web.exports.handing import AES, ASSOCIATIONS, among
from dicomcfg.web.savedfilters import aes_of

EVERYTHING, PROFILES, DEVICE, SITE = "everything", "profiles", "device", "site"
WHAT = {
    EVERYTHING: "Everything",
    AES: "AEs",
    ASSOCIATIONS: "Associations, with their AEs",
    PROFILES: "Profiles",
    DEVICE: "A device, with its AEs",
    SITE: "A site, with its AEs and their associations",
}
# Which fields say more about each choice; the others do not belong into its address.
FIELDS = {
    EVERYTHING: (),
    AES: ("ae", "ae_query", "filter"),
    ASSOCIATIONS: ("association", "association_query", "calling", "called"),
    PROFILES: ("profile",),
    DEVICE: ("device",),
    SITE: ("site",),
}
_SUGGEST = {"autocomplete": "off", "data-suggest": "", "spellcheck": "false"}
_TITLES = forms.TextInput(attrs={**_SUGGEST, "list": "ae-titles", "class": "mono"})


def _hidden() -> forms.CharField:
    return forms.CharField(required=False, widget=forms.HiddenInput, max_length=4_000)


class ExportForm(forms.Form):
    """The choice that an address holds; what it leaves out begins as everything, in our JSON.

    `ae` and `association` are ids ticked in a table, the `_query` of either the address of the
    whole filtered table.
    """

    what = forms.ChoiceField(choices=list(WHAT.items()), initial=EVERYTHING)
    ae, ae_query = _hidden(), _hidden()
    filter = forms.ModelChoiceField(
        SavedFilter.objects.all(),
        to_field_name="name",
        label="Saved filter",
        required=False,
        empty_label="All AEs",
    )
    association, association_query = _hidden(), _hidden()
    calling = forms.CharField(label="Calling AE", required=False, max_length=16, widget=_TITLES)
    called = forms.CharField(label="Called AE", required=False, max_length=16, widget=_TITLES)
    profile = forms.ModelChoiceField(
        Profile.objects.all(),
        to_field_name="name",
        label="Profile",
        required=False,
        empty_label="All Profiles",
    )
    device = forms.CharField(
        label="Device",
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={**_SUGGEST, "list": "device-names"}),
    )
    site = forms.ModelChoiceField(
        Site.objects.all(), to_field_name="slug", required=False, empty_label=None
    )
    format = forms.ChoiceField(choices=grouped_choices, initial=document_json.NAME)
    each = forms.BooleanField(label="One file for each set of contexts, in a zip", required=False)

    def __init__(self, data: QueryDict) -> None:
        filled = data.copy()
        for name in ("what", "format"):
            filled.setdefault(name, str(self.base_fields[name].initial))
        super().__init__(filled)

    def clean(self) -> dict[str, Any]:
        """A device and a site have to be named."""
        data = super().clean() or {}
        what = data.get("what")
        if what == DEVICE and "device" in data and not self.devices(data).exists():
            name = data["device"]
            self.add_error(
                "device", f"There is no device named {name}." if name else "Name a device."
            )
        if what == SITE and "site" in data and data["site"] is None:
            self.add_error("site", "Choose a site.")
        return data

    @staticmethod
    def devices(data: dict[str, Any]) -> QuerySet[Device]:
        """The device that is named."""
        return Device.objects.filter(name__iexact=data["device"])

    @property
    def chosen(self) -> Format:
        """The format; call when valid."""
        return FORMATS[self.cleaned_data["format"]]

    @property
    def is_zipped(self) -> bool:
        """Whether there is to be a file for each set of contexts; call when valid."""
        return self.cleaned_data["each"] and is_context_format(self.chosen)

    def selection(self) -> Selection:
        """What of the inventory is meant; call when valid."""
        data = self.cleaned_data
        what = data["what"]
        if what == AES:
            return Selection(aes=self._aes())
        if what == ASSOCIATIONS:
            return Selection(associations=self._associations())
        if what == PROFILES:
            rows = Profile.objects.all()
            return Selection(
                profiles=rows.filter(pk=data["profile"].pk) if data["profile"] else rows
            )
        if what == DEVICE:
            return Selection.of_devices(self.devices(data))
        return Selection.of_site(data["site"]) if what == SITE else Selection.everything()

    def _aes(self) -> QuerySet[AE]:
        data = self.cleaned_data
        if data["ae"]:
            ticked = among(data["ae"])
            return AE.objects.none() if ticked is None else AE.objects.filter(ticked)
        if data["ae_query"]:
            return ae_filters.matching(data["ae_query"])
        return aes_of(data["filter"]) if data["filter"] else AE.objects.all()

    def _associations(self) -> QuerySet[Association]:
        data = self.cleaned_data
        if data["association"]:
            ticked = among(data["association"])
            rows = Association.objects.all()
            return rows.none() if ticked is None else rows.filter(ticked)
        if data["association_query"]:
            return association_filters.matching(data["association_query"])
        narrowed = {f"{end}__ae_title__iexact": data[end] for end in ("calling", "called")}
        return Association.objects.filter(**{key: word for key, word in narrowed.items() if word})

    def address(self) -> str:
        """The query string that means the same, and no more; call when valid."""
        names = ("what", *FIELDS[self.cleaned_data["what"]], "format", "each")
        said = {name: self[name].data for name in names}
        said["each"] = "1" if said["each"] else ""
        return urlencode({name: word for name, word in said.items() if word})
