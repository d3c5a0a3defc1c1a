"""The design system's parts for templates: pills, stage bars, recent bars, findings, fields.

Status is said three times: by colour, by shape and in words. SVG is drawn with presentation
attributes and classes only, since the Content-Security-Policy forbids inline styles. What is
drawn per row of a table is a plain function over values, without a template of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import log10
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from dicomcfg.web.checks.cards import gravest_first
from dicomcfg.web.done import UNDO

register = template.Library()

TONES = frozenset({"ok", "warn", "bad", "run", "idle"})
STAGE_LABELS = {
    "resolve": "resolve",
    "connect": "connect",
    "tls": "TLS",
    "associate": "associate",
    "echo": "echo",
    "negotiate": "negotiate",
    "discover": "discover",
    "find": "find",
    "store": "store",
    "release": "release",
}
BAR_WIDTH = 90
BAR_GAP = 1.5
BAR_LEAST = 4.0
RECENT_SHOWN = 20
RECENT_HEIGHT = 18
LINKED_PAGES = 7
SIZE_LIMITS_KB = (16, 32, 64)
BAR_UNITS = 1000
RUN_GAP = 2


@register.simple_tag
def pill(tone: str, words: str) -> SafeString:
    """A status: `tone` is ok, warn, bad, run or idle and chooses colour and shape."""
    tone = tone if tone in TONES else "idle"
    return format_html(
        '<span class="pill {}"><svg class="shape"><use href="#{}"/></svg>{}</span>',
        tone,
        f"shape-{tone}",
        words,
    )


@register.simple_tag
def outcome_pill(row: Any) -> SafeString:
    """The status of an AE, Association or Check row: in flight, latest outcome, never tested."""
    if getattr(row, "do_not_probe", False) and not getattr(row, "latest_outcome", ""):
        return pill("idle", "Do not probe")
    tone = getattr(row, "latest_tone", None) or getattr(row, "tone", "")
    words = getattr(row, "latest_headline", None) or getattr(row, "headline", "")
    return pill(tone or "idle", words or "Never tested")


@register.simple_tag
def state_pill(state: str) -> SafeString:
    """A check under way: `queued` or `running`."""
    return pill("run", "Running" if state == "running" else "Queued")


@register.simple_tag
def call_pill(call: Any) -> SafeString:
    """How a request to an Orthanc went: an `OrthancCall` of `calls.recent` or `latest_calls`."""
    if call.state != "finished":
        return state_pill(call.state)
    if call.problem:
        return pill("bad", "Ended early" if call.done else "Failed")
    if call.failed != "true":
        return pill("ok", "Done")
    return pill("warn", "Not all answered" if call.done == call.tried else "Done in part")


@register.simple_tag
def standing_pill(standing: str) -> SafeString:
    """How a modality stands to the inventory: `orthanc.plan.Standing`."""
    tones = {"in step": "ok", "differs": "warn", "missing there": "warn", "to be deleted": "warn"}
    return pill(tones.get(standing, "idle"), standing.capitalize())


@register.filter
def row_status(row: Any) -> SafeString:
    """The status of an `ae_rows.Row`: in flight, waiting for a worker, or the latest outcome."""
    if row.check is None:
        return outcome_pill(row.ae)
    if row.check.state == "running":
        return pill("run", f"{row.check.get_kind_display()} running")
    return pill("warn", "Waiting for a worker") if row.unserved else pill("run", "Queued")


@register.filter
def action_pill(action: str) -> SafeString:
    """What applying an import does with a row."""
    tones = {"new": "ok", "changed": "warn", "error": "bad"}
    return pill(tones.get(action, "idle"), action.capitalize())


@register.filter
def title_words(name: str) -> str:
    """A field's name for people: `ae_title` becomes `AE title`."""
    return name.replace("_", " ").replace("ae title", "AE title").replace("tls", "TLS")


@register.filter
def stage_bar(stages: Sequence[Sequence[Any]] | None) -> SafeString:
    """SVG of [[name, outcome, ms], ...], widths in proportion to time, a failed rung in red."""
    if not stages:
        return SafeString("")
    room = BAR_WIDTH - BAR_GAP * (len(stages) - 1) - BAR_LEAST * len(stages)
    total = sum(max(0.0, ms) for _, _, ms in stages) or 1.0
    parts, x = [], 0.0
    for name, outcome, ms in stages:
        # The share first: the room times next to nothing is rounded to more than the room.
        width = BAR_LEAST + room * (max(0.0, ms) / total)
        kind = "failed" if outcome == "failed" else name if name in STAGE_LABELS else "other"
        parts.append(
            f'<rect class="stage-{kind}" x="{x:.1f}" y="1" width="{width:.1f}" height="8" rx="2"/>'
        )
        x += width + BAR_GAP
    return format_html(
        '<svg class="stages" width="{}" height="10" role="img" aria-label="{}">{}</svg>',
        BAR_WIDTH,
        stage_words(stages),
        mark_safe("".join(parts)),  # noqa: S308 - numbers and names of a fixed set
    )


