"""Which column of a table is what: from its header row, or from what the user says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from almareplay.sources.moments import Cell
from almareplay.transactions import nearest

# For each field the wordings from the surest to the vaguest: a column with a surer one wins.
_WORDINGS: dict[str, tuple[str, ...]] = {
    "item_barcode": (
        "item barcode|item bar code|barcode item|book barcode|copy barcode|itmbarcd",
        "item id|item no|item number|book id|book no|book number",
        "barcode|bar code",
        "item|book",
    ),
    "patron_id": (
        "patron id|patron barcode|patron bar code|barcode patron|patron no|patron number|"
        "borrower id|borrower barcode|borrower no|borrower number|user id|user barcode|"
        "ptrbarcd|primary id|primary identifier|member id|reader id",
        "patron card|library card|library card no|library card number|card|card no|card number|"
        "card id|id card|student id|student number|campus id|username|netid",
        "patron|borrower|user|member|reader",
    ),
    "kind": (
        "loan or return|return or loan|loan return|return loan|retorlo|l r|r l|in out|out in|"
        "ci co|co ci|check in out|check out in|checkin checkout|checkout checkin|"
        "check in check out|check out check in|checked in out|i o|charge discharge",
        "transaction type|kind",
        "type|action|transaction",
    ),
    "captured_at": (
        "timestamp|time stamp|datetime|date time|date and time|date & time|captured at",
    ),
    "date": ("date|loan date|transaction date|scan date|checkout date", "day"),
    "time": ("time|loan time|transaction time|scan time|checkout time|time of day",),
    "library": ("library|library code", "branch|branch code"),
    "circ_desk": ("desk|circ desk|circulation desk|desk code|circ desk code|service desk",),
    "saved": ("saved",),
}

_MEANING: dict[str, tuple[str, int]] = {
    wording: (field, rank)
    for field, ranks in _WORDINGS.items()
    for rank, wordings in enumerate(ranks)
    for wording in wordings.split("|")
}

VAGUE_RANK = 2
"""From this rank on a header may as well mean something else: Type of book, Patron's name."""


class Layout(NamedTuple):
    """Where the fields of a table stand: columns from 0. ``header`` is empty where it has none.

    No row may have filled cells beyond ``width``, and with ``exact`` none may have fewer cells:
    they would not be what their columns say, but for the first ``trusted`` ones. ``vague`` are the
    fields whose header may mean something else.
    """

    columns: Mapping[str, int]
    width: int
    header_row: int | None = None
    header: tuple[str, ...] = ()
    vague: frozenset[str] = frozenset()
    exact: bool = False
    trusted: int = 0


class LayoutError(ValueError):
    """The columns cannot be told; ``str()`` says why and which flag settles it."""


class NoHeaderError(LayoutError):
    """No row names the columns, and neither does the user."""


def wording(cell: Cell) -> str:
    """A header as it is compared: small letters and single blanks."""
    return " ".join(re.findall(r"[^\W_]+", cell.casefold())) if isinstance(cell, str) else ""


def find_layout(rows: Iterable[tuple[int, list[Cell]]], named: Mapping[str, str]) -> Layout:
    """The layout of a table from its first rows (number and cells), blank ones left out.

    ``named`` are the columns that the user names. Raises LayoutError.
    """
    rows = list(rows)
    best: tuple[int, tuple[str, ...]] | None = None
    most = 0
    for number, cells in rows:
        known = known_headers(cells, named)
        if known > most:
            best, most = (number, tuple(wording(cell) for cell in cells)), known
    width = max((len(cells) for _, cells in rows), default=0)
    if best is None:
        return _without_header(rows, named, width)
    number, words = best
    columns, vague = _by_wording(words, named)
    for field, name in named.items():
        columns[field] = _column(name, words, width, words)
        word = words[columns[field]] if columns[field] < len(words) else ""
        meaning, rank = _MEANING.get(word, (field, 0))
        if meaning != field and rank < VAGUE_RANK and word != wording(name):
            raise LayoutError(
                f"--columns says that {field} is column {letter(columns[field])}, but its header "
                f"says that it is {meaning}: load this file by itself."
            )
    if "item_barcode" not in columns:
        raise LayoutError(
            f"the header in row {number} names no item barcode: say which column it is, "
            "as in --columns item_barcode=C (a header, a letter, or a number from 1)."
        )
    width = max(len(words), *(column + 1 for column in columns.values()))
    return Layout(columns, width, number, words, frozenset(vague))


