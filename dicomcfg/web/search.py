"""One box for everything: AEs, devices, associations, Profiles, and the standard's entries.

Each group is read up to a few rows and one more, never counted, so that a search takes as long
among a million capabilities as among ten. Whoever wants all of a group is led to its own table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from dicomcfg.core.standard import dictionary, uids
from dicomcfg.core.standard.endpoint import endpoint
from dicomcfg.core.standard.uid_groups import FAMILIES, families
from dicomcfg.inventory import selectors, uid_uses
from dicomcfg.inventory.models import AE, Association, Device, Profile
from dicomcfg.inventory.selectors import in_order
from dicomcfg.web.aes.filters import words_in_ae
from dicomcfg.web.associations.filters import words_in_association
from dicomcfg.web.bounds import search_words
from dicomcfg.web.devices.filters import words_in_device
from dicomcfg.web.standard.pages import page_of_kind

SHOWN = 10
EXAMPLES = ("CT", "JPEG 2000", "1.2.840.10008.1.1", "(0008,0060)")
_LONGEST = 254
_OTHER_KINDS = uids.ANY_KIND - uids.ABSTRACT_SYNTAX - uids.TRANSFER_SYNTAX


@dataclass(frozen=True, slots=True)
class Hit:
    """One row of the answer; `url` is empty where it has no page."""

    text: str
    detail: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind; `more` leads to the rest, and is empty where there is none.

    `exact` says that the first row is what was typed, letter by letter.
    """

    title: str
    hits: list[Hit]
    more: str = ""
    exact: bool = False


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What the inventory and the standard hold of the words."""
    text = " ".join(request.GET.get("q", "")[:_LONGEST].split())
    groups = [group for group in found(text) if group.hits] if text else []
    context = {"text": text, "groups": groups, "examples": EXAMPLES}
    return render(request, "search/results.html", context)


def found(text: str) -> list[Group]:
    """The groups in their order, those with an exact hit first; empty ones too.

    A UID that is known means its uses: names and descriptions are not looked through for it.
    """
    entries = uids.search(text, limit=SHOWN + 1)
    standard, uses = _standard(text), _uses(text, entries)
    if uids.lookup(text):
        groups = [*standard, *uses]
    else:
        inventory = _devices(text), _associations(text), _profiles(text)
        groups = [_aes(text), *standard, *inventory, *uses, _elements(text)]
    return sorted(groups, key=lambda group: not group.exact)


def _aes(text: str) -> Group:
    order = (_rank("ae_title", text), "ae_title", "pk")
    # What begins with the text stands first, and an index has the titles: who types the
    # beginning of one rarely needs more.
    ids = _first(AE.objects.filter(ae_title__istartswith=text).order_by(*order))
    if len(ids) <= SHOWN:
        ids = _first(AE.objects.filter(_all_words(text, words_in_ae)).order_by(*order))
    rows = in_order(selectors.ae_list().prefetch_related(None), ids)
    hits = [_ae(ae, _where(ae)) for ae in rows]
    return _group("AEs", hits, text, _address("ae-list", q=text))


def _devices(text: str) -> Group:
    rows = Device.objects.filter(_all_words(text, words_in_device))
    hits = [
        Hit(row.name, _joined(row.manufacturer, row.model_name, row.location), _url(row))
        for row in rows.order_by(_rank("name", text), "name")[: SHOWN + 1]
    ]
    return _group("Devices", hits, text, _address("device-list", q=text))


def _associations(text: str) -> Group:
    hits = _pairs(Association.objects.filter(_all_words(text, words_in_association)))
    return _group("Associations", hits, text, _address("association-list", q=text))


def _profiles(text: str) -> Group:
    rows = Profile.objects.filter(
        _all_words(text, lambda word: Q(name__icontains=word) | Q(description__icontains=word))
    )
    hits = _named(rows.order_by(_rank("name", text), "name"))
    return _group("Profiles", hits, text, _address("profile-list", q=text))


def _standard(text: str) -> Iterable[Group]:
    """UIDs of the registry and private ones, by the table that has more of them."""
    yield _uids("Abstract syntaxes", text, uids.ABSTRACT_SYNTAX, "abstract-syntax-list")
    yield _uids("Transfer syntaxes", text, uids.TRANSFER_SYNTAX, "transfer-syntax-list")
    yield _uids("Other UIDs", text, _OTHER_KINDS)


def _uids(title: str, text: str, kinds: frozenset[uids.UidKind], table: str = "") -> Group:
    entries = uids.search(text, kinds, SHOWN + 1)
    hits = [
        Hit(
            entry.name,
            _joined(entry.uid, _marks(entry)),
            _entry_url(entry),
        )
        for entry in entries
    ]
    first = entries[0] if entries else None
    exact = first is not None and text.casefold() in (
        first.uid,
        first.keyword.casefold(),
        first.name.casefold(),
        first.short_name.casefold(),
    )
    more = _address(table, q=text) if table and len(hits) > SHOWN else ""
    return Group(title, hits[:SHOWN], more, exact)


def _marks(entry: uids.UidEntry) -> str:
    private = "" if uids.is_registered(entry.uid) else "private"
    return private or ("retired" if entry.retired else "")


def _entry_url(entry: uids.UidEntry) -> str:
    """Its page of the standard, which tells who uses it; a kind without one has none."""
    page = page_of_kind(entry.kind)
    return reverse(page, args=[entry.uid]) if page else ""


def _elements(text: str) -> Group:
    hits = [
        Hit(
            f"{entry.tag} {entry.name}",
            _joined(entry.keyword, entry.vr, entry.vm, "retired" if entry.retired else ""),
            reverse("element-detail", args=[entry.path]),
        )
        for entry in dictionary.search(text, SHOWN + 1)
    ]
    return _group("Data elements", hits, "", _address("element-list", q=text))


def _uses(text: str, entries: list[uids.UidEntry]) -> Iterable[Group]:
    """Who proposes and who is able to what was meant: the one UID, or those that were found."""
    exact = uids.resolve(text)
    family = next((name for name in FAMILIES if name.casefold() == text.casefold()), "")
    # "JPEG 2000" names a transfer syntax too, but means all of its kind.
    if family and (members := families().get(family)):
        meant, words = list(members), f"any {family} transfer syntax"
    elif exact and (uids.lookup(exact) or not entries):
        meant, words = [exact], uids.name_of(exact)
    else:
        meant = [entry.uid for entry in entries if entry.usable][:SHOWN]
        words = "these UIDs"
    if not meant:
        return
    one = meant[0] if len(meant) == 1 else ""
    pairs = _pairs(uid_uses.associations_using(*meant))
    more = _address("association-list", uid=one) if one else ""
    yield _group(f"Associations that propose {words}", pairs, "", more)
    ids = _first(uid_uses.aes_using(*meant).order_by("ae_title", "pk"))
    aes = in_order(AE.objects.select_related("device"), ids)
    able = [_ae(ae, str(ae.device or "")) for ae in aes]
    more = _accepting(one, family)
    yield _group(f"AEs with a capability of {words}", able, "", more)
    profiles = _named(uid_uses.profiles_using(*meant).order_by("name"))
    yield _group(f"Profiles that propose {words}", profiles, "", "")


def _accepting(uid: str, family: str) -> str:
    """Where all AEs that accept it are listed."""
    if family:
        return _address("accepts", family=family)
    return _address("accepts", uid=uid) if uid else ""


def _group(title: str, hits: list[Hit], text: str, more: str) -> Group:
    exact = bool(hits and text) and hits[0].text.casefold() == text.casefold()
    return Group(title, hits[:SHOWN], more if len(hits) > SHOWN else "", exact)


def _first(ordered: QuerySet[Any]) -> list[int]:
    """The ids alone: sorting whole rows takes several times as long as finding them."""
    return list(ordered.values_list("pk", flat=True)[: SHOWN + 1])


def _pairs(rows: QuerySet[Association]) -> list[Hit]:
    ids = _first(rows.order_by("calling__ae_title", "called__ae_title", "pk"))
    shown = in_order(Association.objects.select_related("calling", "called"), ids)
    return [Hit(str(row), row.name, row.get_absolute_url()) for row in shown]


def _named(rows: QuerySet[Profile]) -> list[Hit]:
    return [Hit(row.name, row.description, _url(row)) for row in rows[: SHOWN + 1]]


def _all_words(text: str, where: Callable[[str], Q]) -> Q:
    condition = Q()
    for word in search_words(text):
        condition &= where(word)
    return condition


def _rank(column: str, text: str) -> Case:
    """What is typed first, then what begins with it, then the rest."""
    return Case(
        When(**{f"{column}__iexact": text}, then=Value(0)),
        When(**{f"{column}__istartswith": text}, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def _ae(ae: AE, detail: str) -> Hit:
    return Hit(ae.ae_title, detail, ae.get_absolute_url())


def _where(ae: Any) -> str:
    address = endpoint(ae.hostname, ae.port) if ae.hostname else ""
    return _joined(address, str(ae.device or ""), ae.description)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _url(row: Device | Profile) -> str:
    return row.get_absolute_url()


def _address(name: str, **query: str) -> str:
    return f"{reverse(name)}?{urlencode(query)}"


urlpatterns = [path("search/", search, name="search")]
