"""Logs of a self-check's SIP2 messages: checkouts, checkins and renewals, one message a line.

A request tells what a patron asked for, not what happened: where the log has the system's answer to
it, the answer decides. What the system agreed to is taken to be in Alma: read again, it could lend
to a patron what came back long ago. Where the system was none but a stand-in for the time of the
outage, ``include_saved`` has it read. Source: 3M, "Standard Interchange Protocol", version 2.00.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from almareplay.sources.capture import Assumptions, FileRefused, Row
from almareplay.sources.identifiers import bare, read_identifier, scanner_of
from almareplay.sources.kinds import RENEWAL
from almareplay.sources.localtime import (
    ImpossibleTimeError,
    Moment,
    StationClock,
    existing_date,
    existing_time,
)
from almareplay.sources.options import ReadingOptions
from almareplay.sources.places import RowPlace, missing_place, names_of, place_of
from almareplay.sources.sip2exchange import Exchange, Fate
from almareplay.sources.sip2message import (
    ANSWERS,
    CHECKIN,
    DAMAGED,
    RENEW,
    RENEW_ALL,
    Message,
    messages_in,
)
from almareplay.sources.textlines import LONGEST_LINE, WINDOWS_1252, TextLines
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction, joined

ANSWER = "answer to a self-check"
OTHER = "line without a loan or return"
AGREED = "a system agreed to it already (--include-saved reads it)"
SENT_AGAIN = "sent again by the self-check"

ASKED = "the self-check asked and the log has no answer: taken as done"
ANSWERED = "the log shows that a system agreed to it"
REFUSED_AFTER = "a system refused it, but it had happened: the self-check's no-block flag says so"
BLANKS_LOST = "the dates are not of 18 characters each: were blanks lost from the line?"
RETURN_DATE = "the return date has no time of day or is too late: the transaction date is taken"

_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(.{4})([0-9]{2})([0-9]{2})([0-9]{2})", re.DOTALL)
_WIDTH = 18
NOWHERE = RowPlace("", "")
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
        self._scanner = scanner_of(options)
        self._clock = StationClock(options)
        self._assumptions = Assumptions()
        # A log has many messages and few places.
        self._place = lru_cache(maxsize=1024)(self._read_place)
        self._exchange = Exchange()
        names = {*names_of(path.name), *self._survey()}
        if not self._exchange.requests:
            raise FileRefused(
                path.name, "is a SIP2 log without loans and returns: there is nothing to load."
            )
        if missing := missing_place(options, sorted(names)):
            raise FileRefused(path.name, missing)

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
        ]

    @property
    def assumptions(self) -> list[str]:
        return self._assumptions.in_words()

    @property
    def progress(self) -> float:
        return self._lines.progress if self._began else 0.0

    def rows(self) -> Iterator[Row]:
        self._assumptions = Assumptions()
        self._began = True
        others = 0
        for number, line in enumerate(self._lines, 1):
            encoding_note = WINDOWS_1252 if self._lines.others > others else ""
            others = self._lines.others
            row = self._read_line(number, line, encoding_note)
            if isinstance(row, Transaction) and row.note:
                self._assumptions.note(row.note)
            yield row

    def _survey(self) -> set[str]:
        """Follows the messages to their answers; the places that the requests name."""
        names: set[str] = set()
        for number, line in enumerate(self._lines, 1):
            for message in messages_in(line):
                self._exchange.look_at(number, message)
                if message.code not in ANSWERS:
                    names |= {bare(message.fields.get(name, "")) for name in _PLACES}
        return names

    def _read_line(self, number: int, line: str, encoding_note: str) -> Row:
        if not bare(line):
            return LeftOut("blank line")
        if len(line) >= LONGEST_LINE - 1:
            return self._invalid(number, f"the line has more than {LONGEST_LINE} characters")
        messages = list(messages_in(line))
        requests = [message for message in messages if message.code not in ANSWERS]
        if not requests:
            return LeftOut(ANSWER if messages else OTHER)
        if len(requests) > 1:
            return self._invalid(number, "two loans or returns stand in the same line")
        return self._read(number, requests[0], encoding_note)

    def _read(self, number: int, message: Message, encoding_note: str) -> Row:
        fate = self._exchange.fates.get(number, Fate())
        if fate.sent_again:
            return LeftOut(SENT_AGAIN)
        if fate.agreed and not self._options.include_saved:
            return LeftOut(AGREED)
        if message.code == RENEW_ALL:
            return self._invalid(number, "a renewal of all loans, which does not name the items")
        kind = Kind.RETURN if message.code == CHECKIN else Kind.LOAN
        moment = self._moment(message)
        barcode = read_identifier(message.fields.get("AB", ""), "the item barcode", self._scanner)
        patron = read_identifier(message.fields.get("AA", ""), "the patron id", self._scanner)
        place = self._place(*(message.fields.get(name, "") for name in _PLACES))
        problem = (
            (DAMAGED if message.checksum is False else "")
            or message.problem
            or moment.problem
            or barcode.problem
            or patron.problem
            or ("" if barcode.text else "no item barcode")
            or ("a loan without a patron" if kind is Kind.LOAN and not patron.text else "")
            or fate.problem
            or place.problem
        )
        if problem or moment.at is None:
            return self._invalid(number, problem, kind, moment.at, barcode.text, patron.text, place)
        note = joined(
            encoding_note,
            RENEWAL if message.code == RENEW else "",
            _note_of(message, fate),
            moment.note,
            barcode.note,
            patron.note,
        )
        return Transaction(
            kind, moment.at, True, barcode.text, patron.text,
            place.library, place.circ_desk, self._path.name, number, note,
        )  # fmt: skip

    def _invalid(
        self,
        number: int,
        reason: str,
        kind: Kind | None = None,
        at: datetime | None = None,
        barcode: str = "",
        patron: str = "",
        place: RowPlace = NOWHERE,
    ) -> InvalidRow:
        return InvalidRow(
            reason, self._path.name, number, kind, at,
            barcode, patron, place.library, place.circ_desk,
        )  # fmt: skip

    def _read_place(self, *fields: str) -> RowPlace:
        names = [*names_of(self._path.name), *(bare(field) for field in fields)]
        return place_of(self._options, names)

    def _moment(self, message: Message) -> Moment:
        """When it happened: of a return the return date, which may be before the message's own."""
        sent, other = message.dates[:_WIDTH], message.dates[_WIDTH:]
        if len(other) < _WIDTH or not (_is_empty(other) or _DATE.fullmatch(other)):
            return Moment(None, problem=BLANKS_LOST)
        asked = self._read_date(sent)
        if message.code != CHECKIN or _is_empty(other):
            return asked
        returned = self._read_date(other)
        if asked.at is None or returned.at is None:
            return returned
        is_day_only = other[:8] == sent[:8] and other[12:] == "000000"
        if returned.at > asked.at or (is_day_only and other != sent):
            return asked._replace(note=joined(asked.note, RETURN_DATE))
        return returned

    def _read_date(self, text: str) -> Moment:
        if _is_empty(text):
            return Moment(None, problem="no captured time")
        written = _DATE.fullmatch(text)
        if not written:
            return Moment(None, problem=BLANKS_LOST)
        year, month, day, zone, *clock = written.groups()
        if zone.strip() not in ("", "Z"):
            return Moment(None, problem="the time is in a zone that is neither blank nor Z (UTC)")
        try:
            naive = datetime.combine(
                existing_date(int(year), int(month), int(day)), existing_time(*map(int, clock))
            )
        except ImpossibleTimeError as impossible:
            return Moment(None, problem=str(impossible))
        return self._clock.moment_of_utc(naive) if zone.strip() else self._clock.moment(naive)


def _is_empty(date: str) -> bool:
    return not date.strip(" 0")


def _note_of(message: Message, fate: Fate) -> str:
    """What is assumed of a request that is taken for done."""
    if fate.agreed:
        return ANSWERED
    if message.no_block:
        return REFUSED_AFTER if fate.agreed is False else ""
    return ASKED
