"""Which column of a table is what: from its header row, or from what the user says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from almareplay.sources.cells.shapes import BARCODE_LIKE
from almareplay.sources.tables.findings import WHEN
from almareplay.sources.tables.wordings import OTHER, VAGUE_RANK, meaning, without_number, wording
from almareplay.sources.times.datetimes import Cell
from almareplay.transactions import nearest

IGNORE = "ignore"
"""What ``--columns`` calls columns that are not to be read."""


class Layout(NamedTuple):
    """Where the fields of a table stand: columns from 0. ``header`` is empty where it has none.

    No row may have filled cells beyond ``width``, and with ``exact`` none may have fewer cells:
    they would not be what their columns say, but for the first ``trusted`` ones. ``vague`` are the
    fields whose header may mean something else. ``further`` are columns with further items of the
    same row, by their headers. ``aside`` are columns that are known and not to be read. ``named``
    are the fields that the user names. ``tool`` is the name of the capture tool that has written
    the table, empty where it is anybody's.
    """

    columns: Mapping[str, int]
    width: int
    header_row: int | None = None
    header: tuple[str, ...] = ()
    vague: frozenset[str] = frozenset()
    exact: bool = False
    trusted: int = 0
    further: tuple[int, ...] = ()
    aside: frozenset[int] = frozenset()
    named: frozenset[str] = frozenset()
    tool: str = ""


class LayoutError(ValueError):
    """The columns cannot be told; ``str()`` says why and which flag settles it."""


class NoHeaderError(LayoutError):
    """No row names the columns, and neither does the user."""


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
    columns, further, aside = _named_columns(named, words, width, words)
    _refuse_contradictions(named, columns, words)
    taken = {*columns.values(), *further, *aside}
    vague: set[str] = set()
    for field, candidates in _by_wording(words, taken).items():
        best_rank, column = candidates[0]
        equal = [other for rank, other in candidates[1:] if rank == best_rank]
        if field in columns:
            aside |= {other for _, other in candidates} if field != "item_barcode" else set()
            continue
        if field == OTHER:
            aside |= {other for _, other in candidates}
            continue
        if equal and field != "item_barcode":
            raise LayoutError(
                f"more than one column can be the {in_words(field)} by its header: "
                f"say which, as in --columns {field}={letter(column)}."
            )
        columns[field] = column
        further += equal
        vague |= {field} if best_rank >= VAGUE_RANK else set()
        if field != "item_barcode":
            aside |= {other for rank, other in candidates if rank > best_rank}
    if "item_barcode" not in columns:
        raise LayoutError(
            f"the header in row {number} names no item barcode: say which column it is, "
            "as in --columns item_barcode=C (a header, a letter, or a number from 1)."
        )
    width = max(len(words), *(column + 1 for column in (*columns.values(), *further)))
    return Layout(
        columns, width, number, words, frozenset(vague),
        further=tuple(further), aside=frozenset(aside), named=frozenset(named),
    )  # fmt: skip


def known_headers(cells: Sequence[Cell], named: Mapping[str, str]) -> int:
    """How much a row is like a header: 0, or more for each field it names, most for the barcode's.

    A row with a barcode is none. One field alone makes a header only where the row holds nothing
    else that is unknown, or the user names it.
    """
    if any(_is_data(cell) for cell in cells):
        return 0
    words = {wording(cell) for cell in cells} - {""}
    by_name = {
        field
        for field, names in named.items()
        if any(not _is_place(name) and wording(name) in words for name in names.split("+"))
    }
    known = {word: found for word in words if (found := _meaning(word))}
    fields = (by_name | {field for field, _ in known.values()}) - {OTHER, IGNORE}
    if not fields or (len(fields) == 1 and not by_name and len(known) < len(words)):
        return 0
    return 2 * len(fields) + 2 * ("item_barcode" in fields) + (len(known) > len(fields))


def in_words(field: str) -> str:
    """A field as it is called in sentences: ``item barcode``."""
    return field.replace("_", " ")


def letter(column: int) -> str:
    """The letter with which a spreadsheet shows a column counted from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _is_data(cell: Cell) -> bool:
    """Whether a cell can stand in no header: it has a barcode, or is a large number or a time."""
    if isinstance(cell, int | float):
        return abs(cell) >= 10_000
    return bool(BARCODE_LIKE.search(cell)) if isinstance(cell, str) else True


def _meaning(word: str) -> tuple[str, int] | None:
    """What a header means; one that is counted (``item 2``) may be a further item's."""
    if found := meaning(word):
        return found
    counted = meaning(without_number(word))
    return counted if counted and counted[0] == "item_barcode" else None


