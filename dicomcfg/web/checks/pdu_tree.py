"""A PDU as markup: its tree, and its bytes in hexadecimal with a span for every leaf of the tree.

Strings are put together here and not in templates, since a large request has thousands of pieces.
Every value is escaped; offsets are all that a script needs to bring the two together.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dicomcfg.core.diagnosis.dissection import Node

BYTES_PER_LINE = 16


def tree_html(root: Node) -> SafeString:
    """Nested lists; each item says by `data-from` and `data-to` which bytes it is."""
    return mark_safe(f'<ul class="tree" data-tree>{"".join(_item(root))}</ul>')  # noqa: S308 - escaped below


def _item(node: Node) -> Iterator[str]:
    inside = [part for child in node.children for part in _item(child)]
    wrong = node.problem or any("has-problem" in part for part in inside)
    mark = ' class="has-problem"' if wrong else ""
    yield f'<li data-from="{node.start}" data-to="{node.end}"{mark}><div class="piece">'
    yield f"<b>{escape(node.label)}</b> <span>{escape(node.value)}</span>"
    if node.problem:
        yield f' <strong class="problem">{escape(node.problem)}</strong>'
    yield f" <small>{_range(node)}</small></div>"
    if inside:
        yield f"<ul>{''.join(inside)}</ul>"
    yield "</li>"


def _range(node: Node) -> str:
    length = node.end - node.start
    return f"{node.start:04x} +{length:,}"


def hex_html(data: bytes, root: Node) -> SafeString:
    """Lines of offset, 16 bytes and their ASCII; a span is a leaf's part of a line."""
    lines: list[tuple[list[str], list[str]]] = []
    for leaf in root.leaves():
        at = leaf.start
        while at < leaf.end:
            column = at % BYTES_PER_LINE
            if column == 0:
                lines.append(([], []))
            until = min(leaf.end, at + BYTES_PER_LINE - column)
            digits, signs = lines[-1]
            digits.append(f'<i data-at="{leaf.start}">{data[at:until].hex(" ")}</i>')
            signs.append(f'<i data-at="{leaf.start}">{escape(_ascii(data[at:until]))}</i>')
            at = until
    # A last line that is not full keeps its ASCII in the column of the others.
    last = "   " * (-len(data) % BYTES_PER_LINE)
    text = "\n".join(
        f"{number * BYTES_PER_LINE:06x}  {' '.join(digits)}"
        f"{last if number == len(lines) - 1 else ''}  {''.join(signs)}"
        for number, (digits, signs) in enumerate(lines)
    )
    return mark_safe(text)  # noqa: S308 - digits, and ASCII escaped above


def _ascii(raw: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in raw)
