"""Handing rows of a table over to the export page: in its address, as everything is there.

Ticked rows travel as a short word (`3,5-9,12`), since an address holds some 4,000 characters; "all
that match" as the query string of the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

AES, ASSOCIATIONS = "aes", "associations"
_FIELDS: Final = {AES: "ae", ASSOCIATIONS: "association"}
# Of a table's address: how it is shown, not which rows it has.
_SHOWN: Final = ("page", "sort")
_LONGEST: Final = 3_000
_PIECES: Final = 500
_PIECE = re.compile(r"([0-9]{1,18})(?:-([0-9]{1,18}))?")


def handed_over(
    request: HttpRequest, what: str, rows: QuerySet[Any], otherwise: str
) -> HttpResponse:
    """Lead from a table's bulk bar to the export of its selection; back where it is too long."""
    name = _FIELDS[what]
    if request.POST.get("scope") == "all":
        query = QueryDict(request.POST.get("query", ""), mutable=True)
        for each in _SHOWN:
            query.pop(each, None)
        said = {f"{name}_query": query.urlencode()}
    else:
        said = {name: packed(rows.order_by().values_list("pk", flat=True))}
    address = urlencode({"what": what, **{key: word for key, word in said.items() if word}})
    if len(address) > _LONGEST:
        words = "So many single rows fit into no address: filter the table, then select all."
        messages.warning(request, words)
        return redirect(otherwise)
    return redirect(f"{reverse('export')}?{address}")


def packed(ids: Iterable[int]) -> str:
    """The ids in order, runs of them as two ends."""
    runs: list[list[int]] = []
    for pk in sorted(set(ids)):
        if runs and runs[-1][1] == pk - 1:
            runs[-1][1] = pk
        else:
            runs.append([pk, pk])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def among(word: str) -> Q | None:
    """What such a word means, as a condition on the id; None where it means nothing."""
    found = [_PIECE.fullmatch(piece) for piece in word.split(",")[:_PIECES]]
    ends = [(int(match[1]), int(match[2] or match[1])) for match in found if match]
    if not ends:
        return None
    condition = Q(pk__in=[first for first, last in ends if first == last])
    for first, last in ends:
        if first != last:
            condition |= Q(pk__range=(first, last))
    return condition
