"""Searching, filtering and sorting the list of devices; the query string is the whole state."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from dicomcfg.inventory.models import AE, Device, State
from dicomcfg.web.bounds import search_words

SORTS = {
    "name": (),
    "manufacturer": ("manufacturer", "model_name"),
    "department": ("department", "location"),
    "location": ("location",),
    "state": ("state",),
    "aes": ("ae_count",),
    "status": ("bad_count", "warn_count"),
}
# Counted only where sorted by, since that looks at every AE there is.
_COUNTS = {
    "ae_count": Count("aes"),
    "bad_count": Count("aes", filter=Q(aes__latest_tone="bad")),
    "warn_count": Count("aes", filter=Q(aes__latest_tone="warn")),
}
STATUSES = {
    "trouble": ("An AE needs a look", Q(latest_tone__in=["bad", "warn"])),
    "ok": ("An AE accepts us", Q(latest_tone="ok")),
    "never": ("An AE was never tested", Q(latest_outcome="")),
}


def words_in_device(word: str) -> Q:
    """Where a search looks for a word."""
    return (
        Q(name__icontains=word)
        | Q(manufacturer__icontains=word)
        | Q(model_name__icontains=word)
        | Q(department__icontains=word)
        | Q(location__icontains=word)
        | Q(station_name__icontains=word)
    )


class DeviceFilter(filters.FilterSet):
    """What the list is narrowed to."""

    q = filters.CharFilter(method="having_words", max_length=254)
    state = filters.ChoiceFilter(choices=State.choices, label="State", empty_label="Any state")
    status = filters.ChoiceFilter(
        choices=[(key, words) for key, (words, _) in STATUSES.items()],
        method="having_status",
        label="Status",
        empty_label="Any status",
    )
    manufacturer = filters.CharFilter(lookup_expr="iexact", label="Manufacturer", max_length=64)
    department = filters.CharFilter(lookup_expr="iexact", label="Department", max_length=64)

    class Meta:
        model = Device
        fields = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("manufacturer", "department"):
            self.form.fields[name].widget.attrs |= {
                "list": f"{name}-names",
                "autocomplete": "off",
                "data-suggest": "",
            }

    def having_words(self, rows: QuerySet[Device], _name: str, value: str) -> QuerySet[Device]:
        """Devices in which every word stands somewhere."""
        for word in search_words(value):
            rows = rows.filter(words_in_device(word))
        return rows

    def having_status(self, rows: QuerySet[Device], _name: str, value: str) -> QuerySet[Device]:
        """Devices that have such an AE."""
        return rows.filter(Exists(AE.objects.filter(STATUSES[value][1], device=OuterRef("pk"))))


def sorted_devices(rows: QuerySet[Device], sort: str) -> QuerySet[Device]:
    """By a key of SORTS, `-` before it turns it around; ends with the name, which is unique."""
    columns = SORTS.get(sort.removeprefix("-"), ())
    down = "-" if sort.startswith("-") else ""
    counts = {name: _COUNTS[name] for name in columns if name in _COUNTS}
    rows = rows.annotate(**counts) if counts else rows
    last = "name" if columns else f"{down}name"
    return rows.order_by(*(f"{down}{column}" for column in columns), last)
