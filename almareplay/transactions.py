"""The vocabulary: what a capture says, as plain frozen data without any I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import NamedTuple


class AlmaReplayError(Exception):
    """The root of every error that almareplay raises on purpose.

    ``str()`` of it is one or two sentences that a librarian understands and that say what to do.
    It never holds an API key or a patron id: it may be printed and logged.
    """


class Kind(StrEnum):
    """What happened at the desk."""

    LOAN = "loan"
    RETURN = "return"


class Transaction(NamedTuple):
    """One captured loan or return, read and believed. (A named tuple: captures have millions.)

    ``captured_at`` is aware, in the zone of the desk that captured it, and true to the minute, or
    to the second where ``has_seconds``. ``patron_id`` is empty only on a return. ``source_file`` is
    the file's name without its folder (``desk.xlsx#Friday`` for a sheet), ``source_row`` the line
    of the text file or the row number that the spreadsheet shows. ``note`` says in words what was
    assumed to read the row, and is empty where nothing was.
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
    note: str = ""


class InvalidRow(NamedTuple):
    """A row of a capture that cannot be read or cannot be true: kept, reported, never sent.

    ``reason`` is a sentence for staff. What could be read of the row stands in the other fields;
    what could not is ``None`` or empty. ``cancelled``: it was undone where it was captured, so that
    nothing is to be done.
    """

    reason: str
    source_file: str
    source_row: int
    kind: Kind | None = None
    captured_at: datetime | None = None
    item_barcode: str = ""
    patron_id: str = ""
    library: str = ""
    circ_desk: str = ""
    cancelled: bool = False


class LeftOut(NamedTuple):
    """A line that is no transaction (blank, header, title …); ``reason`` is counted at load."""

    reason: str


def joined(*notes: str) -> str:
    """The notes of one row as one, without the empty ones."""
    return "; ".join(note for note in notes if note)


def nearest(word: str, known: Iterable[str]) -> str:
    """`` Did you mean X?``, with the one of the known words that is most like this one; empty where
    none is. Case and blanks around do not count."""
    by_key = {each.strip().casefold(): each for each in known if each.strip()}
    near = get_close_matches(word.strip().casefold(), by_key, n=1, cutoff=0.7)
    return f" Did you mean {by_key[near[0]]}?" if near else ""


def same_identifier(one: str, other: str) -> bool:
    """Whether two identifiers (barcodes, patron ids) are one to Alma, which ignores their case."""
    return identifier_key(one) == identifier_key(other)


def identifier_key(identifier: str) -> str:
    """The form of an identifier under which Alma's indifference to case disappears."""
    return identifier.casefold()
