"""Searching, filtering and sorting associations: one filter set for the table and its selections.

The query string is the whole state, as for the AE table.
"""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.http import QueryDict

from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import Association, Profile, Site
from dicomcfg.inventory.uid_uses import proposing
from dicomcfg.web.bounds import search_words
from dicomcfg.web.uids import UidField

SORTS = {
    "calling": ("calling__ae_title", "called__ae_title"),
    "called": ("called__ae_title", "calling__ae_title"),
    "name": ("name",),
    "contexts": ("context_count",),
    "profile": ("profile__name",),
    "status": ("latest_tone", "latest_headline"),
    "drift": ("drift_count",),
    "when": ("latest_at",),
}
STATUSES = (
    ("ok", "Accepted", Q(latest_tone="ok")),
    ("warn", "Needs a look", Q(latest_tone__in=["warn", "bad"])),
    ("idle", "Never negotiated", Q(latest_outcome="")),
)
DRIFTS = {
    "found": ("Found", Q(drift_count__gt=0)),
    "none": ("None", Q(drift_count=0)),
    "unknown": ("Not compared", Q(drift_count=None)),
}
# These stand in places of their own, not among the chips that can be taken off.
APART = ("q", "status")


class UidFilter(filters.CharFilter):
    """Narrows by a UID that is given by itself or by name."""

    field_class = UidField


class AssociationFilter(filters.FilterSet):
    """What may narrow the table."""

    q = filters.CharFilter(method="having_words", label="Search")
    status = filters.ChoiceFilter(
        choices=[(key, words) for key, words, _ in STATUSES], method="having_status", label="Status"
    )
    ae = filters.CharFilter(method="with_ae", label="AE on either side", max_length=16)
    calling = filters.CharFilter("calling__ae_title", "iexact", label="Calling AE", max_length=16)
    called = filters.CharFilter("called__ae_title", "iexact", label="Called AE", max_length=16)
    uid = UidFilter(method="naming", label="SOP Class or transfer syntax", max_length=120)
    device = filters.CharFilter(method="with_device", label="Device", max_length=254)
    site = filters.ModelChoiceFilter(
        queryset=Site.objects.all(),
        to_field_name="slug",
        method="with_site",
        label="Site",
        empty_label="Any site",
    )
    profile = filters.ModelChoiceFilter(
        queryset=Profile.objects.all(), label="Profile", empty_label="Any", null_label="None"
    )
    drift = filters.ChoiceFilter(
        choices=[(key, words) for key, (words, _) in DRIFTS.items()],
        method="having_drift",
        label="Drift",
        empty_label="Any",
    )

    class Meta:
        model = Association
        fields = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, names in (
            ("ae", "ae-titles"),
            ("calling", "ae-titles"),
            ("called", "ae-titles"),
            ("device", "device-names"),
        ):
            suggesting = {"list": names, "autocomplete": "off", "data-suggest": ""}
            self.form.fields[name].widget.attrs |= suggesting

    def having_words(
        self, rows: QuerySet[Association], _name: str, value: str
    ) -> QuerySet[Association]:
        """Rows in which every word stands somewhere."""
        for word in search_words(value):
            rows = rows.filter(words_in_association(word))
        return rows

    def having_status(
        self, rows: QuerySet[Association], _name: str, value: str
    ) -> QuerySet[Association]:
        """Rows whose last negotiation ended so."""
        return rows.filter(next(condition for key, _, condition in STATUSES if key == value))

    def having_drift(
        self, rows: QuerySet[Association], _name: str, value: str
    ) -> QuerySet[Association]:
        """Rows that differ so from what was seen."""
        return rows.filter(DRIFTS[value][1])

    def with_ae(self, rows: QuerySet[Association], _name: str, value: str) -> QuerySet[Association]:
        """Rows with an AE of this title at either end."""
        return rows.filter(Q(calling__ae_title__iexact=value) | Q(called__ae_title__iexact=value))

    def with_device(
        self, rows: QuerySet[Association], _name: str, value: str
    ) -> QuerySet[Association]:
        """Rows with an AE of this device at either end."""
        return rows.filter(
            Q(calling__device__name__iexact=value) | Q(called__device__name__iexact=value)
        )

    def with_site(
        self, rows: QuerySet[Association], _name: str, value: Site
    ) -> QuerySet[Association]:
        """Rows with an AE of this site at either end."""
        return rows.filter(Q(calling__site=value) | Q(called__site=value))

    def naming(self, rows: QuerySet[Association], _name: str, value: str) -> QuerySet[Association]:
        """Rows with a context of this abstract or transfer syntax."""
        return rows.filter(proposing(value))


def words_in_association(word: str) -> Q:
    """Where the search looks for a word."""
    return (
        Q(calling__ae_title__icontains=word)
        | Q(called__ae_title__icontains=word)
        | Q(name__icontains=word)
        | Q(description__icontains=word)
    )


def sorted_rows(rows: QuerySet[Association], sort: str) -> QuerySet[Association]:
    """By a key of SORTS, `-` before it turns it around; what has no value comes last."""
    fields = SORTS.get(sort.removeprefix("-"), SORTS["calling"])
    descending = sort.startswith("-")
    terms = [OrderBy(F(field), descending=descending, nulls_last=True) for field in fields]
    return rows.order_by(*terms, "id")


def matching(query: str) -> QuerySet[Association]:
    """The associations that a query string of the table means; none where it cannot be read.

    A filter that is left out would mean more than the string says.
    """
    found = AssociationFilter(QueryDict(query), selectors.associations_list())
    rows: QuerySet[Association] = found.qs if found.is_valid() else Association.objects.none()
    return rows
