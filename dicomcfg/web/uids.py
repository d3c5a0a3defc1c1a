"""Type-ahead over registered and private UIDs, and how a UID is written into a text field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from dicomcfg.core.standard import uids

KINDS = {"abstract": uids.ABSTRACT_SYNTAX, "transfer": uids.TRANSFER_SYNTAX}


def label_of(uid: str, kinds: frozenset[uids.UidKind]) -> str:
    """The name where it resolves back to this very UID, else the UID."""
    name = uids.name_of(uid)
    return name if uids.resolve(name, kinds) == uid else uid


class UidField(forms.CharField):
    """A registered UID, name or keyword of a kind, or any UID; gives the UID."""

    def __init__(self, *, kinds: frozenset[uids.UidKind] = uids.ANY_KIND, **options: Any) -> None:
        self.kinds = kinds
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        """Refuses words that stand for no UID."""
        text: str = super().clean(value)
        uid = uids.resolve(text, self.kinds) if text else ""
        if uid is None:
            raise forms.ValidationError("This is no UID and no whole name of one.")
        return uid

    def prepare_value(self, value: Any) -> Any:
        """The name of a UID, where it leads back to it."""
        return label_of(value, self.kinds) if isinstance(value, str) and value else value


def _detail(entry: uids.UidEntry) -> str:
    return " · ".join(filter(None, (entry.uid, entry.service, "retired" if entry.retired else "")))


@require_safe
@cache_control(private=True, max_age=60)
def uid_search(request: HttpRequest) -> JsonResponse:
    """The best 20 of a kind (`abstract` or `transfer`) that can stand in an association."""
    kinds = KINDS.get(request.GET.get("kind", ""), uids.ABSTRACT_SYNTAX)
    found = uids.search(request.GET.get("q", ""), kinds)
    results = [
        {"value": entry.uid, "text": label_of(entry.uid, kinds), "detail": _detail(entry)}
        for entry in found
        if entry.usable
    ]
    return JsonResponse({"results": results})


urlpatterns = [path("uids/", uid_search, name="uid-search")]
