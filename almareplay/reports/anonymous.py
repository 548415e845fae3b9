"""A report without patrons: stable numbers of the run in the place of what was captured.

A patron's id can stand in any cell of a capture, and in a file's name. So nothing that was captured
is shown unless Alma has known it: items that it found, libraries and desks that it took.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple
from unicodedata import category, normalize

from almareplay.outcomes import Disposition, Outcome, ReportRow
from almareplay.transactions import identifier_key

# Alma has not found the item, or was not asked.
_ITEM_UNKNOWN = (
    *(Outcome.ITEM_NOT_FOUND, Outcome.DUPLICATE, Outcome.CANCELLED),
    *(Outcome.HELD_BACK, Outcome.UNAVAILABLE),
)
_NOT_SENT = (Disposition.REJECTED, Disposition.PENDING)
_NOT_SHOWN = "not shown"
LEFT_OUT = frozenset({"clerk", "station"})
"""The codes of notes that say who captured a row: initials, and the name that somebody has typed
for a station, which may be a person's as well."""


@dataclass(frozen=True, slots=True)
class Names:
    """What an anonymous report says for what was captured: for patrons by the ``identifier_key`` of
    their ids, for libraries, desks and files by their own words. What is in none of them is not
    shown."""

    patrons: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    desks: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def number_patrons(
    patron_ids: Iterable[str], others: Iterable[str] = (), *, borrowers: Iterable[str] = ()
) -> dict[str, str]:
    """What stands for each patron id, by its ``identifier_key``: ``patron 1``, ``patron 2`` …

    They are numbered as they first appear in ``patron_ids``: those of a run by row number have the
    same numbers in each of its reports, whatever was filtered or retried between. Two ids of one
    patron have two numbers. ``borrowers``, who have items of the run in Alma, are numbered by
    themselves: ``borrower 1``. ``others`` are ids that stand in no row but may stand in its texts:
    they become ``a patron``.
    """
    names: dict[str, str] = {}
    for patron_id in patron_ids:
        names.setdefault(identifier_key(patron_id), f"patron {len(names) + 1}")
    patrons = len(names)
    for primary_id in borrowers:
        names.setdefault(identifier_key(primary_id), f"borrower {len(names) - patrons + 1}")
    for patron_id in others:
        names.setdefault(identifier_key(patron_id), "a patron")
    return names


def number_words(what: str, words: Iterable[str], known: Collection[str] = ()) -> dict[str, str]:
    """What stands for words of captures: ``desk 1``, ``desk 2`` … as they first appear, and those
    that are ``known`` for themselves."""
    names: dict[str, str] = {"": ""}
    unknown = 0
    for word in words:
        if word not in names:
            unknown += word not in known
            names[word] = word if word in known else f"{what} {unknown}"
    return names


def anonymous(rows: Iterable[ReportRow], names: Names) -> Iterator[ReportRow]:
    """Rows with these names in the place of what was captured, patron ids also in texts.

    What Alma said is left out, since it may quote any identifier or name of a patron (``alma_code``
    says the same), and so is the loan's id, by which Alma tells who borrowed the item. What staff
    noted on dismissing a row may name anybody, too, and why a row could not be read may quote it.
    """
    for row in rows:
        patrons = names.patrons
        yield row._replace(
            patron_id=row.patron_id and patrons.get(identifier_key(row.patron_id), "a patron"),
            item_barcode=_item(row, patrons),
            library=names.libraries.get(row.library, _NOT_SHOWN),
            circ_desk=names.desks.get(row.circ_desk, _NOT_SHOWN),
            source_file=names.files.get(row.source_file, _NOT_SHOWN),
            alma_message="",
            loan_id="",
            destination=_scrubbed(row.destination, row.patron_id, patrons),
            note=_note(row, patrons),
        )


def _item(row: ReportRow, patrons: Mapping[str, str]) -> str:
    unknown = row.outcome in _ITEM_UNKNOWN or row.disposition in _NOT_SENT
    # A patron's card may have been scanned in the place of the item.
    shown = _NOT_SHOWN if row.item_barcode and unknown else row.item_barcode
    return patrons.get(identifier_key(row.item_barcode), shown)


def _note(row: ReportRow, patrons: Mapping[str, str]) -> str:
    if row.dismissed:
        return "dismissed"
    if row.disposition is Disposition.REJECTED:
        return "could not be read"
    return _scrubbed(row.note, row.patron_id, patrons)


def _scrubbed(text: str, own_id: str, names: Mapping[str, str]) -> str:
    """A text without the ids that have names; the row's own is found however it is written."""
    patterns = _patterns()
    text = normalize("NFC", text)

    def own(found: re.Match[str]) -> str:
        start, end = found.span()
        beside = text[max(0, start - 1) : start] + text[end : end + 1]
        is_part = patterns.letter.search(beside)
        return found[0] if is_part else names.get(identifier_key(own_id), "a patron")

    def part(found: re.Match[str]) -> str:
        return names.get(identifier_key(found[0]), found[0])

    def word(found: re.Match[str]) -> str:
        return names.get(identifier_key(found[0])) or patterns.part.sub(part, found[0])

    scrubbed = text
    if own_id:
        written = re.escape(normalize("NFC", own_id))
        scrubbed = re.sub(written, own, text, flags=re.IGNORECASE)
    return patterns.word.sub(word, scrubbed)


class _Patterns(NamedTuple):
    """A sign of a word; words as identifiers are written, with other signs inside them but not
    around; and their parts without other signs."""

    letter: re.Pattern[str]
    word: re.Pattern[str]
    part: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    """Patterns that know marks, which ``\\w`` leaves out: not every letter with a mark is one sign
    in NFC, and scripts of India write vowels as marks."""
    marks = (sign for sign in map(chr, range(sys.maxunicode + 1)) if category(sign)[0] == "M")
    letter = rf"[\w{''.join(marks)}]"
    part = rf"\w{letter}*"
    word = rf"{part}(?:[^\w\s]+{part})*"
    return _Patterns(re.compile(letter), re.compile(word), re.compile(part))
