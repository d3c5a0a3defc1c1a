"""Discoveries and Transfer Capabilities for templates that are included by other pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from django import template
from django.utils.safestring import SafeString, mark_safe

from dicomcfg.core import records
from dicomcfg.core.diagnosis.observation import DiscoverySeen
from dicomcfg.core.negotiation.capabilities import SCP, SCU
from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE
from dicomcfg.web.discoveries.view import MatrixView, Row, Summary, in_words, row_html

register = template.Library()


@register.simple_tag
def capabilities_of(ae: AE) -> list[records.TransferCapability]:
    """What an AE is able to, in order."""
    return selectors.capabilities_of(ae)


@register.filter
def by_role(capabilities: Iterable[records.TransferCapability]) -> list[tuple[str, int]]:
    """How many there are in each role, what the AE accepts first."""
    counts = Counter(each.role for each in capabilities)
    return [(role, counts[role]) for role in (SCP, SCU)]


@register.filter
def summary(seen: DiscoverySeen) -> Summary:
    """A discovery in figures."""
    return Summary.of(seen.matrix)


@register.filter
def syntax_names(transfer_syntaxes: Sequence[str]) -> str:
    """Transfer syntaxes by their short names, in order."""
    return in_words(transfer_syntaxes)


@register.filter
def by_syntaxes(pairs: Mapping[str, tuple[str, ...]]) -> list[tuple[tuple[str, ...], list[str]]]:
    """SOP Classes put together by the transfer syntaxes that came or went, the most first."""
    found: dict[tuple[str, ...], list[str]] = {}
    for sop_class, syntaxes in pairs.items():
        found.setdefault(syntaxes, []).append(sop_class)
    return sorted(found.items(), key=lambda each: -len(each[1]))


@register.simple_tag
def matrix_rows(rows: Iterable[Row], view: MatrixView) -> SafeString:
    """The rows of a table's body."""
    starts = frozenset(n for n, column in enumerate(view.columns) if column.starts_family)
    html = "\n".join(row_html(row, starts) for row in rows)
    return mark_safe(html)  # noqa: S308 - every row is escaped already
