"""Counts as rectangles: one bar of all rows, and the bars of a timeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from almareplay.reports.summary import GROUPS
from almareplay.reports.timeline import Timeline, after

WIDTH = 1000
"""How long the bar of all rows is."""
_NARROWEST = 6


class Block(NamedTuple):
    """A part of a bar: its group (a key of ``GROUPS``), where it begins, and its size."""

    group: str
    at: int
    size: int


class Column(NamedTuple):
    """A bar of a timeline: its place, its time in words, its numbers by group, one on another."""

    place: int
    time: str
    total: int
    numbers: Mapping[str, int]
    blocks: list[Block]


class Drawn(NamedTuple):
    """A timeline to be shown: ``step`` is in words, ``axis`` its begin, middle and end."""

    step: str
    tallest: int
    columns: list[Column]
    axis: list[str]
    outside: int


def segments(groups: Mapping[str, int]) -> list[Block]:
    """The groups side by side over ``WIDTH``; even the smallest can be seen."""
    shown = [(group, groups[group]) for group in GROUPS if groups[group]]
    spare, total = WIDTH - _NARROWEST * len(shown), sum(groups.values())
    ends = [0]
    passed = 0
    for place, (_, number) in enumerate(shown, start=1):
        passed += number
        ends.append(_NARROWEST * place + spare * passed // total)
    return [
        Block(group, ends[place], ends[place + 1] - ends[place])
        for place, (group, _) in enumerate(shown)
    ]


def drawn(line: Timeline | None) -> Drawn | None:
    """The bars of a timeline as columns with words; a row is as high as 1."""
    if line is None:
        return None
    begin = line.bars[0].starts
    middle, end = (after(begin, line.step * len(line.bars) * part / 2) for part in (1, 2))
    years = begin.year != end.year
    columns = [
        Column(
            place, _clock(bar.starts, years=years), sum(bar.counts.values()), bar.counts,
            _stacked(bar.counts),
        )
        for place, bar in enumerate(line.bars)
    ]  # fmt: skip
    axis = [
        _clock(at, years=years) if at is begin or at.date() != begin.date() else f"{at:%H:%M}"
        for at in (begin, middle, end)
    ]
    tallest = max(column.total for column in columns)
    return Drawn(line.words, tallest, columns, axis, line.outside)


def _stacked(counts: Mapping[str, int]) -> list[Block]:
    stacked: list[Block] = []
    height = 0
    for group in GROUPS:
        if number := counts.get(group, 0):
            stacked.append(Block(group, height, number))
            height += number
    return stacked


def _clock(moment: datetime, *, years: bool) -> str:
    year = f" {moment.year}" if years else ""
    return f"{moment:%a} {moment.day} {moment:%b}{year} {moment:%H:%M}"
