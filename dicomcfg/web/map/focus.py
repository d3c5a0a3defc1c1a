"""The map around one AE: who calls it on the left, whom it calls on the right."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Case, IntegerField, Value, When

from dicomcfg.inventory import selectors
from dicomcfg.inventory.models import AE, Association
from dicomcfg.inventory.topology import Tally
from dicomcfg.web.map.layout import BOTH, CALLED, CALLS, Box, Link, Node, Picture, draw
from dicomcfg.web.map.query import Asked
from dicomcfg.web.map.view import ae_node, link_of

NEIGHBOURS: Final = 40
"""On either side of a page."""
# What needs a look stands on the first page.
_WORST_FIRST = Case(
    When(latest_tone="bad", then=Value(0)),
    When(latest_tone="warn", then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


def around(asked: Asked, ae: AE) -> tuple[Picture, Page[Association], dict[str, str]]:
    """The picture, the page of the side that has more, and the names of its ends."""
    callers = _page(asked, called=ae)
    called = _page(asked, calling=ae)
    middle = replace(ae_node(asked, ae, "middle"), focus="")
    lines = [ae.device.name] if ae.device else []
    if ae.device and ae.device.department:
        lines.append(ae.device.department)
    boxes = [Box(middle, column=BOTH, lines=(*lines, ae.latest_headline or "Never echoed"))]
    links: list[Link] = []
    for rows, column, words in ((callers, CALLS, "calling it"), (called, CALLED, "called by it")):
        nodes = []
        for row in rows:
            other = row.calling if column == CALLS else row.called
            count = row.context_count  # type: ignore[attr-defined]  # annotated by the selector
            nodes.append(ae_node(asked, other, f"n{row.pk}{column}", f"{count} ctx"))
            links.append(_link(row, nodes[-1].key, column))
        if nodes:
            head = Node(f"side{column}", f"{rows.paginator.count:,} {words}")
            boxes.append(Box(head, tuple(nodes), column=column, lines=(_range(rows),)))
    names = {node.key: node.label for box in boxes for node in box.rows or (box.head,)}
    more = callers if callers.paginator.num_pages >= called.paginator.num_pages else called
    return draw(boxes, links), more, names


def _page(asked: Asked, **end: AE) -> Page[Association]:
    rows = selectors.associations_list().filter(**end)
    rows = rows.select_related("calling__device", "called__device")
    order = ("calling__ae_title", "called__ae_title", "id")
    pages = Paginator(rows.order_by(_WORST_FIRST, *order), NEIGHBOURS)
    number = asked.page if asked.page.isdecimal() else "1"
    # The shorter side has nothing on the later pages of the longer one.
    if int(number) > pages.num_pages:
        return Page([], int(number), pages)
    return pages.get_page(number)


def _link(row: Association, key: str, column: int) -> Link:
    tone = row.latest_tone
    tally = Tally(1, tone == "bad", tone == "warn", tone == "", row.pk, row.latest_headline)
    one, other = (key, "middle") if column == CALLS else ("middle", key)
    return link_of(one, other, tally, str(row))


def _range(page: Page[Association]) -> str:
    if page.paginator.num_pages == 1:
        return "worst first" if page.paginator.count > 1 else ""
    return f"{page.start_index():,} to {page.end_index():,}, worst first"
