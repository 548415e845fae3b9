"""``--log``: what a command did, as JSON lines that name nobody."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from almareplay.cli.console.log import JsonLines
from almareplay.simulator.faults import Fault

if TYPE_CHECKING:
    from tests.cli.conftest import AtTerminal, User


def lines(user: User) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (user.folder / "log").read_text("utf-8").splitlines()]


def test_a_replay_is_logged_row_by_row_and_appended(loaded: User) -> None:
    assert loaded.types("replay", "--yes", "--log", "log", "--quiet").code == 0
    (row,) = loaded.rows()
    told = {line["event"]: line for line in lines(loaded)}
    assert [*told] == ["started", "row", "counts", "ended"]
    assert all(
        (line["command"], line["run"], line["level"], line["time"][-6:])
        == ("replay", "main", "info", "+00:00")
        for line in told.values()
    )
    assert (told["row"]["row"], told["row"]["outcome"]) == (1, "loaned")
    assert told["counts"]["outcomes"] == {"loaned": 1}
    assert told["ended"]["exit_code"] == 0
    log = loaded.folder / "log"
    assert log.stat().st_mode & 0o777 == 0o600
    first = log.read_text("utf-8")
    for secret in (row.item_barcode, row.patron_id, "good-key"):
        assert secret not in first
    assert loaded.types("status", "--log", "log").code == 0
    assert log.read_text("utf-8").startswith(first)
    assert lines(loaded)[-1]["command"] == "status"


def test_an_end_is_logged_after_its_words(loaded: User) -> None:
    loaded.alma.faults.set([Fault("outage")])
    try:
        loaded.types("replay", "--yes", "--give-up-after", "0", "--log", "log")
    finally:
        loaded.alma.faults.set([])
    *_, last = lines(loaded)
    assert (last["event"], last["exit_code"]) == ("ended", 75)
    assert loaded.types("status", "--run", "night", "--log", "log").code == 2
    *_, failed, last = lines(loaded)
    assert (failed["event"], failed["error"], last["exit_code"]) == ("failed", "RunMissing", 2)
    assert failed["message"].startswith("The queue has no run 'night'")


def test_what_stands_in_rows_is_not_logged(user: User, at_terminal: AtTerminal) -> None:
    user.captures()
    bad = f"2026-09-31 09:00,loan,24881234,{user.barcodes[0]}"
    good = f"2026-09-14 09:01,loan,24881234,{user.barcodes[0]}"
    capture = user.writes("desk.csv", "Timestamp,Type,Patron ID,Item Barcode", bad, good)
    done = user.types("load", str(capture), "--log", "log")
    assert (done.code, "2026-09-31" in done.err) == (1, True)
    at_terminal("no\n", "no\n")
    done = user.types(
        *("replay", "--log", "log", "--environment-unverified"),
        API_KEY="circulation-key",
        ENVIRONMENT="production",
    )
    assert (done.code, user.barcodes[0] in done.err) == (3, True)
    logged = (user.folder / "log").read_text("utf-8")
    for words in ("2026-09-31", user.barcodes[0], "24881234", "desk.csv"):
        assert words not in logged


def test_a_file_that_is_refused_is_not_named(user: User) -> None:
    """Some programs write a patron's id into the name of a capture."""
    user.writes("desk_24881234.csv", "no table")
    for command in ("load", "unload", "replay"):
        done = user.types(command, "desk_24881234.csv", "--log", "log")
        assert (done.code, "desk_24881234.csv" in done.err or command == "unload") == (2, True)
    logged = (user.folder / "log").read_text("utf-8")
    assert "24881234" not in logged and logged.count('"event": "ended"') == 3


@pytest.mark.parametrize("path", [".", "no/log", "desk.dat", "other.jsonl"])
def test_a_log_that_cannot_be_one_is_refused_at_once(loaded: User, path: str) -> None:
    before = (loaded.folder / "desk.dat").read_bytes()
    loaded.writes("other.jsonl", '{"row": 1}')
    done = loaded.types("replay", "--yes", "--log", path)
    assert (done.code, len(done.problems()), done.problems()[0].startswith(path)) == (2, 1, True)
    assert (loaded.effects(), (loaded.folder / "desk.dat").read_bytes()) == ([], before)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_disk_that_is_full_stops_no_replay(loaded: User) -> None:
    done = loaded.types("replay", "--yes", "--log", "/dev/full", "--quiet")
    assert (done.code, loaded.effects()) == (0, ["loan"])
    assert done.problems() == ["/dev/full: the log cannot be written; the work goes on."]


def test_a_line_that_was_cut_off_spoils_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = JsonLines(tmp_path / "log", {"run": "\udce9"})
    record = logging.makeLogRecord({"msg": "one\ntwo", "levelname": "INFO"})
    write = os.write
    with monkeypatch.context() as disk:
        disk.setattr(os, "write", lambda file, data: write(file, data[:10]))
        log.emit(record)
    log.emit(record)
    log.close()
    cut, whole = (tmp_path / "log").read_bytes().splitlines()
    assert (len(cut), json.loads(whole)["message"], json.loads(whole)["run"]) == (
        10,
        "one\ntwo",
        "\udce9",
    )
    assert capsys.readouterr().err.count("cannot be written") == 1
