"""What holds for all captures: what is written is read, and no bytes do harm."""

from __future__ import annotations

import csv
import io
import string
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it comes without types
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from almareplay.outcomes.reasons import all_in_words, in_words
from almareplay.sources import (
    Capture,
    ClockHours,
    Codabar,
    FileRefused,
    ReadingOptions,
    Row,
    open_capture,
)
from almareplay.transactions import InvalidRow, Kind, LeftOut, Transaction, same_identifier
from tests.examples import examples

Read = Callable[..., list[Row]]
Simple = tuple[Kind, datetime, str, str]

UNFORESEEN = "has something in it that cannot be read"
# One folder serves all examples of a test: each overwrites the file of the one before.
SHARED_FOLDER = [HealthCheck.function_scoped_fixture]

identifiers = st.one_of(
    st.text(string.digits, min_size=1, max_size=15),
    st.from_regex(r"\A[f-m][e-m0-9.@_-]{0,20}[a-m_]\Z").filter(lambda text: "..." not in text),
    st.from_regex(r"\A[E-ZÄÖÜß][0-9]{1,8}-[E-ZÄÖÜß]\Z"),
)
minutes = st.datetimes(
    datetime(2011, 1, 1),  # noqa: DTZ001 - local to the setting
    datetime(2026, 11, 20),  # noqa: DTZ001 - local to the setting
).map(lambda moment: moment.replace(second=0, microsecond=0, fold=0))
transactions = st.tuples(st.sampled_from(Kind), minutes, identifiers, identifiers).filter(
    lambda row: not same_identifier(row[2], row[3])
)


def simple(rows: list[Row]) -> list[Simple]:
    """What was read, in the words in which it was written; moved hours are moved back."""
    assert not any(isinstance(row, InvalidRow) for row in rows), rows
    return [
        (row.kind, row.captured_at.replace(tzinfo=None, fold=0), row.item_barcode, row.patron_id)
        for row in rows
        if isinstance(row, Transaction) and "skipped" not in all_in_words(row.notes)
    ]


def exists(moment: datetime, options: ReadingOptions) -> bool:
    """Whether the clocks did not skip the hour."""
    aware = moment.replace(tzinfo=options.timezone)
    later = aware.replace(fold=1)
    offset, later_offset = aware.utcoffset(), later.utcoffset()
    assert offset is not None
    assert later_offset is not None
    return offset >= later_offset


@settings(suppress_health_check=SHARED_FOLDER, deadline=None)
@given(rows=st.lists(transactions, min_size=1, max_size=8), end=st.sampled_from(["\r\n", "\n"]))
def test_dat_reads_back(
    rows: list[Simple], end: str, read: Read, options: Callable[..., ReadingOptions]
) -> None:
    text = "".join(
        f"{at:%Y%m%d%H%M}{'L' if kind is Kind.LOAN else 'R'}{item:<80}x{patron}{end}"
        for kind, at, item, patron in rows
    )
    # Digits only could be too few beside others, and be taken for a year.
    assert simple(read(text)) == [
        (kind, at, item, f"x{patron}") for kind, at, item, patron in rows if exists(at, options())
    ]


