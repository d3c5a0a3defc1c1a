"""Searching, filtering and sorting the AE table: one filter set over `inventory.selectors.ae_list`.

The query string is the whole state, so that a filtered table can be bookmarked and a selection
of "all that match" can be resolved again on the server.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import django_filters as filters
from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from dicomcfg.core.diagnosis.observation import Layer, Outcome, layer_of
from dicomcfg.core.diagnosis.words import Tone
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Connection, Device, Site, State, Tag
from dicomcfg.web.bounds import search_words


@dataclass(frozen=True, slots=True)
class LayerWords:
    """How far checks got, as tiles and filters name it, with the tone that its pills have.

    Every layer short of acceptance is `bad`: a warning is for what mends itself or works in
    part, which is a matter of one outcome and not of a layer.
    """

    layer: Layer
    label: str
    tone: Tone


LAYERS = (
    LayerWords(Layer.ACCEPTED, "Accepted", Tone.OK),
    LayerWords(Layer.REFUSED, "Refuse us", Tone.BAD),
    LayerWords(Layer.NOT_DICOM, "Do not speak DICOM", Tone.BAD),
    LayerWords(Layer.UNREACHABLE, "Do not answer", Tone.BAD),
    LayerWords(Layer.UNTESTED, "Never tested", Tone.IDLE),
)
OUTCOMES = tuple(
    (outcome.value, outcome.value.replace("-", " ").capitalize()) for outcome in Outcome
)
SORTS = {
    "title": ("ae_title",),
    "host": ("hostname",),
    "port": ("port",),
    "device": ("device__name",),
    "outcome": ("latest_tone", "latest_outcome"),
    "time": ("latest_elapsed_ms",),
    "when": ("latest_at",),
}


DRIFTS = {
    "found": ("Found", Q(drift_count__gt=0)),
    "none": ("None", Q(drift_count=0)),
    "unknown": ("Not compared", Q(drift_count=None)),
}


def layer_query(layer: Layer) -> Q:
    """AEs whose latest outcome reached `layer`; the untested ones include those never checked."""
    names = [outcome.value for outcome in Outcome if layer_of(outcome) is layer]
    return Q(latest_outcome__in=["", *names] if layer is Layer.UNTESTED else names)


class AeFilter(filters.FilterSet):
    """The AE table's filters."""

    q = filters.CharFilter(method="search", label="Search", max_length=254)
    state = filters.ChoiceFilter(choices=State.choices, label="State", empty_label="Any state")
    layer = filters.ChoiceFilter(
        choices=[(each.layer.value, each.label) for each in LAYERS],
        method="by_layer",
        label="Status",
        empty_label="Any status",
    )
    outcome = filters.ChoiceFilter(
        choices=OUTCOMES, field_name="latest_outcome", label="Last outcome", empty_label="Any"
    )
    tag = filters.ModelChoiceFilter(
        queryset=Tag.objects.all(),
        to_field_name="name",
        field_name="tags",
        label="Tag",
        empty_label="Any tag",
    )
    device = filters.CharFilter(
        field_name="device__name", lookup_expr="iexact", label="Device", max_length=254
    )
    site = filters.ModelChoiceFilter(
        queryset=Site.objects.all(), to_field_name="slug", label="Site", empty_label="Any site"
    )

    drift = filters.ChoiceFilter(
        choices=[(key, words) for key, (words, _) in DRIFTS.items()],
        method="by_drift",
        label="Drift",
        empty_label="Any",
    )

    class Meta:
        model = AE
        fields = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        suggesting = {"list": "device-names", "autocomplete": "off", "data-suggest": ""}
        self.form.fields["device"].widget.attrs |= suggesting

    def count(self) -> int:
        """How many AEs match, without the join to their first connection, which no filter needs.

        Through that join, counting 10,000 AEs took longer than all other queries of their page.
        """
        rows: QuerySet[AE] = self.qs if self.errors else self.filter_queryset(AE.objects.all())
        return rows.count()

    def search(self, rows: QuerySet[AE], _name: str, words: str) -> QuerySet[AE]:
        """Every word must occur in the title, host, port, description or device."""
        for word in search_words(words):
            rows = rows.filter(words_in_ae(word))
        return rows

    def by_layer(self, rows: QuerySet[AE], _name: str, value: str) -> QuerySet[AE]:
        """How far the last check got."""
        return rows.filter(layer_query(Layer(value)))

    def by_drift(self, rows: QuerySet[AE], _name: str, value: str) -> QuerySet[AE]:
        """Whether what was found differs from the Transfer Capabilities."""
        return rows.filter(DRIFTS[value][1])


def words_in_ae(word: str) -> Q:
    """Where the search looks for a word: in an AE, its first connection and its device.

    Connections and devices are read once, by themselves: that takes a fraction of the time of
    joining both to each of 10,000 AEs.
    """
    listens = Q(hostname__icontains=word)
    if word.isdecimal():
        listens |= Q(port=int(word[:9]))
    connections = Connection.objects.filter(listens, position=0).order_by()
    devices = Device.objects.filter(Q(name__icontains=word) | Q(department__icontains=word))
    return (
        Q(ae_title__icontains=word)
        | Q(description__icontains=word)
        | Q(pk__in=connections.values("ae"))
        | Q(device__in=devices.order_by().values("pk"))
    )


def sorted_rows(rows: QuerySet[AE], sort: str) -> QuerySet[AE]:
    """`rows` by a key of SORTS, `-key` for descending; unknown keys and "" give the titles.

    Ends with title and id, so that pages never show a row twice. Nulls come last either way.
    """
    columns = SORTS.get(sort.removeprefix("-"), ())
    if columns in ((), ("ae_title",)):
        down = "-" if sort.startswith("-") else ""
        return rows.order_by(f"{down}ae_title", "pk")
    turned: Callable[[str], Any] = (
        (lambda name: F(name).desc(nulls_last=True))
        if sort.startswith("-")
        else (lambda name: F(name).asc(nulls_last=True))
    )
    return rows.order_by(*map(turned, columns), "ae_title", "pk")


def matching(query: str) -> QuerySet[AE]:
    """The AEs that a query string of the table means.

    A filter that cannot be read, for example by a tag that is gone, would be left out, and then
    mean more than it says: such a query means none.
    """
    found = AeFilter(QueryDict(query), selectors.ae_list())
    rows: QuerySet[AE] = found.qs if found.is_valid() else AE.objects.none()
    return rows