@register.filter
def stage_words(stages: Sequence[Sequence[Any]] | None) -> str:
    """The stages in words: `connect 0.4 ms, associate 4.4 ms failed`."""
    return ", ".join(
        f"{STAGE_LABELS.get(name, name)} {ms_text(ms)}{' failed' if outcome == 'failed' else ''}"
        for name, outcome, ms in stages or ()
    )


@register.filter
def stage_list(stages: Sequence[Sequence[Any]] | None) -> SafeString:
    """The same as a legend: a swatch, the stage's name and its time each."""
    items = format_html_join(
        "",
        '<li><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">'
        '<rect class="stage-{}" width="10" height="10" rx="2"/></svg>{} {}{}</li>',
        (
            (
                "failed" if outcome == "failed" else name,
                STAGE_LABELS.get(name, name),
                ms_text(ms),
                " failed" if outcome == "failed" else "",
            )
            for name, outcome, ms in stages or ()
        ),
    )
    return format_html('<ul class="stage-list">{}</ul>', items)


@register.filter
def recent_bars(recent: Sequence[Sequence[Any]] | None) -> SafeString:
    """SVG of up to 20 [tone, ms] pairs, oldest first; height grows with the time's logarithm.

    Failures stand at full height and warnings at three quarters, so that shape tells them
    apart without colour. One path a tone keeps the markup small.
    """
    if not recent:
        return SafeString("")
    paths: dict[str, list[str]] = {}
    shown = recent[-RECENT_SHOWN:]
    for index, (tone, ms) in enumerate(shown, RECENT_SHOWN - len(shown)):
        tone = tone if tone in TONES else "idle"
        height = {"bad": RECENT_HEIGHT, "warn": RECENT_HEIGHT * 3 // 4}.get(tone)
        if height is None:
            height = min(10, 4 + round(2 * log10(max(ms or 1.0, 1.0))))
        paths.setdefault(tone, []).append(f"M{index * 4 + 1.5} {RECENT_HEIGHT + 1}v-{height}")
    failed = sum(tone == "bad" for tone, _ in shown)
    return format_html(
        '<svg class="recent" width="80" height="20" role="img" aria-label="{}">{}</svg>',
        f"last {len(shown)} checks, {failed} failed",
        mark_safe("".join(f'<path class="{t}" d="{"".join(d)}"/>' for t, d in paths.items())),  # noqa: S308 - numbers and tones of a fixed set
    )


@register.simple_tag
def run_bar(ended: Sequence[Any], total: int) -> SafeString:
    """SVG of how a run's checks ended, a length each in proportion; what is left stays empty."""
    parts, x = [], 0.0
    for each in ended:
        width = BAR_UNITS * each.number / max(total, 1)
        parts.append((each.tone, f"{x:.2f}", f"{max(width - RUN_GAP, width / 2):.2f}"))
        x += width
    words = ", ".join(f"{each.number:,} {each.words}" for each in ended)
    return format_html(
        '<svg class="run-bar" viewBox="0 0 {} 12" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><rect class="track" width="{}" height="12"/>{}</svg>',
        BAR_UNITS,
        f"{total:,} checks: {words or 'none has ended yet'}",
        BAR_UNITS,
        format_html_join("", '<rect class="{}" x="{}" width="{}" height="12"/>', parts),
    )


@register.filter
def rate(per_second: float) -> str:
    """`160 a second`, `2.5 a second`, `12 a minute`."""
    if per_second < 1:
        return f"{per_second * 60:.0f} a minute"
    return f"{per_second:.0f} a second" if per_second >= 10 else f"{per_second:.1f} a second"


@register.filter(name="ms")
def ms_text(value: float | None) -> str:
    """Milliseconds for people: `0.42 ms`, `18 ms`, `5,000 ms`."""
    if value is None:
        return ""
    if value < 10:
        return f"{value:.1f} ms"
    return f"{value:,.0f} ms"


@register.filter
def size_scale(size_bytes: int) -> SafeString:
    """A request's size beside 16, 32 and 64 kB, at which acceptors are known to give up."""
    kilobytes = size_bytes / 1024
    fits = next((limit for limit in SIZE_LIMITS_KB if kilobytes <= limit), None)
    words = f"within {fits} kB" if fits else f"more than {SIZE_LIMITS_KB[-1]} kB"
    ticks = format_html_join(
        "", '<path class="tick" d="M{} 0v8"/>', ((limit,) for limit in SIZE_LIMITS_KB)
    )
    return format_html(
        '<svg class="scale{}" width="66" height="8" role="img" aria-label="{}"><title>{}</title>'
        '<rect class="track" y="2" width="66" height="4" rx="2"/>'
        '<rect class="fill" y="2" width="{}" height="4" rx="2"/>{}</svg>',
        "" if kilobytes <= SIZE_LIMITS_KB[1] else " warn",
        words,
        words,
        f"{min(kilobytes, 66.0):.1f}",
        ticks,
    )


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds for people: `0.4 s`, `45 s`, `3 min`, `1 h 20 min`."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


@register.filter
def ago(value: datetime | None, tail: str = "") -> SafeString:
    """`just now`, `6 min`, `2 h`, `3 d`, then the date; the exact time on hover.

    `tail` follows what is a distance: tables do without, a sentence says `6 min ago`.
    """
    if value is None:
        return SafeString("")
    seconds = (timezone.now() - value).total_seconds()
    local = timezone.localtime(value)
    if seconds < 45:
        words = "just now"
    elif seconds < 3600:
        words = f"{max(1, round(seconds / 60))} min {tail}"
    elif seconds < 86_400:
        words = f"{round(seconds / 3600)} h {tail}"
    elif seconds < 14 * 86_400:
        words = f"{round(seconds / 86_400)} d {tail}"
    else:
        words = f"{local:%Y-%m-%d}"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(timespec="seconds"),
        f"{local:%Y-%m-%d %H:%M:%S %Z}",
        words.rstrip(),
    )


