"""The file of a station whose events could not be sent: JSON Lines.

The first line names the station, ``{"almareplay_capture": 1, "session": …}``; each other is an
event. Files of several stations may have been copied together. The page writes them, and this
format is its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from almareplay.sources.capture import Assumptions, FileRefused, Row
from almareplay.sources.capturepage.events import (
    SCAN,
    EventReader,
    names_for_desk_map,
    voided_by,
)
from almareplay.sources.identifiers import bare
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import missing_place, names_of
from almareplay.sources.scannednumbers import ScannedNumbers
from almareplay.sources.textlines import LONGEST_LINE, TextLines
from almareplay.transactions import InvalidRow, LeftOut, Reason, Station, StationEvent

VERSION = 1
MARK = "almareplay_capture"

UNREADABLE = Reason("station_line_unreadable")
HEADER = Reason("header")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def looks_like_station_file(lines: list[str]) -> bool:
    """Whether the first of these lines is that of a station's file."""
    return MARK in (_parsed(lines[0]) or {})


class StationFile:
    """Reads such a file. Raises FileRefused where nobody has said where it happened, or a later
    almareplay has written it."""

    format = "capture page, file of a station"
    columns = [  # noqa: RUF012 - never changed
        "event, voids, reason: a scan, or what takes one back",
        "id, sequence: which scan of the station it is",
        "kind: loan or return",
        "captured_ms, station_time_ms, clock_offset_ms: captured time",
        "given_time: whether the clerk gave it, noted on the row",
        "item_barcode: item barcode",
        "patron_id: patron id",
        "patron_standing, decision: what the offline patron list said, noted on the row",
        "due_date: due date, noted on the row",
        "clerk: initials, noted on the row",
    ]

    def __init__(self, path: Path, options: ReadingOptions) -> None:
        self._path = path
        self._options = options
        self._lines = TextLines(path)
        self._assumptions = Assumptions()
        self._numbers = ScannedNumbers(options)
        events = list[StationEvent]()
        for line in TextLines(path):
            said = _parsed(line)
            if said is None:
                continue
            if MARK in said:
                self._check(said)
            else:
                event = _event(said)
                events.append(event)
                if event.event == SCAN:
                    self._numbers.look_at(event.item_barcode, event.patron_id)
        self._voided = voided_by(events)

    @property
    def assumptions(self) -> list[str]:
        return self._assumptions.in_words()

    @property
    def progress(self) -> float:
        return self._lines.progress

    def rows(self) -> Iterator[Row]:
        self._assumptions = Assumptions()
        reader = self._reader({})
        for number, line, _ in self._lines.numbered():
            if not bare(line):
                yield LeftOut(Reason("blank_line"))
                continue
            said = _parsed(line) if len(line) < LONGEST_LINE - 1 else None
            if said is None:
                yield InvalidRow(UNREADABLE, self._path.name, number)
            elif MARK in said:
                reader = self._reader(said)
                yield LeftOut(HEADER)
            else:
                yield reader.row(number, _event(said))

    def _reader(self, header: Mapping[str, Any]) -> EventReader:
        station = _station(header)
        return EventReader(
            self._path.name,
            station,
            self._voided,
            self._numbers,
            self._options,
            self._assumptions,
            names=self._names(station),
            named=True,
        )

    def _names(self, station: Station) -> list[str]:
        return [*names_for_desk_map(station), *names_of(self._path.name)]

    def _check(self, header: Mapping[str, Any]) -> None:
        version = header[MARK]
        if isinstance(version, int) and version > VERSION:
            raise FileRefused(
                self._path.name,
                "was written by the capture page of a newer almareplay: install that version.",
            )
        station = _station(header)
        if missing := missing_place(
            self._options,
            self._names(station),
            has_library=bool(station.library),
            has_desk=bool(station.circ_desk),
        ):
            raise FileRefused(self._path.name, missing)


def _parsed(line: str) -> dict[str, Any] | None:
    """What a line says; None where it is none of such a file."""
    try:
        said = json.loads(bare(line))
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _station(header: Mapping[str, Any]) -> Station:
    return Station(
        _text(header, "name"),
        _text(header, "library"),
        _text(header, "circ_desk"),
        _text(header, "session"),
    )


def _event(said: Mapping[str, Any]) -> StationEvent:
    return StationEvent(
        id=_text(said, "id"),
        sequence=_number(said, "sequence") or 0,
        event=_text(said, "event"),
        kind=_text(said, "kind"),
        item_barcode=_text(said, "item_barcode"),
        patron_id=_text(said, "patron_id"),
        captured_at=_captured_at(said),
        given_time=said.get("given_time") is True,
        clerk=_text(said, "clerk"),
        patron_standing=_text(said, "patron_standing"),
        decision=_text(said, "decision"),
        due_date=_text(said, "due_date"),
        voids=_text(said, "voids"),
        reason=_text(said, "reason"),
    )


def _captured_at(said: Mapping[str, Any]) -> datetime | None:
    """By the server's clock; where that was not reached yet, by the station's own."""
    told = _number(said, "captured_ms")
    if told is None and (by_station := _number(said, "station_time_ms")) is not None:
        told = by_station + (_number(said, "clock_offset_ms") or 0)
    try:
        return None if told is None else _EPOCH + timedelta(seconds=told // 1000)
    except OverflowError:
        return None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _number(said: Mapping[str, Any], name: str) -> int | None:
    value = said.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return int(value)
    except (OverflowError, ValueError):  # JSON of JavaScript knows neither, Python's does
        return None
