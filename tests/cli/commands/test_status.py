"""``status`` and ``report``: results on standard output, messages beside it."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import User


def test_status_for_machines_is_json_and_nothing_else(user: User) -> None:
    capture = user.captures(2)
    user.types("load", str(capture), "--run", "nächtlich")
    done = user.types("status", "--json", "--verbose", "--run", "nächtlich")
    assert (done.code, done.err) == (0, "")
    state = json.loads(done.out)
    assert (state["run"], state["rows"], state["outcomes"]) == ("nächtlich", 2, {"pending": 2})
    assert state["dispositions"]["pending"] == 2
    assert state["files"] == [{"name": "desk.dat", "format": "offline circulation .dat", "rows": 2}]
    assert (state["lost_answers"], state["replaying"]) == (0, None)
    assert (state["open"], state["dismissed"]) == ({}, 0)
    assert state["next"] == ["almareplay rehearse --run 'nächtlich'"]


def test_status_for_people_says_what_to_do_next(loaded: User) -> None:
    done = loaded.types("status")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == "Run 'main': 1 row from 1 file"
    assert done.out.splitlines()[-1] == (
        "Next: almareplay rehearse  what each row would come to; posts nothing"
    )
    assert loaded.types("rehearse").code == 0
    assert loaded.types("status").out.splitlines()[-1] == (
        "Next: almareplay replay  posts what is pending, after asking"
    )


def test_a_rehearsal_was_when_the_clocks_of_the_library_say(loaded: User) -> None:
    assert loaded.types("rehearse").code == 0
    at = datetime.fromisoformat(json.loads(loaded.types("status", "--json").out)["rehearsed_at"])
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        told = loaded.types("status").out
    time.tzset()
    there = at.astimezone(ZoneInfo(loaded.env["ALMAREPLAY_TIMEZONE"]))
    assert f", {there:%d %B %Y at %H:%M}\n" in told


def test_what_to_do_next_is_about_the_same_run(user: User) -> None:
    user.types("load", str(user.captures()), "--run", "after hours")
    # Where a terminal has no room beside the command, its purpose stands below it.
    assert user.types("status", "--run", "after hours").out.splitlines()[-2:] == [
        "Next: almareplay rehearse --run 'after hours'",
        "        what each row would come to; posts nothing",
    ]


def test_a_settled_run_has_nothing_next(loaded: User) -> None:
    assert loaded.types("replay", "--yes").code == 0
    assert loaded.types("status").out.splitlines()[-1] == "Nothing is left to do."


def test_a_report_is_written_and_named(loaded: User) -> None:
    done = loaded.types("report", "a.csv", "b.jsonl")
    assert (done.code, done.out) == (0, "")
    assert done.problems() == ["Report: a.csv", "Report: b.jsonl"]
    (line,) = (loaded.folder / "b.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["outcome"] == "pending"
    assert (loaded.folder / "a.csv").stat().st_mode & 0o777 == 0o600


def test_no_report_is_written_when_one_of_them_cannot_be(loaded: User) -> None:
    assert loaded.types("report", "a.csv", "b.doc").code == 2
    assert not (loaded.folder / "a.csv").exists()


def test_phases_from_the_load_to_the_report(user: User) -> None:
    late, early = user.captures(2, "weekend.dat"), user.captures(1, "ill.dat")
    assert user.types("load", "--phase", "2", str(late)).code == 0
    assert user.types("load", str(early)).code == 0
    told = user.types("load", "--phase", "3", str(late))
    assert "read with --phase 2, and now --phase 3 is said" in " ".join(told.err.split())
    assert user.types("load", "--phase", "0", str(late)).code == 2
    words = "Phase 1: 1 of 1 row left; phase 2: 2 of 2 rows left, begins after that"
    assert words in user.types("status").out
    in_order = "In order: 1 row of phase 1, then 2 rows of phase 2."
    assert in_order in user.types("check").out
    assert user.types("rehearse", "--report", "prediction.jsonl").code == 0
    predicted = [json.loads(row) for row in Path("prediction.jsonl").read_text().splitlines()]
    assert [(row["phase"], row["outcome"]) for row in predicted] == [
        (1, "loaned"),
        (2, "loaned"),
        (2, "loaned"),
    ]
    assert user.types("replay", "--yes").code == 0
    assert [(row.phase, row.row, row.outcome) for row in user.rows()] == [
        (1, 3, "loaned"),
        (2, 1, "loaned"),
        (2, 2, "loaned"),
    ]
    state = json.loads(user.types("status", "--json").out)
    assert (state["phase"], [each["left"] for each in state["phases"]]) == (None, [0, 0])
