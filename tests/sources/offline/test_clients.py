"""Files of the offline clients of Koha, Evergreen and Sierra."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from almareplay.outcomes.reasons import in_words
from almareplay.sources import Capture, FileRefused, ReadingOptions, Row, open_capture
from almareplay.sources.cells.doubts import NO_ITEM, NO_PATRON, SAME
from almareplay.sources.offline import evergreen, koha, sierra
from almareplay.sources.scannednumbers import SWAPPED
from almareplay.transactions import InvalidRow, Transaction

Opened = Callable[..., Capture]
Read = Callable[..., list[Row]]
Seen = Callable[..., list[str]]
Options = Callable[..., ReadingOptions]

FIXTURES = Path(__file__).parents[3] / "fixtures/captures"
HEADER = "Version=1.0\tGenerator=kocDesktop\tGeneratorVersion=2.4.0\n"
KOLT = "Version=1.0\tGenerator=kolt\tGeneratorVersion=0.1\n"
ITEM, PATRON = "34880000500509", "24880000300311"


def test_koha_desktop(seen: Seen, opened: Opened) -> None:
    assert seen("captures/koha-desktop.koc") == [
        "(header)",
        "2 loan 34880000500509 24880000300311 09-14 09:04",
        "3 loan SCORE 7/a 24880000300311 09-14 09:04",
        "4 return 34880000500517 09-14 09:05",
        f"({in_words(koha.PAYMENT)})",
        "6 loan 34880000500525 pryce.m 09-14 09:07",
        f"7 {in_words(SWAPPED)}",
        f"8 {in_words(NO_ITEM)}",
        f"9 {in_words(koha.NEITHER)}",
        "10 31 September does not exist",
        "(blank line)",
    ]
    capture = opened("captures/koha-desktop.koc")
    assert capture.format == "Koha offline circulation (.koc)"
    rows = [row for row in capture.rows() if isinstance(row, Transaction)]
    assert all(row.has_seconds for row in rows)
    assert rows[0].captured_at.second == 10
    assert capture.progress == 1.0
    assert capture.assumptions == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"2026-09-14 09:02:00\tissue\t{PATRON}\t{PATRON}", in_words(SAME)),
        (
            f"2026-09-14 09:02:00\tissue\t2488000000001524880000000023\t{ITEM}",
            "the patron id holds several numbers: two scans in one field?",
        ),
        (f"2026-09-14 09:02:00\tissue\t\t{ITEM}", in_words(NO_PATRON)),
        (f"2026-09-14 09:02:00\tissue\t{PATRON}\t{ITEM}\t1", "the line has 5 fields where 4"),
        (f"2026-09-14 09:02:00\treturn\t{PATRON}\t{ITEM}", "the line has 4 fields where 3"),
        (f"14.9.2026 09:02\treturn\t{ITEM}", "the date or time cannot be read"),
        (f"2026-09-14 09:02:00 return {ITEM}", in_words(koha.NEITHER)),
        ("nothing", in_words(koha.NEITHER)),
    ],
)
def test_lines_that_cannot_be_right(read: Read, line: str, reason: str) -> None:
    _, row = read(f"{HEADER}{line}\n")
    assert isinstance(row, InvalidRow)
    assert in_words(row.reason).startswith(reason)


def test_a_card_scanned_twice_stands_in_no_column_of_items(read: Read) -> None:
    _, row = read(f"{HEADER}2026-09-14 09:02:00\tissue\t{PATRON}\t{PATRON}\n")
    assert isinstance(row, InvalidRow)
    assert (row.item_barcode, row.patron_id) == ("", PATRON)


def kolt_file(tmp_path: Path, name: str, *clocks: str) -> Path:
    path = tmp_path / name
    lines = [f"2026-09-14 {clock}\treturn\t{ITEM[:-1]}{n}\n" for n, clock in enumerate(clocks)]
    path.write_text(KOLT + "".join(lines))
    return path


def test_kolt_in_local_times(options: Options) -> None:
    capture = open_capture(FIXTURES / "kolt_2026-09-14_17-30.koc", options())
    assert [row.captured_at.hour for row in capture.rows() if isinstance(row, Transaction)] == [
        10,
        10,
    ]
    (assumed,) = capture.assumptions
    assert assumed.startswith("its times are read as local times of America/Los_Angeles. Until")
    assert "at night" not in assumed


def test_kolt_in_utc(tmp_path: Path, options: Options) -> None:
    """Read as local times, the rows would be later than the file itself."""
    path = kolt_file(tmp_path, "kolt_2026-09-14_17-30.koc", "17:02:11", "17:29:59")
    with pytest.raises(FileRefused, match="load the file with --timezone UTC"):
        open_capture(path, options())
    capture = open_capture(path, options(timezone=ZoneInfo("UTC")))
    assert capture.assumptions == []
    assert len(list(capture.rows())) == 3


def test_kolt_whose_rows_are_all_at_night(tmp_path: Path, options: Options) -> None:
    """East of Greenwich the file's name tells nothing, and the hours do not fit."""
    path = kolt_file(tmp_path, "renamed.koc", "00:58:00", "05:30:00")
    (assumed,) = open_capture(path, options(timezone=ZoneInfo("Asia/Seoul"))).assumptions
    assert "local times of Asia/Seoul, and all of them are at night" in assumed


