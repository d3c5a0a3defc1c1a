"""What a person chooses about a sweep: whom, from where, and how gently."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from dicomcfg.checks.services import Pace
from dicomcfg.core.formats.base import FORM_BYTES
from dicomcfg.core.formats.text import decode
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, SavedFilter, Site
from dicomcfg.web.aes.filters import matching
from dicomcfg.web.row_ids import row_ids
from dicomcfg.web.savedfilters import aes_of

EVERYTHING, SITE, FILTER, TABLE, FILE = "everything", "site", "filter", "table", "file"
TIMEOUT_S, RATE_PER_S = 15, 100
_BOUNDS = {"min_value": "At least %(limit_value)s.", "max_value": "At most %(limit_value)s."}
WHAT = {
    EVERYTHING: "Every AE",
    SITE: "The AEs of a site",
    FILTER: "A saved filter",
    TABLE: "What was chosen in the table",
    FILE: "A file or a list of AEs, which is not saved",
}


class SweepForm(forms.Form):
    """Whom to sweep and at which pace.

    A selection made in the AE table travels along as `ae` (ids), or with the `scope` all as the
    `query` of the whole filtered table.
    """

    what = forms.ChoiceField(choices=list(WHAT.items()), initial=EVERYTHING)
    site = forms.ModelChoiceField(
        queryset=Site.objects.all(), to_field_name="slug", empty_label=None
    )
    filter = forms.ModelChoiceField(
        queryset=SavedFilter.objects.all(),
        label="Saved filter",
        required=False,
        empty_label=None,
    )
    scope = forms.CharField(required=False, widget=forms.HiddenInput)
    query = forms.CharField(required=False, widget=forms.HiddenInput, max_length=4000)
    text = forms.CharField(
        label="Paste the AEs here",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 7, "spellcheck": "false", "class": "mono"}),
    )
    source = forms.FileField(
        label="Or choose a file, which then counts instead", required=False, allow_empty_file=True
    )
    timeout_s = forms.FloatField(
        label="Give up on an AE after",
        min_value=1,
        max_value=300,
        error_messages=_BOUNDS,
        initial=TIMEOUT_S,
        help_text="Seconds for everything: name, connection, association, echo.",
    )
    rate_per_s = forms.FloatField(
        label="Checks a second, at most",
        required=False,
        min_value=0.1,
        max_value=1000,
        error_messages=_BOUNDS,
        initial=RATE_PER_S,
        help_text="Begun at each site. Empty: as fast as it can.",
    )
    jitter_s = forms.FloatField(
        label="Wait before each up to",
        min_value=0,
        max_value=60,
        error_messages=_BOUNDS,
        initial=0,
        help_text="Seconds, by chance, so that not all devices are met at once.",
    )

    def __init__(self, data: QueryDict, files: Any = None) -> None:
        """`data` may be an address that names only some of it: the rest begins as it should."""
        self._filled = filled = data.copy()
        for name, bound in self.base_fields.items():
            if name not in data and bound.initial is not None:
                filled[name] = str(bound.initial)
        self.sites = list(Site.objects.all())
        if "site" not in data:
            filled["site"] = min(self.sites, key=lambda site: site.pk).slug
        self.ids = row_ids(data.getlist("ae"))
        super().__init__(filled, files)

    def clean(self) -> dict[str, Any]:
        """What was chosen needs what it is about."""
        data = super().clean() or {}
        what = data.get("what")
        if what == FILTER and not data.get("filter"):
            raise forms.ValidationError("Choose a saved filter.")
        if what == FILE and not data.get("source") and not data.get("text", "").strip():
            raise forms.ValidationError("Paste some AEs or choose a file.")
        return data

    def aes(self) -> QuerySet[AE]:
        """The AEs of the inventory that are meant; call when valid and it is no file."""
        what, chosen = self.cleaned_data["what"], self.cleaned_data
        if what == SITE:
            return selectors.ae_list().filter(site=chosen["site"])
        if what == FILTER:
            return aes_of(chosen["filter"])
        if what == TABLE and chosen["scope"] == "all":
            return matching(chosen["query"])
        if what == TABLE:
            return selectors.ae_list().filter(pk__in=self.ids)
        return selectors.ae_list()

    def content(self) -> tuple[bytes, str]:
        """The bytes of the file or the paste, and the file's name; call when valid.

        A browser hands a file over once: what it holds becomes the text of the form shown again.
        """
        file = self.cleaned_data["source"]
        if not file:
            return self.cleaned_data["text"].encode(), ""
        content = file.read()
        self._filled["text"] = decode(content, FORM_BYTES).text
        return content, file.name

    def pace(self) -> Pace:
        """Call when valid."""
        return Pace(self.cleaned_data["rate_per_s"], self.cleaned_data["jitter_s"])
