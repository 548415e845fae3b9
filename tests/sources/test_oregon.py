"""Oregon's CSV."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from almareplay.sources import Capture, FileRefused, Row
from almareplay.sources.tables.rowsort import SAVED_READ
from almareplay.transactions import LeftOut, Transaction

Read = Callable[..., list[Row]]


def test_with_a_header_line(seen: Callable[..., list[str]]) -> None:
    saved = "(written out by the capture tool already)"
    assert seen("captures/oregon-header.csv") == [
        "(header)",
        "2 loan 35226030011207 25226000101133 09-14 09:08",
        "3 the row has 9 columns where 8 belong",
        "4 the row has 7 columns where 8 belong",
        saved,
        saved,
        "7 return 35226030018848 09-14 09:44",
    ]


def test_without_a_header_line(read: Read) -> None:
    rows = read("outage-oregon.csv")
    assert len([row for row in rows if isinstance(row, Transaction)]) == 8
    assert len([row for row in rows if isinstance(row, LeftOut)]) == 1
    first = rows[0]
    assert isinstance(first, Transaction)
    assert first.library == "SCI"
    assert first.has_seconds
    assert first.captured_at.isoformat() == "2026-09-14T09:08:33-07:00"


def test_it_has_libraries_and_no_desks(opened: Callable[..., Capture]) -> None:
    assert opened("outage-oregon.csv", library=None).format == "Oregon CSV"
    with pytest.raises(FileRefused, match=r"give --circ-desk CODE, with"):
        opened("outage-oregon.csv", circ_desk=None)


@pytest.mark.parametrize("fixture", ["outage-oregon.csv", "captures/oregon-header.csv"])
def test_names_of_patrons_are_never_kept(read: Read, fixture: str) -> None:
    kept = " ".join(str(value) for row in read(fixture) for value in row)
    for name in ("Okafor", "Nneka", "Halloran", "Sato", "Lindqvist", "QE26"):
        assert name not in kept


def test_rows_written_out_are_read_when_told(read: Read) -> None:
    rows = read("captures/oregon-header.csv", include_saved=True)
    again = [row for row in rows if isinstance(row, Transaction) and SAVED_READ in row.notes]
    assert [row.source_row for row in again] == [5, 6]
