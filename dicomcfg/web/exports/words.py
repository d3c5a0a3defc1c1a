"""A choice in words: for the page, and for the name of the file."""

from __future__ import annotations

from django.http import QueryDict
from django.urls import reverse

from dicomcfg.web.aes.filters import AeFilter
from dicomcfg.web.associations.filters import AssociationFilter
from dicomcfg.web.exports.forms import DEVICE, EVERYTHING, SITE, ExportForm
from dicomcfg.web.exports.handing import AES, ASSOCIATIONS
from dicomcfg.web.filter_sets import filter_words


def chosen_words(form: ExportForm) -> dict[str, tuple[str, str]]:
    """What a table handed over, by `aes` or `associations`: in words, and where to change it."""
    found = {}
    tables = (
        (AES, "ae", "AEs", AeFilter),
        (ASSOCIATIONS, "association", "associations", AssociationFilter),
    )
    for what, name, word, kind in tables:
        ids, query = form[name].value() or "", form[f"{name}_query"].value() or ""
        page = reverse(f"{name}-list")
        if ids:
            found[what] = (f"Only the {word} that were ticked in the table", page)
        elif query:
            asked = filter_words(kind(QueryDict(query)))
            words = ", ".join(asked) or "every one"
            found[what] = (f"The {word} of the table: {words}", f"{page}?{query}")
    return found


def stem_of(form: ExportForm) -> str:
    """The file's name without its suffix: the same for the same choice.

    Our own form and tables of AEs need no further word; of the others several have one suffix.
    """
    chosen = form.chosen
    word = "" if chosen.name.startswith(("dicomcfg-", "ae-")) else chosen.name
    word = word.removesuffix(f"-{chosen.suffix[1:]}")
    return "-".join(filter(None, ("dicomcfg", *_part(form), word)))


def _part(form: ExportForm) -> tuple[str, ...]:
    """Which part of the inventory, where it is not all of it."""
    data = form.cleaned_data
    what = data["what"]
    if what == EVERYTHING:
        return ()
    if what == DEVICE:
        return "device", data["device"]
    if what == SITE:
        return "site", data["site"].slug
    if what == ASSOCIATIONS:
        return what, data["calling"], data["called"]
    named = data["filter"] if what == AES else data["profile"]
    return what, str(named or "")