@register.inclusion_tag("partials/findings.html")
def findings(items: Sequence[Any] | None, title: str = "") -> dict[str, Any]:
    """A list of Findings (or their JSON): message, remedy, clause, with severity in words."""
    return {"findings": items or (), "title": title}


register.filter("gravest_first", gravest_first)


@register.inclusion_tag("partials/check_card.html", takes_context=True)
def card_of(context: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, Any]:
    """What `check_cards.check_card` gave, inside an element that polls for it."""
    return {**card, "nested": True, "may": context["may"]}


@register.filter
def undo_id(tags: str) -> int | None:
    """The act that a message's tags tell of, so that it can be taken back."""
    found = [tag.removeprefix(UNDO) for tag in tags.split() if tag.startswith(UNDO)]
    return int(found[0]) if found else None


@register.inclusion_tag("partials/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """A form field: label, control, help, errors, wired together for screen readers."""
    widget = bound.field.widget
    return {
        "field": bound,
        "starred": bound.field.required and not isinstance(widget, Select),
        "check": isinstance(widget, CheckboxInput),
        "group": isinstance(widget, (RadioSelect, CheckboxSelectMultiple)),
    }


@register.inclusion_tag("partials/pagination.html", takes_context=True)
def pagination(context: Mapping[str, Any], page: Page[Any]) -> dict[str, Any]:
    """Links to the pages of a Paginator's page that keep the query string; none for one page.

    Where the links leave pages out, a field leads to any of them.
    """
    request = context["request"]
    return {
        "page": page,
        "request": request,
        "kept": [(name, value) for name, value in request.GET.items() if name != "page"],
        "jump": page.paginator.num_pages > LINKED_PAGES,
        "numbers": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
    }


@register.inclusion_tag("partials/sort_header.html", takes_context=True)
def sort_header(
    context: Mapping[str, Any], name: str, label: str, *, first: bool = False
) -> dict[str, Any]:
    """A column heading's link: first press sorts upward, the next one turns it around.

    `first` marks the column by which the table is sorted where the query string names none.
    """
    request = context["request"]
    now = request.GET.get("sort", "") or (name if first else "")
    direction = {name: "ascending", f"-{name}": "descending"}.get(now, "")
    return {
        "request": request,
        "label": label,
        "direction": direction,
        "next": f"-{name}" if now == name else name,
    }
