"""The `.dat` export: what is written reads back the same, and what would not is refused."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from almareplay.outcomes import ReportRow
from almareplay.outcomes.reasons import in_words
from almareplay.reports import ReportError
from almareplay.reports.dat import (
    DatLine,
    UnwritableRow,
    check_dat_path,
    dat_line,
    write_dat,
)
from almareplay.sources import ReadingOptions, open_capture
from almareplay.sources.options import Codabar
from almareplay.transactions import Kind, Transaction
from tests.examples import examples

# One folder serves all examples of a test: each overwrites the file of the one before.
SHARED_FOLDER = [HealthCheck.function_scoped_fixture]
BEGIN = datetime(2026, 9, 14, 9, tzinfo=UTC)
READING = ReadingOptions(
    ZoneInfo("UTC"), BEGIN + timedelta(days=9), "MAIN", "FRONT", codabar=Codabar.KEEP
)
SECOND = "202609140910L34880000200014"

Fact = tuple[Kind, datetime, str, str]

characters = st.characters(categories=["L", "M", "N", "P", "S", "Zs"])
odd = st.sampled_from([*"\t\r\n\x00\x1a\x85\ufeff\ufffd\u2028\u200b", "  ", " ", "\xa0", SECOND])
identifiers = st.one_of(
    st.text(string.digits, min_size=1, max_size=15),
    st.from_regex(r"\A[A-E]?[0-9]{1,8}[A-E]?\Z"),
    st.text(characters, max_size=85),
    st.text(characters, min_size=1).map(lambda text: (text * 300)[:255]),
    st.lists(st.one_of(characters, odd), max_size=6).map("".join),
)
times = st.datetimes(
    datetime(1998, 1, 1),  # noqa: DTZ001 - made aware below
    datetime(2026, 9, 20),  # noqa: DTZ001 - made aware below
    timezones=st.just(UTC),
)
facts = st.tuples(st.sampled_from(Kind), times, identifiers, identifiers | st.just(""))


def as_row(row: ReportRow, fact: Fact) -> ReportRow:
    kind, at, item, patron = fact
    return row._replace(kind=kind, captured_at=at, item_barcode=item, patron_id=patron)


def to_the_minute(fact: Fact) -> Fact:
    return fact[0], fact[1].replace(second=0, microsecond=0), *fact[2:]


def read_back(path: Path) -> list[Fact | str]:
    """What stands in a file, by the reader of captures; of other rows the reason."""
    return [
        (each.kind, each.captured_at, each.item_barcode, each.patron_id)
        if isinstance(each, Transaction)
        else in_words(each.reason)
        for each in open_capture(path, READING).rows()
    ]


@settings(suppress_health_check=SHARED_FOLDER, deadline=None, max_examples=examples(60))
@given(rows=st.lists(facts, min_size=1, max_size=12))
@example(rows=[(Kind.LOAN, BEGIN, "é" * 80, "ü" * 255)])
@example(rows=[(Kind.LOAN, BEGIN, "x" * 71 + "202609140", "910L3")])
@example(rows=[(Kind.RETURN, BEGIN, "EQ LAPTOP é", "Ann  Two Blanks")])
def test_what_is_written_reads_back_and_the_rest_is_odd(
    rows: list[Fact], row: ReportRow, tmp_path: Path
) -> None:
    good: list[Fact] = []
    lines: list[DatLine] = []
    # A file's first line tells its format.
    for fact in [(Kind.RETURN, BEGIN, "34880000200014", ""), *rows]:
        try:
            lines.append(dat_line(as_row(row, fact)))
        except UnwritableRow as reason:
            assert str(reason)
            assert not _is_plain(fact)
        else:
            good.append(to_the_minute(fact))
    write_dat(tmp_path / "good.dat", lines, overwrite=True)
    for fact, read in zip(good, read_back(tmp_path / "good.dat"), strict=True):
        # What looks damaged is mended or refused when it is read again.
        assert read == fact or not _is_plain(fact)


def _is_plain(fact: Fact) -> bool:
    """Whether nothing about a fact looks as if something had happened to it."""
    kind, at, item, patron = fact
    same = item == patron or (kind is Kind.LOAN and not patron)
    numbers = [text for text in (item, patron) if text]
    right = bool(item) and not same and at.year >= 2000
    return right and all(re.fullmatch(r"[0-9]{10,13}", n) for n in numbers)


def test_a_file_is_as_the_upload_wants_it(row: ReportRow, tmp_path: Path) -> None:
    path = tmp_path / "out.dat"
    path.write_text("of last week")
    returned = row._replace(kind=Kind.RETURN, item_barcode="Gerät 7", patron_id="")
    (file,) = write_dat(path, [dat_line(row), dat_line(returned)], overwrite=True)
    assert path.read_bytes() == (
        b"202609140902L34880000200014" + b" " * 66 + b"24880000100016\r\n"
        b"202609140902R" + "Gerät 7".encode() + b" " * 73 + b"\r\n"
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert (file.path, file.lines, list(file.places)) == (path, 2, [("MAIN", "FRONT")])
    assert file.first == file.last == row.captured_at
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"item_barcode": "x" * 81}, "item barcode has more than 80"),
        ({"item_barcode": "a  b"}, "item barcode holds several blanks"),
        ({"item_barcode": "a \xa0b"}, "item barcode holds several blanks"),
        ({"item_barcode": ""}, "no item barcode"),
        ({"item_barcode": "A123B"}, "item barcode would lose its letters"),
        ({"patron_id": "A123B"}, "patron id would lose its letters"),
        ({"patron_id": "x" * 256}, "patron id has more than 255"),
        ({"patron_id": "a\tb"}, "patron id holds a tab"),
        ({"patron_id": "a\u200b"}, "patron id begins or ends"),
        ({"patron_id": ""}, "a loan without a patron"),
        ({"patron_id": SECOND}, "second transaction"),
        ({"captured_at": datetime(1999, 12, 31, tzinfo=UTC)}, "the year 1999"),
        ({"captured_at": None}, "no time"),
    ],
)
def test_a_row_that_would_not_read_back_is_refused(
    row: ReportRow, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(UnwritableRow, match=words) as refused:
        dat_line(row._replace(**changes))  # type: ignore[arg-type]  # the values are the table's
    assert row.patron_id not in str(refused.value)


def test_the_time_is_that_of_the_desk(row: ReportRow) -> None:
    there = timezone(timedelta(hours=9, minutes=30))
    late = row._replace(captured_at=datetime(2026, 9, 15, 0, 5, 59, tzinfo=there))
    assert dat_line(late).text.startswith("202609150005L")


def test_desks_are_told_apart_by_the_names_of_their_files(row: ReportRow, tmp_path: Path) -> None:
    places = [("A-B", "C"), ("A", "B-C"), ("a", "b-c"), ("A", "../x y"), ("A-B", "C"), ("Ä", "1")]
    lines = [dat_line(row._replace(library=library, circ_desk=desk)) for library, desk in places]
    codes = {code for place in places for code in place}
    files = write_dat(tmp_path / "out.dat", lines, by_desk=True, codes=codes)
    assert [(file.path.name, file.lines, list(file.places)) for file in files] == [
        ("out-A-B-C.dat", 2, [("A-B", "C")]),
        ("out-A-B-C-2.dat", 1, [("A", "B-C")]),
        ("out-a-b-c-3.dat", 1, [("a", "b-c")]),
        ("out-A-.._x_y.dat", 1, [("A", "../x y")]),
        ("out-Ä-1.dat", 1, [("Ä", "1")]),
    ]
    assert sorted(tmp_path.iterdir()) == sorted(file.path for file in files)


def test_what_was_captured_for_a_desk_names_no_file(row: ReportRow, tmp_path: Path) -> None:
    """A patron's id may have slipped into the column of the desk."""
    places = [("MAIN", "24880000100016"), ("MAIN", "FRONT"), ("u0045871", "FRONT")]
    lines = [dat_line(row._replace(library=library, circ_desk=desk)) for library, desk in places]
    files = write_dat(tmp_path / "out.dat", lines, by_desk=True, codes=CODES)
    names = [file.path.name for file in files]
    assert names == ["out-1.dat", "out-MAIN-FRONT.dat", "out-2.dat"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_without_lines_there_is_no_file(tmp_path: Path) -> None:
    assert write_dat(tmp_path / "out.dat", []) == []
    assert list(tmp_path.iterdir()) == []


CODES = ("MAIN", "FRONT")


@pytest.mark.parametrize("by_desk", [False, True])
def test_a_file_that_is_there_is_not_replaced_for_it_may_be_the_capture(
    row: ReportRow, tmp_path: Path, by_desk: bool
) -> None:
    old = tmp_path / ("out-MAIN-FRONT.dat" if by_desk else "out.dat")
    old.write_bytes(f"{dat_line(row).text}\r\n".encode())
    before = old.read_bytes()
    with pytest.raises(ReportError, match=r"there already.*--overwrite"):
        write_dat(tmp_path / "out.dat", [dat_line(row)], by_desk=by_desk, codes=CODES)
    assert (old.read_bytes(), list(tmp_path.iterdir())) == (before, [old])


@pytest.mark.parametrize("by_desk", [False, True])
@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_older_export_survives_a_failure(
    row: ReportRow, tmp_path: Path, failure: BaseException, by_desk: bool
) -> None:
    def failing() -> Iterator[DatLine]:
        yield dat_line(row)
        yield dat_line(row._replace(library="LAW"))
        raise failure

    old = tmp_path / ("out-MAIN-FRONT.dat" if by_desk else "out.dat")
    old.write_text("older")
    expected = ReportError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_dat(tmp_path / "out.dat", failing(), by_desk=by_desk, codes=CODES, overwrite=True)
    assert old.read_text() == "older"
    assert list(tmp_path.iterdir()) == [old]


@pytest.mark.parametrize(
    ("name", "words"),
    [("out.csv", r"must end in \.dat"), ("no/out.dat", "no such folder"), ("x.dat", "a folder")],
)
def test_a_path_that_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, name: str, words: str
) -> None:
    (tmp_path / "x.dat").mkdir()
    with pytest.raises(ReportError, match=words):
        check_dat_path(tmp_path / name)
