"""Logs of a self-check's SIP2 messages: checkouts, checkins and renewals, one message a line.

A request tells what a patron asked for, not what happened: where the log has the system's answer to
it, the answer decides. What the system agreed to is taken to be in Alma: read again, it could lend
to a patron what came back long ago. Where the system was none but a stand-in for the time of the
outage, ``include_saved`` has it read. Source: 3M, "Standard Interchange Protocol", version 2.00.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from almareplay.sources.capture import Assumptions, FileRefused, Row
from almareplay.sources.cells.kinds import RENEWAL
from almareplay.sources.fields import DUE_DATE, Fields, FieldsReader
from almareplay.sources.identifiers import bare
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import RowPlace, missing_place, names_of, place_of
from almareplay.sources.sip2.checksum import DAMAGED, Checksums
from almareplay.sources.sip2.dates import due_date_of, moment_of
from almareplay.sources.sip2.exchange import Exchange, Fate
from almareplay.sources.sip2.message import CHECKIN, RENEW, RENEW_ALL, Message, messages_in
from almareplay.sources.textlines import LONGEST_LINE, WINDOWS_1252, TextLines
from almareplay.sources.times.localtime import StationClock
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction, joined

ANSWER = "answer to a self-check"
OTHER = "line without a loan or return"
AGREED = "a system agreed to it already (--include-saved reads it)"
SAME_AS_BEFORE = "the same request once more: sent again, or logged twice"
ASKED_AGAIN = "asked in vain, then asked again and agreed to"

ASKED = "the self-check asked and the log has no answer: taken as done"
ANSWERED = "the log shows that a system agreed to it"
REFUSED_AFTER = "a system refused it, but it had happened: the self-check's no-block flag says so"
ALL_ITEMS = "a renewal of all loans, which does not name the items"

_PLACES = ("AP", "AO")
"""The fields for the current location and the institution, the nearer one first."""


class Sip2Capture:
    """Reads a log of SIP2 messages. Raises FileRefused where it has no loans and returns, or where
    none of them says where it happened and the options do not either."""

    format = "SIP2 log"

    def __init__(self, path: Path, options: ReadingOptions) -> None:
        self._path = path
        self._lines = TextLines(path)
        self._began = False
        self._options = options
        self._clock = StationClock(options)
        self._unread: set[str] = set()
        self._assumptions = Assumptions()
        # A log has many messages and few places.
        self._place = lru_cache(maxsize=1024)(self._read_place)
        self._checksums = Checksums()
        self._fields = FieldsReader(path.name, options)
        self._exchange = Exchange()
        names = {*names_of(path.name), *self._survey()}
        if self._checksums.have_ways_of_their_own:
            self._exchange = self._followed()  # less is damaged than it seemed
        if not self._exchange.requests:
            raise FileRefused(
                path.name, "is a SIP2 log without loans and returns: there is nothing to load."
            )
        if missing := missing_place(options, sorted(names)):
            raise FileRefused(path.name, missing)
        unread = ", ".join(sorted(self._unread))
        self._of_file = [f"not read of the requests: {unread}"] if unread else []

    @property
    def columns(self) -> list[str]:
        return [
            "11: loan (checkout)",
            "09: return (checkin)",
            "29: loan (renewal)",
            "transaction date, of a return its return date: captured time",
            "AB: item barcode",
            "AA: patron id",
            "AP, AO: library and circulation desk, where the desk map has them",
            "AY, AZ: sequence number and checksum, which tell the answer to a request",
            "BI: whether a request undoes the one before it",
            "nb due date: due date, noted on the row",
        ]

    @property
    def assumptions(self) -> list[str]:
        return self._assumptions.in_words()

    @property
    def progress(self) -> float:
        return self._lines.progress if self._began else 0.0

    def rows(self) -> Iterator[Row]:
        self._assumptions = Assumptions(self._of_file)
        self._began = True
        others = 0
        for number, line in enumerate(self._lines, 1):
            encoding_note = WINDOWS_1252 if self._lines.others > others else ""
            others = self._lines.others
            yield self._read_line(number, line, encoding_note)

    def _messages(self) -> Iterator[tuple[int, Message]]:
        for number, line in enumerate(self._lines, 1):
            for message in messages_in(line):
                yield number, message

    def _survey(self) -> set[str]:
        """Looks over all messages for what only the whole of them tells; the places of requests."""
        names: set[str] = set()
        for number, message in self._messages():
            if not self._exchange.look_at(number, message, damaged=bool(message.excess)):
                continue
            self._checksums.look_at(message)
            if not message.is_answer:
                names |= {bare(message.fields.get(name, "")) for name in _PLACES}
                self._fields.look_at(message.fields.get("AB", ""), message.fields.get("AA", ""))
                self._unread |= message.unread
        return names

    def _followed(self) -> Exchange:
        exchange = Exchange()
        for number, message in self._messages():
            exchange.look_at(number, message, damaged=self._checksums.damaged(message))
        return exchange

    def _read_line(self, number: int, line: str, encoding_note: str) -> Row:
        if not bare(line):
            return LeftOut("blank line")
        if len(line) >= LONGEST_LINE - 1:
            return self._invalid(number, f"the line has more than {LONGEST_LINE} characters")
        messages = list(messages_in(line))
        requests = {message.text: message for message in messages if not message.is_answer}
        if not requests:
            return LeftOut(ANSWER if messages else OTHER)
        if len(requests) > 1:
            return self._invalid(number, "two loans or returns stand in the same line")
        (request,) = requests.values()
        return self._read(number, request, encoding_note)

    def _read(self, number: int, message: Message, encoding_note: str) -> Row:
        fate = self._exchange.fates.get(number, Fate())
        if fate.same_as_before:
            return LeftOut(SAME_AS_BEFORE)
        if fate.asked_again:
            return LeftOut(ASKED_AGAIN)
        if fate.agreed and not self._options.include_saved:
            return LeftOut(AGREED)
        if message.code == RENEW_ALL:
            return self._invalid(number, ALL_ITEMS)
        due_date = due_date_of(message)
        notes = [
            encoding_note,
            RENEWAL if message.code == RENEW else "",
            _note_of(message, fate),
        ]
        row = self._fields.row(
            number,
            Fields(
                Kind.RETURN if message.code == CHECKIN else Kind.LOAN,
                moment_of(message, self._clock),
                message.fields.get("AB", ""),
                message.fields.get("AA", ""),
                self._place(*(message.fields.get(name, "") for name in _PLACES)),
            ),
            joined(*notes, f"{DUE_DATE}: {due_date}" if due_date else ""),
            (DAMAGED if self._checksums.damaged(message) else "") or message.problem,
            later=fate.problem(no_block=message.no_block),
        )
        if isinstance(row, Transaction) and row.note:
            # Counted without the date, of which a log has many.
            self._assumptions.note(row.note.replace(f"{DUE_DATE}: {due_date}", DUE_DATE))
        if isinstance(row, InvalidRow) and fate.undone:
            return row._replace(cancelled=row.reason == fate.undone)
        return row

    def _invalid(self, number: int, reason: str) -> InvalidRow:
        return InvalidRow(reason, self._path.name, number)

    def _read_place(self, *fields: str) -> RowPlace:
        names = [*names_of(self._path.name), *(bare(field) for field in fields)]
        return place_of(self._options, names)


def _note_of(message: Message, fate: Fate) -> str:
    """What is assumed of a request that is taken for done."""
    if fate.agreed:
        return ANSWERED
    if message.no_block:
        return REFUSED_AFTER if fate.agreed is False else ""
    return ASKED
