"""Dates and times in text, as people and programs of many languages write them."""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache

from almareplay.sources.cells.folding import folded, words_of
from almareplay.sources.times.calendarwords import AFTERNOON, AT, FORENOON, MONTHS, WEEKDAY, any_of
from almareplay.sources.times.localtime import ImpossibleTimeError, existing_date, existing_time
from almareplay.sources.times.written import (
    NOTHING,
    UNREADABLE,
    Figures,
    UnreadableTimeError,
    Written,
)
from almareplay.sources.times.zones import Zone, read_zone
from almareplay.transactions import Reason

_WORD = r"([^\W\d_]{3,}(?:月|월)?)"
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])\s?(\d{1,2})\2\s?(\d{1,2})\.?(?!\d)", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})\.?(?!\d)", re.ASCII)
_DAY_NAMED = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|er|º|°)?[\s.-]+(?:de )?{_WORD}[\s.,-]+(?:de |del )?"
    r"(\d{4}|\d{2})(?![\d:.h])"
)
_NAMED_DAY = re.compile(rf"{_WORD}[\s.]+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)")
_NAMED_CLOCK_YEAR = re.compile(rf"{_WORD} (\d{{1,2}}) (\d\d?:\d\d:\d\d.*) (\d{{4}})")
_COMPACT = re.compile(
    r"(20\d\d)(0\d|1[0-2])([0-3]\d)(?:[ t]?(\d\d)(\d\d)(\d\d)?(?:\.\d+)?(z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_COMPACT_DAY = re.compile(r"(20\d\d)(0\d|1[0-2])([0-3]\d)(?!\d)", re.ASCII)
_FOUR_FIGURES = re.compile(r"(\d\d)(\d\d)", re.ASCII)
_OTHERS = any_of(FORENOON | AFTERNOON)
_CLOCK = re.compile(
    rf"(?:(?P<before>{_OTHERS})\s?)?(?P<hour>\d{{1,2}})"
    r"(?:\s?(?P<mark>[:.h])\s?(?P<minute>\d\d)"
    r"(?:\s?[:.m']\s?(?P<second>\d\d)(?:[.,]\d{1,9})?(?:\s?s(?![^\W_]))?)?(?!\d))?"
    r"(?P<unit>\s?(?:uhr|hrs?|h|uur|u)(?![^\W_])\.?)?"
    rf"(?:\s*(?P<half>(?:[ap]\.?\s?m?\.?|{_OTHERS})(?![^\W_])))?"
)
# 2026年9月14日 9時05分 and 2026년 9월 14일 9시 5분, as 2026-9-14 9:05.
_SIGNS = (
    (re.compile(r"(?<=\d)\s*[年년]\s*(?=\d)"), "-"),
    (re.compile(r"(?<=\d)\s*[月월]\s*(?=\d)"), "-"),
    (re.compile(r"(?<=\d)\s*[日일](?:\s*\([^\W\d_]{1,3}\))?"), " "),
    (re.compile(r"\s*(?:星期.|[周週].|.曜日?|.요일)"), " "),
    (re.compile(r"(?<=[時时点點시])\s*(?=\d\s*[分분])"), "0"),
    (re.compile(r"(?<=\d)\s*[時时点點시]\s*(?=\d)"), ":"),
    (re.compile(r"(?<=\d)\s*[分분]\s*(?=\d)"), ":"),
    (re.compile(r"(?<=\d)\s*[分분秒초]"), ""),
)


@lru_cache(maxsize=16_384)
def read_text(text: str, *, is_time: bool = False) -> Written:
    """What text says: a date, a time, or both. ``is_time``: 09.03 is a time of day there.

    Raises ImpossibleTimeError, UnreadableTimeError.
    """
    if not text.isascii():
        for sign, meaning in _SIGNS:
            text = sign.sub(meaning, text)
    left = " ".join(folded(text).split())
    if not left:
        return NOTHING
    if compact := _COMPACT.fullmatch(left):
        return _compact(compact)
    if figures := _FOUR_FIGURES.fullmatch(left):
        return Written(
            clock=_time(figures[1], figures[2], shown=left), to_second=False, half_told=True
        )
    if unusual := _NAMED_CLOCK_YEAR.fullmatch(_without_weekday(left)):
        left = f"{unusual[1]} {unusual[2]} {unusual[4]} {unusual[3]}"
    day, figures_of_day, length = date_at_start(left)
    if not length:
        left = _without_weekday(left)
        day, figures_of_day, length = date_at_start(left)
    if length:
        rest = left[length:].lstrip(" ,t-")
        if not rest:
            return Written(day, figures_of_day)
        clock = _clock(rest, dotted=True)
        return clock._replace(day=day, figures=figures_of_day)
    return _clock_first(left, dotted=is_time)


def date_at_start(left: str) -> tuple[date | None, Figures | None, int]:
    """The date at the beginning of folded text, or its figures, and its length there."""
    if found := _YEAR_FIRST.match(left):
        return _date(found[1], found[3], found[4], found[0]), None, found.end()
    if found := _YEAR_LAST.match(left):
        numbers = (int(found[1]), int(found[3]), int(found[4]))
        return None, Figures(numbers, len(found[4]) == 2, found[0].strip()), found.end()
    if (found := _DAY_NAMED.match(left)) and (month := MONTHS.get(words_of(found[2]))):
        year = found[3] if len(found[3]) == 4 else f"20{found[3]}"
        return _date(year, month, found[1], found[0]), None, found.end()
    if (found := _NAMED_DAY.match(left)) and (month := MONTHS.get(words_of(found[1]))):
        return _date(found[3], month, found[2], found[0]), None, found.end()
    return None, None, 0


def compact_day_at_start(left: str) -> date | None:
    """The date that text begins with, written as eight figures."""
    found = _COMPACT_DAY.match(left)
    return _date(found[1], found[2], found[3], found[0]) if found else None


def _without_weekday(left: str) -> str:
    weekday = WEEKDAY.match(left)
    return left[weekday.end() :] if weekday else left


def _compact(found: re.Match[str]) -> Written:
    year, month, day, hour, minute, second, zone = found.groups()
    clock = _time(hour, minute, second, shown=found[0]) if hour else None
    return Written(
        _date(year, month, day, found[0]),
        clock=clock,
        to_second=bool(second),
        zone=read_zone(zone) if zone else None,
        half_told=True,
    )


def _clock_first(left: str, *, dotted: bool) -> Written:
    """A time of day, which may stand before its date."""
    spoken = AT.match(left)
    found = _CLOCK.match(left, spoken.end() if spoken else 0)
    if found and found["minute"] and found.end() < len(left):
        rest = _without_weekday(left[found.end() :].lstrip(" ,-"))
        day, figures, length = date_at_start(rest)
        if length and length == len(rest):
            clock = _clock(left[: found.end()], dotted=True)
            return clock._replace(day=day, figures=figures)
    return _clock(left, dotted=dotted)


def _clock(text: str, *, dotted: bool) -> Written:
    """A time of day that goes to the end of the text; ``dotted``: 09.03 can be none but that."""
    spoken = AT.match(text)
    found = _CLOCK.match(text, spoken.end() if spoken else 0)
    if not found:
        raise UnreadableTimeError(UNREADABLE)
    half = found["before"] or found["half"] or ""
    told = bool(spoken or found["unit"] or half)
    if (found["minute"] is None and not told) or (
        found["mark"] == "." and not (dotted or told) and found["second"] is None
    ):
        raise UnreadableTimeError(UNREADABLE)
    rest = text[found.end() :]
    zone = _zone(rest) if rest.strip() else None
    hour = int(found["hour"])
    if half:
        if not 1 <= hour <= 12:
            wrong = Reason.of("impossible_half", hour=hour).quoting(found[0].strip())
            raise ImpossibleTimeError(wrong)
        hour = hour % 12 + (12 if half[0] == "p" or half in AFTERNOON else 0)
    clock = _time(hour, found["minute"] or "0", found["second"], shown=found[0].strip())
    return Written(
        clock=clock,
        to_second=found["second"] is not None,
        zone=zone,
        half_told=bool(half or zone) or hour > 12 or hour == 0,
    )


def _zone(rest: str) -> Zone:
    zone = read_zone(rest)
    if zone is None:
        raise UnreadableTimeError(UNREADABLE)
    return zone


def _date(year: str, month: str | int, day: str, shown: str) -> date:
    """The date; the error quotes ``shown``, which is shaped like a date and so no patron id."""
    try:
        return existing_date(int(year), int(month), int(day))
    except ImpossibleTimeError as impossible:
        raise ImpossibleTimeError(impossible.reason.quoting(shown)) from None


def _time(hour: str | int, minute: str, second: str | None = None, *, shown: str) -> time:
    try:
        return existing_time(int(hour), int(minute), int(second or 0))
    except ImpossibleTimeError as impossible:
        raise ImpossibleTimeError(impossible.reason.quoting(shown)) from None
