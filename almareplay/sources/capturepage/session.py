"""A station's part of a capture session that stands in the queue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from operator import itemgetter

from almareplay.sources.capture import Assumptions, FileRefused, Row
from almareplay.sources.capturepage.events import SCAN, EventReader, names_for_desk_map
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import missing_place
from almareplay.sources.scannednumbers import ScannedNumbers
from almareplay.transactions import CAPTURE_PAGE, LeftOut, Reason, Station, StationEvent


class SessionCapture:
    """Reads the events of a station, given in their sequence. Rows come by their captured time.

    ``name`` is that of the capture; ``voided`` are the ids of the scans of the session that were
    taken back. ``why_not`` tells of a scan by its id why it is left out, None where it is not.
    Raises FileRefused where nobody has said where it happened.
    """

    format = CAPTURE_PAGE
    columns = [  # noqa: RUF012 - never changed
        "scans of one station, by its clock and the server's",
    ]

    def __init__(
        self,
        name: str,
        station: Station,
        events: Sequence[StationEvent],
        voided: Collection[str],
        options: ReadingOptions,
        why_not: Callable[[str], Reason | None] = lambda _: None,
    ) -> None:
        self._name = name
        self._station = station
        self._events = events
        self._voided = voided
        self._options = options
        self._why_not = why_not
        self._read = 0
        self._assumptions = Assumptions()
        self._names = names_for_desk_map(station)
        if missing := missing_place(
            options,
            self._names,
            has_library=bool(station.library),
            has_desk=bool(station.circ_desk),
        ):
            raise FileRefused(name, missing)

    @property
    def assumptions(self) -> list[str]:
        return self._assumptions.in_words()

    @property
    def progress(self) -> float:
        return self._read / max(1, len(self._events))

    def rows(self) -> Iterator[Row]:
        self._assumptions = Assumptions()
        numbers = ScannedNumbers(self._options)
        for event in self._events:
            if event.event == SCAN:
                numbers.look_at(event.item_barcode, event.patron_id)
        reader = EventReader(
            self._name,
            self._station,
            self._voided,
            numbers,
            self._options,
            self._assumptions,
            names=self._names,
        )
        timed = list[tuple[datetime, int, Row]]()
        for event in self._events:
            row = reader.row(event.sequence, event)
            self._read += 1
            if isinstance(row, LeftOut):
                yield LeftOut(row.reason)  # what is taken back is known of the whole session
            elif reason := self._why_not(row.scan_id):
                yield LeftOut(reason)
            elif row.captured_at is None:
                yield row
            else:
                timed.append((row.captured_at, event.sequence, row))
        for _, _, row in sorted(timed, key=itemgetter(0, 1)):
            yield row
