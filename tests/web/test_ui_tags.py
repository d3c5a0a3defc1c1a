"""The drawn parts: what they say in words, and that foreign values draw nothing harmful."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from dicomcfg.web.templatetags import ui


def test_a_stage_bar_fills_its_width_and_says_its_stages() -> None:
    bar = ui.stage_bar([["connect", "success", 0.4], ["associate", "failed", 1200.0]])
    assert 'aria-label="connect 0.4 ms, associate 1,200 ms failed"' in bar
    assert 'class="stage-connect" x="0.0"' in bar
    assert "stage-failed" in bar
    assert ui.stage_bar([]) == ""


@example([["", "", 0.0]] * 3 + [["", "", 5e-324]])
@given(
    st.lists(st.tuples(st.text(), st.text(), st.floats(0, 1e9)).map(list), min_size=1, max_size=6)
)
def test_no_stage_stands_outside_of_the_bar(stages: list[list[object]]) -> None:
    bar = ui.stage_bar(stages)
    edges = [
        float(part.split('"')[1]) + float(part.split('width="')[1].split('"')[0])
        for part in bar.split(' x="')[1:]
        for part in [f'x="{part}']
    ]
    assert max(edges) <= ui.BAR_WIDTH + 0.2
    assert bar.count("<rect") == len(stages)


def test_recent_bars_are_one_path_a_tone_newest_at_the_right() -> None:
    bars = ui.recent_bars([["ok", 4.0], ["bad", 9.0], ["ok", None]])
    assert bars.count("<path") == 2
    assert 'aria-label="last 3 checks, 1 failed"' in bars
    assert 'class="bad" d="M73.5 19v-18"' in bars


def test_only_known_tones_reach_the_class() -> None:
    assert 'class="pill idle"' in ui.pill('"><script>', "<b>")
    assert "<b>" not in ui.pill("ok", "<b>")
    assert "script" not in ui.recent_bars([["<script>", 1.0]])


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=59), "1 min"),
        (timedelta(minutes=6), "6 min"),
        (timedelta(hours=5), "5 h"),
        (timedelta(days=3), "3 d"),
    ],
)
def test_times_are_told_as_people_do(past: timedelta, words: str) -> None:
    assert f">{words}</time>" in ui.ago(timezone.now() - past)


@pytest.mark.parametrize(
    ("value", "words"), [(None, ""), (0.42, "0.4 ms"), (18.4, "18 ms"), (5000, "5,000 ms")]
)
def test_milliseconds(value: float | None, words: str) -> None:
    assert ui.ms_text(value) == words


def test_a_distance_in_a_sentence_says_that_it_is_past() -> None:
    now = timezone.now()
    assert ">6 min ago</time>" in ui.ago(now - timedelta(minutes=6), "ago")
    assert ">just now</time>" in ui.ago(now, "ago")
    assert "ago" not in ui.ago(now - timedelta(days=40), "ago").partition(">")[2]
