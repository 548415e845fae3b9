"""Rows out of a station's events, wherever these come from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from almareplay.sources.assembler import Assembler, Fields, told_due_date
from almareplay.sources.capture import Assumptions, Row
from almareplay.sources.identifiers import bare
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import place_of
from almareplay.sources.scannednumbers import ScannedNumbers
from almareplay.sources.times.localtime import Moment, StationClock
from almareplay.transactions import (
    Kind,
    LeftOut,
    Notes,
    Reason,
    Station,
    StationEvent,
    Transaction,
    identifier_key,
)

SCAN, VOID = "scan", "void"

VOIDED = Reason("voided")
TAKES_BACK = Reason("takes_back_scan")
REFUSED = Reason("loan_refused")
NEITHER = Reason("neither_scan_nor_void")
TIME_OF_CLERK = Reason("time_of_clerk")
CLOCK_BACK = Reason("station_clock_back")

_STANDINGS = ("blocked", "expired", "unknown")
_TOLD_OF_ROWS = ("station", "clerk", "due_date")
_LONGEST_ID = 36
_LONGEST_WORDS = 40


def names_for_desk_map(station: Station) -> list[str]:
    """By which names a desk map may know a station."""
    return [name for name in (station.name, station.session) if name]


class EventReader:
    """Makes rows of the events of one station, as ``source_file``; each once, in their sequence.

    ``voided`` are the ids of the scans that were taken back. ``numbers`` has looked at all scans
    that are read together. ``named``: rows note the station, since ``source_file`` does not.
    """

    def __init__(
        self,
        source_file: str,
        station: Station,
        voided: Collection[str],
        numbers: ScannedNumbers,
        options: ReadingOptions,
        assumptions: Assumptions,
        *,
        names: Sequence[str],
        named: bool = False,
    ) -> None:
        self._voided = voided
        self._numbers = numbers
        self._assumptions = assumptions
        self._place = place_of(options, names, station.library, station.circ_desk)
        self._assembler = Assembler(source_file, numbers.mixed_up)
        self._clock = StationClock(options)
        self._of_station: Notes = ()
        if named and station.name:
            self._of_station = (Reason("station").quoting(_words(station.name)),)
        self._latest: dict[str, datetime] = {}

    def row(self, number: int, event: StationEvent) -> Row:
        """The row with this number."""
        if event.event == VOID:
            return LeftOut(TAKES_BACK, voids=_id(event.voids))
        if _id(event.id) in self._voided:
            return LeftOut(VOIDED)
        if event.event == SCAN and event.decision == "refused":
            return LeftOut(REFUSED)
        item, patron = self._numbers.read(event.item_barcode, event.patron_id)
        moment = self._moment(event, identifier_key(item.text))
        fields = Fields(
            Kind(event.kind) if event.kind in [*Kind] else None,
            moment,
            item,
            patron,
            self._place,
            has_seconds=not event.given_time,
            notes=self._notes(event),
            problem=None if event.event == SCAN else NEITHER,
        )
        row = self._assembler.row(number, fields)._replace(scan_id=_id(event.id))
        if isinstance(row, Transaction) and row.notes:
            told = tuple(note for note in row.notes if note.code not in _TOLD_OF_ROWS)
            self._assumptions.note(told)
        return row

    def _moment(self, event: StationEvent, item: str) -> Moment:
        """When it happened. A station's order is certain and its clock is not: what it scanned
        later of an item did not happen earlier."""
        if event.captured_at is None:
            return Moment(None)
        moment = self._clock.moment_of_instant(event.captured_at, by_station=not event.given_time)
        if event.given_time or moment.at is None or moment.problem or not item:
            return moment
        before = self._latest.get(item)
        if before is not None and moment.at < before:
            return Moment(before, (*moment.notes, CLOCK_BACK))
        self._latest[item] = moment.at
        return moment

    def _notes(self, event: StationEvent) -> Notes:
        notes = [*self._of_station]
        if event.clerk:
            notes.append(Reason("clerk").quoting(_words(event.clerk)))
        if event.given_time:
            notes.append(TIME_OF_CLERK)
        if event.patron_standing in _STANDINGS:
            code = "lent_all_the_same" if event.decision == "allowed" else "patron_standing"
            notes.append(Reason.of(code, standing=event.patron_standing))
        if event.due_date:
            notes.append(_due_date(event.due_date))
        return tuple(notes)


def _due_date(text: str) -> Reason:
    try:
        return told_due_date(date.fromisoformat(text))
    except ValueError:
        return Reason("due_date").quoting(_words(text))


def _words(text: str) -> str:
    """Words from a browser as a note may show them."""
    return "".join(sign for sign in bare(text) if sign.isprintable())[:_LONGEST_WORDS]


def _id(text: str) -> str:
    """The id that a station made, empty where it is none."""
    return text if len(text) <= _LONGEST_ID and text.isascii() and text.isprintable() else ""


def voided_by(events: Sequence[StationEvent]) -> set[str]:
    """The ids of the scans that these events take back."""
    return {_id(event.voids) for event in events if event.event == VOID} - {""}
