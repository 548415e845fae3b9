"""Captures into a real queue: all of a file or nothing, order and repetitions over all files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almareplay.outcomes import Outcome, Result
from almareplay.queue.errors import QueueError
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.loading.known_files import known_files
from almareplay.queue.ordering.lanes import LaneRow, arrange
from almareplay.queue.reading import queries
from almareplay.queue.reading.report_rows import report_rows
from almareplay.queue.replaying.attempts import Write, store_intent
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.replaying.journal import store_result
from almareplay.queue.store import Queue
from almareplay.sources import ReadingOptions, open_capture
from almareplay.transactions import Kind, LeftOut, Reason
from tests.examples import examples

if TYPE_CHECKING:
    from tests.queue.conftest import Pragma, Row, Station

FILE = CaptureFile("desk.dat", "00", "test capture")
MORNING = ["12:00 L i1 p1", "12:05 R i2", "", "bad", "12:01 L i3 p2"]


def test_a_file_says_what_it_brought(station: Station) -> None:
    loaded = station.load(*MORNING, "12:00 L i1 p1")
    assert (loaded.rows, loaded.invalid, loaded.duplicates) == (5, 1, 1)
    assert loaded.left_out == {Reason("blank_line"): 1}
    assert loaded.first == datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
    assert loaded.last == datetime(2026, 9, 14, 12, 5, tzinfo=UTC)
    assert [problem.source_row for problem in loaded.problems] == [4]


def test_rows_are_numbered_as_loaded_and_reported_in_replay_order(station: Station) -> None:
    station.load(*MORNING)
    station.load("12:03 L i4 p1", "bad", file="annex.dat")
    shown = [(row.row, row.source_file, row.source_row) for row in station.report()]
    assert shown == [
        (1, "desk.dat", 1),
        (4, "desk.dat", 5),
        (5, "annex.dat", 1),
        (2, "desk.dat", 2),
        (3, "desk.dat", 4),
        (6, "annex.dat", 2),
    ]


def test_a_real_dat_file_is_stored_as_it_was_captured(station: Station, tmp_path: Path) -> None:
    path = tmp_path / "OffCirc.dat"
    path.write_bytes(
        b"202609141202L" + b"34880000200014".ljust(80) + b"24880000100016\r\n"
        b"202609141107R34880000200014\r\n"
        b"2026091412075L" + b"34880000200030".ljust(80) + b"24880000100024\r\n"
    )
    options = ReadingOptions(
        timezone=ZoneInfo("Europe/Berlin"),
        now=datetime(2026, 9, 15, tzinfo=UTC),
        library="MAIN",
        circ_desk="FRONT",
    )
    capture = open_capture(path, options)
    load_file(station.queue, station.run, FILE, capture.rows())
    back, out, wrong = station.report()
    assert (back.kind, back.patron_id, back.source_row) == (Kind.RETURN, "", 2)
    assert (out.kind, out.item_barcode, out.patron_id) == (
        Kind.LOAN,
        "34880000200014",
        "24880000100016",
    )
    assert out.captured_at is not None
    assert out.captured_at.isoformat() == "2026-09-14T12:02:00+02:00"
    assert (out.library, out.circ_desk, out.source_file) == ("MAIN", "FRONT", "OffCirc.dat")
    assert wrong.outcome is Outcome.INVALID
    assert wrong.note
    assert [row.row for row in station.pending()] == [2, 1]


def failing(rows: Iterator[Row], failure: BaseException) -> Iterator[Row]:
    yield from rows
    raise failure


@pytest.mark.parametrize("failure", [OSError("the stick was pulled"), KeyboardInterrupt()])
def test_a_file_that_cannot_be_read_to_its_end_leaves_nothing(
    station: Station, failure: BaseException
) -> None:
    station.load("12:00 L i1 p1")
    # More rows than are sent to the database at once.
    many = station.rows(*(f"12:01 L x{n} p" for n in range(6_000)))
    with pytest.raises(type(failure)):
        load_file(station.queue, station.run, FILE, failing(many, failure))
    assert station.outcomes() == {1: Outcome.PENDING}
    assert known_files(station.queue, FILE.sha256) == []
    station.load("12:02 L i2 p1")
    assert list(station.outcomes()) == [1, 2]


def test_a_full_disk_leaves_the_queue_as_it_was(station: Station, pragma: Pragma) -> None:
    station.load("12:00 L i1 p1")
    with Queue.open(station.address) as queue, queue.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    pragma(f"max_page_count={pages}")
    with pytest.raises(QueueError, match="disk is full"):
        station.load(*(f"12:01 L i{n} secret-patron" for n in range(2_000)), file="annex.dat")
    assert station.outcomes() == {1: Outcome.PENDING}


def test_a_file_is_known_by_its_bytes_in_every_run(station: Station) -> None:
    load_file(station.queue, station.run, FILE, station.rows("12:00 L i1 p1"))
    night = station.queue.start_run("night")
    load_file(station.queue, night, CaptureFile("copy.dat", "00", "x"), station.rows("12:00 R i1"))
    known = known_files(station.queue, "00")
    assert [(each.name, each.run.name) for each in known] == [
        ("desk.dat", "main"),
        ("copy.dat", "night"),
    ]
    assert all(each.loaded_at.tzinfo for each in known)
    assert known_files(station.queue, "ff") == []
    assert queries.loaded_files(station.queue, station.run) == [("desk.dat", "test capture", 1)]


def test_a_sheet_is_known_by_itself(station: Station) -> None:
    for sheet, line in (("Friday", "12:00 L i1 p1"), ("Monday", "12:00 L i2 p1")):
        file = CaptureFile("desk.xlsx", "00", "x", sheet)
        assert known_files(station.queue, "00", sheet) == []
        load_file(station.queue, station.run, file, station.rows(line))
        assert [each.name for each in known_files(station.queue, "00", sheet)] == ["desk.xlsx"]
    assert known_files(station.queue, "00") == []


def test_many_rows_are_stored_as_they_were_captured(station: Station) -> None:
    # More than go into one statement, and a rest; some invalid and some left out among them.
    lines = [f"12:{n % 60:02d}:{n % 7:02d} L I{n} p{n % 9}" for n in range(1_203)]
    lines[3], lines[700], lines[1_202] = "bad", "", "12:59 R i5"
    station.load(*lines)
    expected = [read for read in station.rows(*lines) if not isinstance(read, LeftOut)]
    stored = {row.row: row for row in station.report()}
    assert sorted(stored) == list(range(1, 1_203))
    for row, read in enumerate(expected, start=1):
        shown = stored[row]
        assert (shown.source_file, shown.source_row) == (read.source_file, read.source_row)
        assert (shown.kind, shown.captured_at) == (read.kind, read.captured_at)
        assert (shown.item_barcode, shown.patron_id) == (read.item_barcode, read.patron_id)
    assert {row for row in stored if stored[row].outcome is Outcome.INVALID} == {4}


def test_a_small_file_into_a_large_run_finds_what_it_repeats(station: Station) -> None:
    station.load(*(f"12:00 L i{n} p{n}" for n in range(300)))
    assert station.load("12:01 L i7 p7", "12:00 R i8", file="annex.dat").duplicates == 1
    rows = {row.row: row for row in station.report()}
    assert rows[301].note == "the same as row 8"
    assert "guess" in rows[302].note and "guess" in rows[9].note


def test_runs_know_nothing_of_each_others_rows(station: Station) -> None:
    station.load("12:00 L i1 p1")
    night = station.queue.start_run("night")
    loaded = load_file(station.queue, night, FILE, station.rows("12:00 L i1 p1"))
    assert loaded.duplicates == 0
    assert [row.row for row in report_rows(station.queue, night)] == [1]


def test_a_row_that_another_file_has_is_a_duplicate_and_says_of_which(station: Station) -> None:
    station.load("12:00 L i1 p1", "12:00 L I2 P1")
    assert station.load("12:00 L I1 P1", "12:00 L i2 p1", file="annex.dat").duplicates == 2
    rows = {row.row: row for row in station.report()}
    assert rows[3].outcome is Outcome.DUPLICATE
    assert rows[3].note == "the same as row 1"
    assert rows[4].note == "the same as row 2"


def test_a_letter_with_its_accent_in_one_sign_and_in_two_is_one_letter(station: Station) -> None:
    station.load("12:00 L \u00e9t\u00e9-1 ren\u00e9.o", "12:05 R \u00e9t\u00e9-1")
    repeated = station.load(
        "12:00 L e\u0301te\u0301-1 rene\u0301.o", "12:05 R e\u0301te\u0301-1", file="annex.dat"
    )
    assert repeated.duplicates == 2
    rows = {row.row: row for row in station.report()}
    assert rows[3].patron_id == "rene\u0301.o"  # as captured


def test_files_are_merged_and_a_guess_is_noted(station: Station) -> None:
    station.load("12:00 L i1 p1", "12:30 R i1")
    station.load("12:00 R i1", "12:15 L i9 p1", file="annex.dat")
    rows = station.report()
    assert [row.row for row in rows] == [3, 1, 4, 2]
    assert ["guess" in row.note for row in rows] == [True, True, False, False]


def test_invalid_rows_stand_in_no_lane(station: Station) -> None:
    station.load("bad", "bad", "12:00 L i1 p1", "bad")
    assert [row.row for row in station.pending()] == [3]
    assert list(station.outcomes()) == [3, 1, 2, 4]


def test_a_capture_that_grew_adds_only_what_is_new(station: Station) -> None:
    first = ["12:00 L i1 p1", "12:01 R i2"]
    station.load(*first)
    grown = station.load(*first, "12:01 L i2 p2", "12:02 R i1", file="desk.dat")
    assert (grown.rows, grown.duplicates) == (4, 2)
    assert [row.row for row in station.pending()] == [1, 2, 5, 6]


def test_what_was_replayed_keeps_its_outcome_whatever_is_loaded(station: Station) -> None:
    station.load("12:00:40 L i1 p1")
    hold = take_hold(station.queue, station.run)
    intent = store_intent(station.queue, hold, 1, Write.LOAN, None)
    result = Result(Outcome.LOANED, loan_id="71")
    store_result(station.queue, hold, 1, result, intent=intent)
    loaded = station.load("12:00:10 L i1 p1", "12:00:55 R i1", file="annex.dat")
    assert loaded.duplicates == 1
    assert station.outcomes() == {1: Outcome.LOANED, 2: Outcome.DUPLICATE, 3: Outcome.PENDING}


def test_a_call_whose_answer_is_lost_keeps_its_row_pending(station: Station) -> None:
    station.load("12:01 L i1 p1")
    hold = take_hold(station.queue, station.run)
    store_intent(station.queue, hold, 1, Write.LOAN, None)
    # One minute earlier, so that row 1 now repeats it.
    station.load("12:00 L i1 p1", file="annex.dat")
    assert station.outcomes()[1] is Outcome.PENDING


def test_a_row_under_way_stays_the_fact_whatever_is_loaded_beside_it(station: Station) -> None:
    station.load("12:00 R i1", file="desk.dat")
    hold = take_hold(station.queue, station.run)
    # Its second is known here, so it would be the fact if nobody had row 1 in hand.
    for number, name in enumerate(("annex.dat", "media.dat"), start=2):
        station.load("12:00:40 R i1", "12:00:55 L i9 p1", file=name)
        outcomes = station.outcomes()
        assert (outcomes[1], outcomes[2 * number - 2]) == (Outcome.PENDING, Outcome.DUPLICATE)
    release_hold(station.queue, hold)
    station.load("12:00:40 R i1", "12:00:57 L i8 p1", file="late.dat")
    assert next(row.row for row in station.pending()) in (2, 4, 6)


LINES = st.builds(
    "12:{:02d}{} {} i{} {}".format,
    st.integers(0, 6),
    st.sampled_from(["", ":00", ":40"]),
    st.sampled_from("LR"),
    st.integers(1, 2),
    st.sampled_from("pq"),
)


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.lists(LINES, max_size=6), min_size=2, max_size=3))
def test_loading_file_after_file_is_arranging_all_at_once(
    open_station: Callable[[Path], AbstractContextManager[Station]], files: list[list[str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_station(Path(folder)) as station:
        for lines in files:
            station.load(*lines)
        stored = {row.row: row for row in station.report()}
    said = [(file, line) for file, lines in enumerate(files) for line in lines]
    lanes: dict[str, list[LaneRow]] = {}
    for row, (file, line) in enumerate(said, start=1):
        shown, patron = stored[row], stored[row].patron_id
        assert shown.kind is not None and shown.captured_at is not None
        moment = int(shown.captured_at.timestamp())
        lanes.setdefault(shown.item_barcode, []).append(
            LaneRow(row, file, shown.kind, patron, moment, line.split()[0].count(":") == 2)
        )
    times = [[f"{line.split()[0]}:00"[:8] for line in lines] for lines in files]
    loose = {file for file, at in enumerate(times) if any(b < a for a, b in pairwise(at))}
    for lane in lanes.values():
        expected = sorted(arrange(lane, loose), key=lambda each: (each.order_at, each.place))
        rows = {each.row: each.repeats is not None for each in expected}
        assert {row: stored[row].outcome is Outcome.DUPLICATE for row in stored if row in rows} == (
            rows
        )
        assert [row for row in stored if row in rows] == list(rows)