def test_evergreen(seen: Seen, opened: Opened) -> None:
    due = "the patron was told a due date: 5 October 2026"
    assert seen("captures/evergreen.xacts") == [
        f"1 loan 34880000500608 24880000300352 09-14 09:02 [{due}]",
        f"2 loan 34880000500616 24880000300360 09-14 09:03 [a renewal, replayed as a loan; {due}]",
        "3 return 34880000500624 09-14 09:03",
        f"4 return 34880000500632 09-12 23:59 [{in_words(evergreen.BACKDATED)}]",
        f"({in_words(evergreen.IN_HOUSE)})",
        f"6 {in_words(evergreen.NOT_CATALOGUED)}",
        f"({in_words(evergreen.REGISTRATION)})",
        "8 no captured time",
        f"9 {in_words(evergreen.UNREADABLE)}",
    ]
    capture = opened("captures/evergreen.xacts")
    kept = " ".join(str(value) for row in capture.rows() for value in row)
    assert "Example" not in kept, "the name of a patron"
    assert "2 rows: the patron was told a due date" in capture.assumptions


@pytest.mark.parametrize(
    ("changed", "seen_as"),
    [
        ({"timestamp": 1789401731412}, "1 return 34880000500509 09-14 09:02"),
        ({"timestamp": "1789401731"}, "1 return 34880000500509 09-14 09:02"),
        ({"barcode": 34880000500509}, "1 return 34880000500509 09-14 09:02"),
        ({"backdate": "2026-13-40"}, "1 return 34880000500509 09-14 09:02"),
        ({"timestamp": -1}, "1 the year 1969 cannot be right"),
        ({"timestamp": 1e300}, "1 the captured time cannot be right"),
        ({"timestamp": None}, "1 no captured time"),
        ({"timestamp": True}, "1 no captured time"),
        ({"timestamp": 4102444800}, "1 the time is more than 26 hours ahead: 2099-12-31 16:00"),
        ({"barcode": ["3"]}, f"1 {in_words(NO_ITEM)}"),
        ({"barcode": True}, f"1 {in_words(NO_ITEM)}"),
        ({"type": "checkout"}, f"1 {in_words(NO_PATRON)}"),
    ],
)
def test_odd_values_of_evergreen(seen: Seen, changed: dict[str, object], seen_as: str) -> None:
    usual = {"timestamp": 1789401731, "type": "checkin", "barcode": ITEM}
    assert seen(f"{json.dumps(usual | changed)}\n") == [seen_as]


def test_lines_that_json_does_not_survive(seen: Seen) -> None:
    good = json.dumps({"timestamp": 1789401731, "type": "checkin", "barcode": ITEM})
    bad = ["[" * 60_000, '{"a":' * 10_000, '{"timestamp": ' + "9" * 5_000 + "}", '"', "[]", "3"]
    lines = seen("\n".join([good, *bad]) + "\n")
    assert lines[1:] == [f"{n} {in_words(evergreen.UNREADABLE)}" for n in range(2, len(bad) + 2)]


def test_sierra(seen: Seen, opened: Opened) -> None:
    due = "the patron was told a due date: 5 October 2026"
    assert seen("captures/sierra-rdy0914") == [
        f"1 loan 34880000500707 24880000300402 09-14 09:02 [{due}]",
        "2 return 34880000500715 09-14 09:05",
        f"3 {in_words(NO_PATRON)}",
        f"({in_words(sierra.INVENTORY)})",
        "5 there is no month 13",
        "6 the line has 3 fields where 6 belong",
    ]
    assert opened("captures/sierra-rdy0914").format == "Sierra offline circulation"


@pytest.mark.parametrize("name", ["koha-desktop.koc", "evergreen.xacts", "sierra-rdy0914"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_in_utf_16(name: str, encoding: str, read: Read) -> None:
    text = (FIXTURES / name).read_text()
    assert [type(row) for row in read(text.encode(encoding))] == [type(row) for row in read(text)]


@pytest.mark.parametrize("name", ["koha-desktop.koc", "evergreen.xacts", "sierra-rdy0914"])
def test_a_place_is_needed(name: str, opened: Opened) -> None:
    with pytest.raises(FileRefused, match="give --library CODE and --circ-desk CODE"):
        opened(f"captures/{name}", library=None, circ_desk=None)
