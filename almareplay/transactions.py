"""The vocabulary: what a capture says, as plain frozen data without any I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, tzinfo
from difflib import get_close_matches
from enum import StrEnum
from typing import ClassVar, NamedTuple
from unicodedata import normalize

_HALVES = re.compile("[\ud800-\udfff]")


class AlmaReplayError(Exception):
    """The root of every error that almareplay raises on purpose.

    ``str()`` of it is one or two sentences that a librarian understands and that say what to do.
    It never holds an API key or a patron id. It may be printed, and logged where ``in_logs`` says
    so: not where it quotes captured words or files' names, which may be patrons' for all we know.
    """

    in_logs: ClassVar[bool] = True


class Kind(StrEnum):
    """What happened at the desk."""

    LOAN = "loan"
    RETURN = "return"


class Reason(NamedTuple):
    """Why something is so: why a row cannot be sent, what was assumed to read it, what came of it.

    A value: a code, and by their names the parameters that its sentence needs. The sentences stand
    in ``outcomes.reasons``. The parameter ``quoted`` is what stood in the row; it ends the sentence
    and is no part of what makes two rows' reasons the same.
    """

    code: str
    parameters: tuple[tuple[str, str | int], ...] = ()

    @classmethod
    def of(cls, code: str, /, **parameters: str | int) -> Reason:
        """A reason with parameters."""
        return cls(code, tuple(parameters.items()))

    def quoting(self, text: str) -> Reason:
        """The reason with what stood in the row."""
        return Reason(self.code, (*self.parameters, ("quoted", text)))

    @property
    def unquoted(self) -> Reason:
        """The reason without what stood in the row: by it rows are counted."""
        return Reason(self.code, tuple(each for each in self.parameters if each[0] != "quoted"))


Notes = tuple[Reason, ...]
"""What there is to say of a row, in this order."""

CANCELLED = frozenset({"struck_through", "undoes_line", "undone_in_line"})
"""The codes of the reasons which say that the desk took a row back itself."""


class Transaction(NamedTuple):
    """One captured loan or return, read and believed. (A named tuple: captures have millions.)

    ``captured_at`` is aware, in the zone of the desk that captured it, and true to the minute, or
    to the second where ``has_seconds``. ``patron_id`` is empty only on a return. ``source_file`` is
    the file's name without its folder (``desk.xlsx#Friday`` for a sheet), ``source_row`` the line
    of the text file or the row number that the spreadsheet shows. ``notes`` say what was assumed to
    read the row. ``scan_id`` is the id that a station of the capture page gave the scan; other
    captures have none.
    """

    kind: Kind
    captured_at: datetime
    has_seconds: bool
    item_barcode: str
    patron_id: str
    library: str
    circ_desk: str
    source_file: str
    source_row: int
    notes: Notes = ()
    scan_id: str = ""


class InvalidRow(NamedTuple):
    """A row of a capture that cannot be read or cannot be true: kept, reported, never sent.

    What could be read of the row stands in the other fields; what could not is ``None`` or empty.
    """

    reason: Reason
    source_file: str
    source_row: int
    kind: Kind | None = None
    captured_at: datetime | None = None
    item_barcode: str = ""
    patron_id: str = ""
    library: str = ""
    circ_desk: str = ""
    scan_id: str = ""

    @property
    def cancelled(self) -> bool:
        """Whether the desk took the row back itself (struck it through, undid it at the
        self-check): there is nothing wrong with it and nothing to do about it."""
        return self.reason.code in CANCELLED


class AlmaInstance(NamedTuple):
    """One Alma: an institution in one of its environments.

    ``institution`` is Alma's code for it and ``name`` its name, both empty where the key may not
    read them. ``environment`` is ``sandbox`` or ``production``, ``host`` that of the API; both are
    ``unknown`` for ``UNKNOWN_ALMA``.
    """

    institution: str
    name: str
    environment: str
    host: str

    def is_same(self, other: AlmaInstance) -> bool:
        """Whether both are one Alma; by their hosts where one of them does not tell its code. One
        that is not known may be any."""
        if not (self.is_known and other.is_known):
            return True
        if self.environment != other.environment:
            return False
        if self.institution and other.institution:
            return self.institution == other.institution
        return self.host == other.host

    @property
    def is_known(self) -> bool:
        """Whether it is known which one it is."""
        return self.environment != "unknown"

    @property
    def title(self) -> str:
        """The institution in words, with its code; the host where neither is known."""
        known = self.name or self.institution or f"the Alma at {self.host}"
        return f"{known} ({self.institution})" if self.name and self.institution else known

    def __str__(self) -> str:
        return f"{self.title}, {self.environment}" if self.is_known else self.title


UNKNOWN_ALMA = AlmaInstance("", "an Alma that is not known", "unknown", "unknown")
"""The one to which an older almareplay has posted, which did not note it."""


class LeftOut(NamedTuple):
    """A line that is no transaction (blank, header, title …); ``reason`` is counted at load.

    ``voids`` is the id of the scan that it takes back, also where that was loaded before.
    """

    reason: Reason
    voids: str = ""


class StationEvent(NamedTuple):
    """What a station of the capture page recorded: a scan, or (``event`` is ``void``) that an
    earlier one, ``voids``, is taken back.

    ``id`` was made by the station, whose events ``sequence`` counts from 1. ``captured_at`` is
    aware, or None where none is known; ``given_time`` tells that the clerk gave it.
    ``patron_standing`` is what the offline patron list said of the patron, ``decision`` what the
    clerk did about it (``allowed``, ``refused``). ``due_date`` is YYYY-MM-DD.
    """

    id: str
    sequence: int
    event: str
    kind: str = ""
    item_barcode: str = ""
    patron_id: str = ""
    captured_at: datetime | None = None
    given_time: bool = False
    clerk: str = ""
    patron_standing: str = ""
    decision: str = ""
    due_date: str = ""
    voids: str = ""
    reason: str = ""


CAPTURE_PAGE = "capture page"
"""The format, in words, of what a station captured for a session."""


class Station(NamedTuple):
    """A browser at a desk that captured for a session. ``library`` and ``circ_desk`` are empty
    where nobody has said them."""

    name: str
    library: str
    circ_desk: str
    session: str


def as_text(words: str) -> str:
    """Words of the system's, such as a file's name, as text that can be stored and sent: a byte
    that is no UTF-8 becomes its number, ``\\xe9``, as does any other half of a character."""
    return words if words.isascii() else _HALVES.sub(_numbered, words)


def _numbered(half: re.Match[str]) -> str:
    code = ord(half[0])
    # Python keeps such a byte as U+DC00 and its number.
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code < 0xDD00 else f"\\u{code:04x}"


def joined(*notes: str) -> str:
    """The notes of one row as one, without the empty ones."""
    return "; ".join(note for note in notes if note)


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """An aware moment by the clocks of a zone; as it is where time begins or ends before."""
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):
        return moment


def nearest(word: str, known: Iterable[str]) -> str:
    """`` Did you mean X?``, with the one of the known words that is most like this one; empty where
    none is. Case and blanks around do not count."""
    near = most_like(word, known)
    return f" Did you mean {near}?" if near else ""


def most_like(word: str, known: Iterable[str]) -> str:
    """The one of the known words that is most like this one, as ``nearest`` says."""
    by_key = {each.strip().casefold(): each for each in known if each.strip()}
    near = get_close_matches(word.strip().casefold(), by_key, n=1, cutoff=0.7)
    return by_key[near[0]] if near else ""


def same_identifier(one: str, other: str) -> bool:
    """Whether two identifiers (barcodes, patron ids) are one, however they are written."""
    return identifier_key(one) == identifier_key(other)


def identifier_key(identifier: str) -> str:
    """The form of an identifier that is the same however it is written: Alma does not regard case,
    and computers keep a letter with its accent as one sign or as two."""
    if identifier.isascii():
        return identifier.casefold()
    return normalize("NFC", normalize("NFD", identifier).casefold())
