"""The file of a stranded station: read to its last line, each scan once wherever it comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from almareplay.outcomes.reasons import all_in_words
from almareplay.sources import Capture, FileRefused, Row
from almareplay.sources.capturepage.stationfile import UNREADABLE
from almareplay.sources.deskmap import read_desk_map
from almareplay.transactions import InvalidRow, LeftOut, Transaction

Opened = Callable[..., Capture]
Read = Callable[..., list[Row]]
Seen = Callable[..., list[str]]

MILLISECONDS = 1_789_401_725_417  # 14 September 2026, 09:02:05 in Los Angeles
HEADER = {
    "almareplay_capture": 1,
    "session": "outage",
    "station": "s1",
    "name": "Annex",
    "library": "ANNEX",
    "circ_desk": "ANNEX_DESK",
    "timezone": "America/Los_Angeles",
}


def scan(**values: object) -> dict[str, object]:
    plain = {
        "id": "a1",
        "sequence": 1,
        "event": "scan",
        "kind": "return",
        "item_barcode": "item1",
        "patron_id": "",
        "captured_ms": MILLISECONDS,
        "station_time_ms": MILLISECONDS - 240_000,
        "clock_offset_ms": 240_000,
        "given_time": False,
    }
    return plain | values


def lines(*said: object) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in (HEADER, *said))


def test_a_station_s_file(seen: Seen) -> None:
    assert seen("captures/station.jsonl") == [
        "(header)",
        "2 loan 34880000200014 24880000100016 09-14 09:02 [captured at: Annex; clerk: AB; the "
        "patron was told a due date: 5 October 2026]",
        "(voided at the desk)",
        "(takes back a scan)",
        "(the clerk refused the loan, going by the offline patron list)",
        "6 loan 34880000200048 24880000100032 09-14 09:05 [captured at: Annex; clerk: AB; by the "
        "offline patron list the patron was expired, and the clerk lent it all the same]",
        "7 return 34880000200055 09-14 08:00 [captured at: Annex; the clerk gave the time, as of a "
        "book drop]",
        "8 a loan without a patron",
        "9 the line cannot be read: was the file cut off in it?",
    ]


def test_the_server_s_clock_counts_to_the_second(read: Read) -> None:
    _, first, second = read(lines(scan(), scan(id="a2", captured_ms=None)))
    assert isinstance(first, Transaction)
    assert first.captured_at == datetime(2026, 9, 14, 16, 2, 5, tzinfo=UTC)
    assert first.has_seconds
    assert (first.library, first.circ_desk, first.scan_id) == ("ANNEX", "ANNEX_DESK", "a1")
    assert isinstance(second, Transaction)
    assert second.captured_at == first.captured_at


def test_files_copied_together_keep_their_stations(read: Read) -> None:
    other = HEADER | {"name": "Law", "library": "LAW", "circ_desk": "LAW_DESK"}
    rows = read(lines(scan(), other, scan(id="a2", item_barcode="item2")))
    places = [row.library for row in rows if isinstance(row, Transaction)]
    assert places == ["ANNEX", "LAW"]
    assert isinstance(rows[3], Transaction)
    assert all_in_words(rows[3].notes) == "captured at: Law"


@pytest.mark.parametrize(
    "odd",
    [
        '{"id": "a2", "event": "scan", "ki',
        "[1, 2]",
        '"a"',
        "x" * 70_000,
        '{"a":' * 5_000,
        "\x00\x00",
    ],
)
def test_an_odd_line_is_an_invalid_row_and_the_others_are_read(read: Read, odd: str) -> None:
    _, first, second, third = read(f"{lines(scan())}{odd}\n{json.dumps(scan(id='a3'))}\n")
    assert isinstance(first, Transaction)
    assert isinstance(third, Transaction)
    if odd == "\x00\x00":
        assert isinstance(second, LeftOut)
    else:
        assert isinstance(second, InvalidRow)
        assert second.reason == UNREADABLE


@pytest.mark.parametrize(
    "wrong",
    [
        {"item_barcode": 5},
        {"item_barcode": "x" * 300},
        {"kind": "renewal"},
        {"kind": None},
        {"event": "lend"},
        {"captured_ms": 1e300, "station_time_ms": None},
        {"captured_ms": float("inf"), "station_time_ms": None},
        {"captured_ms": float("nan"), "station_time_ms": None},
        {"captured_ms": "soon", "station_time_ms": None},
        {"captured_ms": MILLISECONDS * 2},
    ],
)
def test_what_cannot_be_is_an_invalid_row(read: Read, wrong: dict[str, object]) -> None:
    _, row = read(lines(scan(**wrong)))
    assert isinstance(row, InvalidRow)


def test_hostile_values_do_no_harm(read: Read) -> None:
    odd = {"clerk": "\x1b[31m" + "x" * 900, "due_date": "<b>soon</b>", "patron_standing": "={1}"}
    _, row = read(lines(scan(id="x" * 99, **odd)))
    assert isinstance(row, Transaction)
    assert row.scan_id == ""
    told = all_in_words(row.notes)
    assert "\x1b" not in told
    assert len(told) < 200


def test_a_file_of_a_newer_version_is_refused(opened: Opened) -> None:
    with pytest.raises(FileRefused, match="newer almareplay: install that version"):
        opened(f"{json.dumps(HEADER | {'almareplay_capture': 2})}\n{json.dumps(scan())}\n")


def test_a_station_without_a_place_takes_that_of_the_flags_or_the_desk_map(
    opened: Opened, tmp_path: Path
) -> None:
    nowhere = f"{json.dumps(HEADER | {'library': '', 'circ_desk': ''})}\n{json.dumps(scan())}\n"
    with pytest.raises(FileRefused, match="--library CODE and --circ-desk CODE"):
        opened(nowhere, library=None, circ_desk=None)
    desks = tmp_path / "map.csv"
    desks.write_text("capture,library,circ_desk\nAnnex,A,A_DESK\n")
    capture = opened(nowhere, library=None, circ_desk=None, desk_map=read_desk_map(desks))
    _, row = capture.rows()
    assert isinstance(row, Transaction)
    assert (row.library, row.circ_desk) == ("A", "A_DESK")


def test_a_clock_offset_is_for_clocks(opened: Opened) -> None:
    content = lines(scan(), scan(id="a2", item_barcode="item2", given_time=True))
    rows = list(opened(content, clock_offset=timedelta(minutes=4)).rows())
    minutes = [row.captured_at.minute for row in rows if isinstance(row, Transaction)]
    assert minutes == [6, 2]
