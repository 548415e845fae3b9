"""What is read in few steps is what a closer look would have read."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almareplay.sources import Capture, DateOrder, FileRefused, ReadingOptions
from almareplay.sources.options import ClockHours
from almareplay.sources.tables.plainrows import PlainRows
from almareplay.sources.tables.record import Record, taker
from almareplay.sources.tables.table import TableReader
from almareplay.transactions import Kind, Transaction
from tests.examples import examples
from tests.fuzz.persons import KINDS
from tests.sources.conftest import USUAL
from tests.sources.test_fixtures import EXPECTED

# The first three of each are such as most rows have.
CELLS = {
    "Timestamp": [
        *("2026-09-14 09:01", "2026-09-14 09:01:30", "20260914090200"),
        *("2026-09-14 9:02 PM", "2027-01-01 09:00", "NULL", ""),
    ],
    "Type": ["Loan", "Return", "L", "checked in", "n/a", "renewed", "Odette", ""],
    "Item Barcode": [
        "34880000500001",
        "34880000500002",
        "77",
        "0004",
        "b12x",
        "348800005000010000",
        "#REF!",
    ],
    "Patron ID": [
        "24880000200014",
        "24880000200022",
        "",
        "quill.o",
        "0004",
        "'24",
        "24,880",
        "N/A",
    ],
    "Library": ["MAIN", "East", "", "main ", "NULL", "=A1"],
    "Desk": ["FRONT", "7", "", "#N/A"],
}
OPTIONS: list[dict[str, object]] = [
    {},
    {"kind": Kind.LOAN},
    {"captured_at": datetime(2026, 9, 14, 9), "date_order": DateOrder.DMY},  # noqa: DTZ001 - local
    {"clock": ClockHours.TWELVE, "scanner_prefix": "3"},
    {"clock_offset": timedelta(minutes=7), "fill_patron": True},
    {"library": None, "circ_desk": None},
]


@contextmanager
def closer_look() -> Iterator[None]:
    """Within it every row is looked at closely."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlainRows, "read", lambda *_: None)
        yield


def outcome(opened: Callable[[], Capture]) -> tuple[object, ...]:
    """All that a capture gives, or the words of its refusal."""
    try:
        capture = opened()
        return [*capture.rows()], capture.assumptions, capture.columns
    except FileRefused as refusal:
        return (str(refusal),)


@pytest.mark.parametrize("name", EXPECTED)
def test_of_every_fixture(name: str, opened: Callable[..., Capture]) -> None:
    path = name if name.startswith("outage-") else f"captures/{name}"
    quick = outcome(lambda: opened(path, **EXPECTED[name].flags))
    with closer_look():
        assert outcome(lambda: opened(path, **EXPECTED[name].flags)) == quick


@pytest.mark.parametrize("kind", KINDS)
def test_of_damaged_captures(kind: str, opened: Callable[..., Capture]) -> None:
    dice = random.Random(f"plain {kind}")
    for _ in range(40):
        content = KINDS[kind](dice).content
        quick = outcome(partial(opened, content))
        with closer_look():
            assert outcome(partial(opened, content)) == quick


class Typed:
    """A table of rows as somebody typed them."""

    name, day_of_name, progress = "desk.csv", None, 0.0

    def __init__(self, rows: list[list[str]], above: int = 0) -> None:
        self._rows = [*rows[:above], [*CELLS], *rows[above:]]

    def records(self) -> Iterator[Record]:
        for number, cells in enumerate(self._rows, 1):
            yield Record(number, [*cells])


@st.composite
def typed_rows(draw: st.DrawFn) -> list[list[str]]:
    """Rows of which each has at most one cell that is out of the ordinary, and may end early."""
    rows = []
    for _ in range(draw(st.integers(1, 10))):
        cells = [draw(st.sampled_from(usual[:3])) for usual in CELLS.values()]
        column = draw(st.integers(0, 5))
        cells[column] = draw(st.sampled_from([*CELLS.values()][column]))
        rows.append(cells[: draw(st.sampled_from([6, 6, 6, 5, 4]))])
    return rows


@settings(max_examples=examples(150))
@given(typed_rows(), st.sampled_from([0, 0, 1, 2]), st.sampled_from(OPTIONS))
def test_of_any_rows(rows: list[list[str]], above: int, named: dict[str, object]) -> None:
    options = ReadingOptions(**{**USUAL, **named})  # type: ignore[arg-type]  # the names are above

    def read() -> tuple[object, ...]:
        try:
            reader = TableReader(Typed(rows, above), options)
            return [*reader.rows()], reader.assumptions.in_words()
        except FileRefused as refusal:
            return (str(refusal),)

    quick = read()
    with closer_look():
        assert read() == quick


def test_most_rows_need_no_closer_look() -> None:
    rows = [["2026-09-14 09:01", "Loan", f"3488000050000{n}", "24880000200014"] for n in "123"]
    reader = TableReader(Typed([[*row, "MAIN", "FRONT"] for row in rows]), _options())
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(TableReader, "_transactions")
        rows_read = [row for row in reader.rows() if isinstance(row, Transaction)]
    assert [row.item_barcode[-1] for row in rows_read] == ["1", "2", "3"]


def _options() -> ReadingOptions:
    return ReadingOptions(**USUAL)  # type: ignore[arg-type]  # the names are right


@pytest.mark.parametrize("columns", [[], [1], [2, 0]])
@pytest.mark.parametrize("cells", [[], ["a"], ["a", "b", "c"]])
def test_the_cells_of_columns(columns: list[int], cells: list[str]) -> None:
    expected = [cells[column] if column < len(cells) else "" for column in columns]
    assert [*taker(columns)(cells)] == expected
