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

from almareplay.sources.assembler import Assembler, Fields, told_due_date
from almareplay.sources.capture import Assumptions, FileRefused, Row
from almareplay.sources.cells.kinds import RENEWAL
from almareplay.sources.identifiers import bare
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import RowPlace, missing_place, names_of, place_of
from almareplay.sources.scannednumbers import ScannedNumbers
from almareplay.sources.sip2.checksum import DAMAGED, Checksums
from almareplay.sources.sip2.dates import due_date_of, moment_of
from almareplay.sources.sip2.exchange import Exchange, Exchanged
from almareplay.sources.sip2.message import CHECKIN, RENEW, RENEW_ALL, Message, messages_in
from almareplay.sources.textlines import LONGEST_LINE, TextLines
from almareplay.sources.times.localtime import StationClock
from almareplay.transactions import InvalidRow, Kind, LeftOut, Notes, Reason

ANSWER = Reason("answer")
OTHER = Reason("no_transaction")
AGREED = Reason("agreed")
SAME_AS_BEFORE = Reason("same_request")
ASKED_AGAIN = Reason("asked_again")

ASKED = Reason("taken_as_done")
ANSWERED = Reason("agreed_and_read")
REFUSED_AFTER = Reason("refused_after")
ALL_ITEMS = Reason("all_loans")

_PLACES = ("AP", "AO")
"""The fields for the current location and the institution, the nearer one first."""


class Sip2Capture:
    """Reads a log of SIP2 messages. Raises FileRefused where it has no loans and returns, or where
    none of them says where it happened and the options do not either."""

    format = "SIP2 log"

    def __init__(self, path: Path, options: ReadingOptions) -> None:
        self._path = path
        self._lines = TextLines(path)
        self._options = options
        self._clock = StationClock(options)
        self._unread: set[str] = set()
        self._assumptions = Assumptions()
        # A log has many messages and few places.
        self._place = lru_cache(maxsize=1024)(self._read_place)
        self._checksums = Checksums()
        self._numbers = ScannedNumbers(options)
        self._assembler = Assembler(path.name, self._numbers.mixed_up)
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
        return self._lines.progress

    def rows(self) -> Iterator[Row]:
        self._assumptions = Assumptions(self._of_file)
        read = (self._read_line(*line) for line in self._lines.numbered())
        return self._assumptions.counted(read)

    def _messages(self) -> Iterator[tuple[int, Message]]:
        for number, line in enumerate(TextLines(self._path), 1):
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
                self._numbers.look_at(message.fields.get("AB", ""), message.fields.get("AA", ""))
                self._unread |= message.unread
        return names

    def _followed(self) -> Exchange:
        exchange = Exchange()
        for number, message in self._messages():
            exchange.look_at(number, message, damaged=self._checksums.damaged(message))
        return exchange

    def _read_line(self, number: int, line: str, notes: Notes) -> Row:
        if not bare(line):
            return LeftOut(Reason("blank_line"))
        if len(line) >= LONGEST_LINE - 1:
            return self._invalid(number, Reason.of("line_too_long", characters=LONGEST_LINE))
        messages = list(messages_in(line))
        requests = {message.text: message for message in messages if not message.is_answer}
        if not requests:
            return LeftOut(ANSWER if messages else OTHER)
        if len(requests) > 1:
            return self._invalid(number, Reason("two_in_line"))
        (request,) = requests.values()
        return self._read(number, request, notes)

    def _read(self, number: int, message: Message, notes: Notes) -> Row:
        fate = self._exchange.fates.get(number, Exchanged())
        if fate.same_as_before:
            return LeftOut(SAME_AS_BEFORE)
        if fate.asked_again:
            return LeftOut(ASKED_AGAIN)
        if fate.agreed and not self._options.include_saved:
            return LeftOut(AGREED)
        if message.code == RENEW_ALL:
            return self._invalid(number, ALL_ITEMS)
        if message.code == RENEW:
            notes += (RENEWAL,)
        notes += _assumed(message, fate)
        if due := due_date_of(message):
            notes += (told_due_date(due),)
        fields = Fields(
            Kind.RETURN if message.code == CHECKIN else Kind.LOAN,
            moment_of(message, self._clock),
            *self._numbers.read(message.fields.get("AB", ""), message.fields.get("AA", "")),
            self._place(*(message.fields.get(name, "") for name in _PLACES)),
            has_seconds=True,
            notes=notes,
            problem=DAMAGED if self._checksums.damaged(message) else message.problem,
            doubt=fate.problem(no_block=message.no_block),
        )
        return self._assembler.row(number, fields)

    def _invalid(self, number: int, reason: Reason) -> InvalidRow:
        return InvalidRow(reason, self._path.name, number)

    def _read_place(self, *fields: str) -> RowPlace:
        names = [*names_of(self._path.name), *(bare(field) for field in fields)]
        return place_of(self._options, names)


def _assumed(message: Message, fate: Exchanged) -> Notes:
    """What is assumed of a request that is taken for done."""
    if fate.agreed:
        return (ANSWERED,)
    if message.no_block:
        return (REFUSED_AFTER,) if fate.agreed is False else ()
    return (ASKED,)