@settings(suppress_health_check=SHARED_FOLDER, deadline=None)
@given(
    rows=st.lists(transactions, min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
)
def test_delimited_text_reads_back(
    rows: list[Simple],
    delimiter: str,
    encoding: str,
    read: Read,
    options: Callable[..., ReadingOptions],
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["Timestamp", "In/Out", "Patron ID", "Item Barcode"])
    for kind, at, item, patron in rows:
        writer.writerow([f"{at:%Y-%m-%d %H:%M}", kind.value, f"x{patron}", item])
    expected = [
        (kind, at, item, f"x{patron}") for kind, at, item, patron in rows if exists(at, options())
    ]
    assert simple(read(text.getvalue().encode(encoding), clock=ClockHours.TWENTY_FOUR)) == expected


@settings(suppress_health_check=SHARED_FOLDER, deadline=None, max_examples=examples(30))
@given(rows=st.lists(transactions, min_size=1, max_size=8))
def test_spreadsheets_read_back(
    rows: list[Simple], tmp_path: Path, options: Callable[..., ReadingOptions]
) -> None:
    path = tmp_path / "desk.xlsx"
    # A column of nothing but midnights is one of dates.
    rows = [(Kind.RETURN, datetime(2026, 9, 14, 9, 5), "1", "1"), *rows]  # noqa: DTZ001 - local
    with xlsxwriter.Workbook(path) as workbook:
        moment = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet = workbook.add_worksheet("Desk")
        sheet.write_row(0, 0, ["Date/Time", "CI/CO", "Card #", "Barcode"])
        for number, (kind, at, item, patron) in enumerate(rows, 1):
            sheet.write_datetime(number, 0, at, moment)
            sheet.write_string(number, 1, "CO" if kind is Kind.LOAN else "CI")
            sheet.write_string(number, 2, f"x{patron}")
            sheet.write_string(number, 3, item)
    expected = [
        (kind, at, item, f"x{patron}") for kind, at, item, patron in rows if exists(at, options())
    ]
    capture = open_capture(path, options(clock=ClockHours.TWENTY_FOUR))
    assert simple(list(capture.rows())) == expected


pieces = st.sampled_from(
    [
        *(b"202609140901L34880000400010", b"202609140902R1", b" " * 66, b"\r\n", b"\n", b"\r"),
        *(b"Timestamp,Type,Patron,Barcode\n", b"2026-09-14 09:05", b"14/09/2026", b"31/09/26"),
        *(b",", b";", b"\t", b'"', b"L", b"Return", b"24880000200014", b"3.4E+13", b"\x1a", b"\0"),
        *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xc2\xa0", b"\xfc", b"\x81", b"sep=;\n", b"A123B"),
    ]
)


@settings(suppress_health_check=SHARED_FOLDER, deadline=None, max_examples=examples(300))
@given(
    content=st.one_of(st.binary(max_size=300), st.lists(pieces, max_size=40).map(b"".join)),
    kind=st.sampled_from([None, *Kind]),
    captured_at=st.sampled_from([None, datetime(2026, 9, 14, 9)]),  # noqa: DTZ001 - local
    columns=st.sampled_from([{}, {"item_barcode": "A"}, {"item_barcode": "2", "patron_id": "A"}]),
)
@example(content=b"\xff\xfe0", kind=None, captured_at=None, columns={})
@example(content=b"1,2\nBarcode\n", kind=None, captured_at=None, columns={"kind": "B"})
@example(content=b'"\n' * 50, kind=None, captured_at=None, columns={})
def test_any_bytes_end_in_rows_or_one_refusal(
    content: bytes,
    kind: Kind | None,
    captured_at: datetime | None,
    columns: dict[str, str],
    opened: Callable[..., Capture],
) -> None:
    try:
        capture = opened(content, kind=kind, captured_at=captured_at, columns=columns)
        rows = list(capture.rows())
    except FileRefused as refusal:
        assert str(refusal).startswith("capture: ")
        assert UNFORESEEN not in str(refusal)
        return
    for row in rows:
        if isinstance(row, Transaction):
            assert row.item_barcode
            assert row.patron_id or row.kind is Kind.RETURN
            assert row.captured_at.tzinfo is not None
        else:
            assert isinstance(row, InvalidRow | LeftOut)
            assert in_words(row.reason)
    assert all(isinstance(sentence, str) for sentence in capture.assumptions)


@settings(suppress_health_check=SHARED_FOLDER, deadline=None, max_examples=examples(60))
@given(data=st.data())
@pytest.mark.parametrize(
    "fixture",
    [
        *("outage-branch.xlsx", "captures/several-sheets.xlsx", "captures/headers.csv"),
        *("captures/struck.xls", "captures/merged.xls", "captures/hidden.ods"),
    ],
)
def test_damaged_files_end_in_rows_or_one_refusal(
    fixture: str, data: st.DataObject, opened: Callable[..., Capture]
) -> None:
    content = bytearray((Path(__file__).parents[2] / "fixtures" / fixture).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[place] = data.draw(st.integers(0, 255))
        else:
            del content[place : place + data.draw(st.integers(1, 60))]
        if not content:
            break
    try:
        rows = list(opened(bytes(content)).rows())
    except FileRefused as refusal:
        assert str(refusal).startswith("capture")
        assert UNFORESEEN not in str(refusal)
    else:
        assert rows


def test_every_line_is_accounted_for_once(read: Read) -> None:
    content = (Path(__file__).parents[2] / "fixtures/captures/traps.dat").read_bytes()
    rows = read(content, codabar=Codabar.STRIP)
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    numbered = [row for row in rows if not isinstance(row, LeftOut)]
    assert len(rows) == len(lines) - 1
    assert len({row.source_row for row in numbered}) == len(numbered)