def _by_wording(words: tuple[str, ...], taken: set[int]) -> dict[str, list[tuple[int, int]]]:
    """For each field the columns, with their ranks, that the wordings tell: the surest first."""
    found: dict[str, list[tuple[int, int]]] = {}
    for column, word in enumerate(words):
        if column not in taken and (known := _meaning(word)):
            field, rank = known
            found.setdefault(field, []).append((rank, column))
    for candidates in found.values():
        candidates.sort()
    return found


def _named_columns(
    named: Mapping[str, str], words: tuple[str, ...], width: int, alike: tuple[str, ...]
) -> tuple[dict[str, int], list[int], set[int]]:
    """The columns that the user names: of fields, of further items, and those not to be read.

    Raises LayoutError."""
    columns: dict[str, int] = {}
    further: list[int] = []
    aside: set[int] = set()
    for field, names in named.items():
        first, *others = (_column(name, words, width, alike) for name in names.split("+"))
        if field == IGNORE:
            aside |= {first, *others}
        elif others and field != "item_barcode":
            raise LayoutError(f"--columns names more than one column for {field}: name one.")
        else:
            columns[field] = first
            further += others
    return columns, further, aside


def _refuse_contradictions(
    named: Mapping[str, str], columns: Mapping[str, int], words: tuple[str, ...]
) -> None:
    for field, column in columns.items():
        word = words[column] if column < len(words) else ""
        known, rank = meaning(word) or (field, 0)
        if known in WHEN and field in WHEN:
            continue
        if known not in (field, OTHER) and rank < VAGUE_RANK and word != wording(named[field]):
            raise LayoutError(
                f"--columns says that {field} is column {letter(column)}, but its header "
                f"says that it is {known}: load this file by itself."
            )


def _without_header(
    rows: list[tuple[int, list[Cell]]], named: Mapping[str, str], width: int
) -> Layout:
    if not named.keys() - {IGNORE}:
        raise NoHeaderError(_no_header(rows, width))
    first = rows[0][1] if rows else []
    # No message may quote a row that is none of headings: it has a patron's id.
    above = () if _has_digit(first) else tuple(wording(cell) for cell in first)
    columns, further, aside = _named_columns(named, (), width, above)
    if "item_barcode" not in columns:
        raise LayoutError("--columns does not say where the item barcode is: item_barcode=C.")
    usual_width = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    header_row = None
    if columns.keys() & {"captured_at", "date", "time"}:  # without them a row may have no digit
        for number, cells in rows:
            if _has_digit(cells):
                break
            header_row = number
    width = max(usual_width, *(column + 1 for column in (*columns.values(), *further)))
    return Layout(
        columns, width, header_row,
        further=tuple(further), aside=frozenset(aside), named=frozenset(named),
    )  # fmt: skip


def _no_header(rows: list[tuple[int, list[Cell]]], width: int) -> str:
    """What is said of a table whose columns nothing names."""
    unknown = (
        bool(rows)
        and sum(cell != "" for cell in rows[0][1]) > 1
        and not _has_digit(rows[0][1])
        and any(_is_data(cell) for _, row in rows for cell in row if cell != "")
    )
    why = (
        "has a header in words that are not known, or none at all"
        if unknown
        else "has no header row that names its columns, an item barcode among them"
    )
    if width == 1:
        return (
            f"{why}, and one column only. If it holds items, give --columns item_barcode=A and "
            "--kind return; if it holds patrons' cards with their items below them, give "
            "--card-prefix with the first digits of the cards, and --kind loan. --captured-at "
            "says when they began."
        )
    return (
        f"{why}. If it is a list of loans or returns, say which column is which, as in "
        "--columns patron_id=A,item_barcode=B (a letter, or a number from 1), and give "
        "--kind and --captured-at for what it has no columns for. load --preview shows its columns."
    )


def _has_digit(cells: list[Cell]) -> bool:
    return any(character.isdigit() for cell in cells for character in str(cell))


def _is_place(name: str) -> bool:
    """Whether a name can only be a column's letter or number."""
    return len(name.strip()) == 1 or (name.strip().isascii() and name.strip().isdigit())


def _column(name: str, words: tuple[str, ...], width: int, alike: tuple[str, ...]) -> int:
    """The column that the user means: a header, a letter, or a number from 1. One of ``alike`` may
    be what was meant by a name that is none of them."""
    name = name.strip()
    if not _is_place(name) and (word := wording(name)) and word in words:
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