def known_headers(cells: Sequence[Cell], named: Mapping[str, str]) -> int:
    """How much a row is like a header: 0, or the fields it names, more with the barcode's.

    One field alone does not make a header, unless the row holds nothing else or the user names it.
    """
    words = {wording(cell) for cell in cells} - {""}
    by_name = {field for field, name in named.items() if wording(name) in words}
    fields = by_name | {_MEANING[word][0] for word in words if word in _MEANING}
    if len(fields) == 1 and not by_name and sum(cell != "" for cell in cells) > 1:
        return 0
    return len(fields) + ("item_barcode" in fields)


def _by_wording(
    words: tuple[str, ...], named: Mapping[str, str]
) -> tuple[dict[str, int], set[str]]:
    """The columns that the wordings tell, and which of them are vague. Raises LayoutError."""
    taken = {wording(column) for column in named.values()}
    found: dict[str, list[tuple[int, int]]] = {}
    for column, word in enumerate(words):
        field, rank = _MEANING.get(word, ("", 0))
        if field and field not in named and word not in taken:
            found.setdefault(field, []).append((rank, column))
    for field, candidates in found.items():
        candidates.sort()
        if len(candidates) > 1 and candidates[0][0] == candidates[1][0]:
            raise LayoutError(
                f"more than one column can be the {field.replace('_', ' ')} by its header: "
                f"say which, as in --columns {field}={letter(candidates[0][1])}."
            )
    return (
        {field: candidates[0][1] for field, candidates in found.items()},
        {field for field, candidates in found.items() if candidates[0][0] >= VAGUE_RANK},
    )


def _has_digit(cells: list[Cell]) -> bool:
    return any(character.isdigit() for cell in cells for character in str(cell))


def _without_header(
    rows: list[tuple[int, list[Cell]]], named: Mapping[str, str], width: int
) -> Layout:
    if not named:
        raise NoHeaderError(
            "has no header row that names its columns, an item barcode among them. If it is a list "
            "of loans or returns, say which column is which, as in "
            "--columns patron_id=A,item_barcode=B (a letter, or a number from 1), and give "
            "--kind and --captured-at for what it has no columns for."
        )
    first = rows[0][1] if rows else []
    # No message may quote a row that is none of headings: it has a patron's id.
    above = () if _has_digit(first) else tuple(wording(cell) for cell in first)
    columns = {field: _column(column, (), width, above) for field, column in named.items()}
    if "item_barcode" not in columns:
        raise LayoutError("--columns does not say where the item barcode is: item_barcode=C.")
    usual_width = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    header_row = None
    for number, cells in rows:  # in other words, but above the first barcode
        if _has_digit(cells):
            break
        header_row = number
    width = max(usual_width, *(column + 1 for column in columns.values()))
    return Layout(columns, width, header_row)


def _column(name: str, words: tuple[str, ...], width: int, alike: tuple[str, ...]) -> int:
    """The column that the user means: a header, a letter, or a number from 1. One of ``alike`` may
    be what was meant by a name that is none of them."""
    if (word := wording(name)) and word in words:
        return words.index(word)
    column = -1
    if name.isascii() and name.isdigit() and len(name) <= 5:
        column = int(name) - 1
    elif re.fullmatch("[A-Za-z]{1,3}", name):
        for character in name.upper():
            column = (column + 1) * 26 + ord(character) - ord("A")
    if not 0 <= column < width:
        raise LayoutError(
            f"has no column {name!r}: --columns takes a header, a letter, or a number from 1, "
            f"and the rows have {width} columns.{nearest(wording(name), alike)}"
        )
    return column


def letter(column: int) -> str:
    """The letter with which a spreadsheet shows a column counted from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
