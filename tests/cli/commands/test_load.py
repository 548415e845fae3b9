"""``load``: what it says file by file, and how it ends."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from almareplay.transactions import Kind

if TYPE_CHECKING:
    from tests.cli.conftest import User


def test_all_read_is_0(user: User) -> None:
    done = user.types("load", str(user.captures(3)), str(user.captures(2, "annex.dat")))
    assert (done.code, done.out) == (0, "")
    desk, annex, new, after = done.problems()
    assert desk.startswith("desk.dat: offline circulation .dat; 3 rows read, 14 Sep 2026 09:00 to")
    assert annex.startswith("annex.dat: offline circulation .dat; 2 rows read")
    assert new == f"A new queue was made: {user.folder / 'almareplay.db'}"
    assert after == "Next, once the files of all desks are in: almareplay rehearse"
    assert user.outcomes() == ["pending"] * 5


def test_an_invalid_row_is_1_and_is_shown_as_it_stands(user: User) -> None:
    good = user.captures(99).read_text().splitlines()
    capture = user.writes("desk:key:.dat", *good, "not a row")
    done = user.types("load", str(capture), "--quiet")
    assert done.code == 1
    # Quiet, but for what went wrong; and no name or number is turned into a picture.
    said, problem = done.problems()
    assert said.startswith("desk:key:.dat: 1 row cannot be read")
    assert problem.strip().startswith("desk:key:.dat:100: ")
    assert user.outcomes().count("invalid") == 1


def test_many_invalid_rows_are_counted(user: User) -> None:
    good = user.captures().read_text().splitlines()
    done = user.types("load", str(user.writes("desk.dat", *good, *["not a row"] * 8)))
    assert done.code == 1
    assert "8 rows cannot be read" in done.err
    assert "  … and 3 more" in done.problems()


def test_a_refused_file_among_others_is_1(user: User) -> None:
    letter = user.writes("letter.txt", "Dear reader,")
    done = user.types("load", str(letter), str(user.captures()), "no.dat")
    assert done.code == 1
    assert len(done.problems()) == 5
    assert user.outcomes() == ["pending"]


def test_nothing_loaded_is_2(user: User) -> None:
    assert user.types("load", str(user.writes("letter.txt", "Dear reader,"))).code == 2


def test_a_refused_file_does_not_count_as_loaded(user: User) -> None:
    assert user.types("load", "desk.dat", TIMEZONE=None).code == 2
    assert user.types("load", "desk.dat").code == 2
    assert user.types("load", str(user.captures())).code == 0


def test_a_file_loaded_again_adds_nothing_whatever_its_name(user: User) -> None:
    capture = user.captures()
    copy = shutil.copy(capture, user.folder / "copy.dat")
    assert user.types("load", str(capture)).code == 0
    for flags in ([], ["--again"]):
        done = user.types("load", str(copy), *flags)
        assert done.code == 0
        (said,) = done.problems()
        assert said.startswith("copy.dat: loaded already as desk.dat into run 'main' on ")
    assert len(user.outcomes()) == 1


def test_another_run_takes_a_known_file_only_when_told_to(user: User) -> None:
    capture = str(user.captures())
    assert user.types("load", capture).code == 0
    done = user.types("load", "--run", "night", capture)
    assert (done.code, "--again loads it into this run as well" in done.err) == (0, True)
    assert user.rows("night") == []
    assert user.types("load", "--run", "night", "--again", capture).code == 0
    assert len(user.rows("night")) == 1


def test_flags_win_over_the_environment_and_that_over_the_file(user: User) -> None:
    user.writes(
        "settings.env", "ALMAREPLAY_LIBRARY=FROM_FILE", "ALMAREPLAY_TIMEZONE=Asia/Kathmandu"
    )
    user.types("load", str(user.captures(1, "a.dat")), LIBRARY=None, TIMEZONE=None)
    user.types("load", str(user.captures(1, "b.dat")), LIBRARY="FROM_ENV")
    user.types("load", str(user.captures(1, "c.dat")), "--library=FLAG", LIBRARY="FROM_ENV")
    rows = {row.source_file: row for row in user.rows()}
    assert {name: row.library for name, row in rows.items()} == {
        "a.dat": "FROM_FILE",
        "b.dat": "FROM_ENV",
        "c.dat": "FLAG",
    }
    assert str(rows["a.dat"].captured_at) == "2026-09-14 09:00:00+05:45"
    # One moment of another zone, by the clocks of the run's first.
    assert str(rows["b.dat"].captured_at) == "2026-09-14 12:45:00+05:45"


def test_the_flags_of_a_load_reach_its_rows(user: User) -> None:
    table = user.writes("desk.csv", "who,what", "2188,3188", "2189,3189")
    done = user.types(
        *("load", str(table), "--columns", "patron_id=who,item_barcode=2", "--kind", "loan"),
        *("--captured-at", "2026-09-14 09:00", "--circ-desk", "BACK"),
    )
    assert done.code == 0, done.err
    first, second = user.rows()
    assert (first.patron_id, first.item_barcode, first.kind) == ("2188", "3188", Kind.LOAN)
    assert (second.row, second.circ_desk) == (2, "BACK")
    assert str(first.captured_at) == str(second.captured_at) == "2026-09-14 09:00:00+02:00"
