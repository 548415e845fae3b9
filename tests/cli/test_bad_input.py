"""What a user can get wrong: one clear message, its exit code, and a queue left whole."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from almareplay.queue.replaying.hold import take_hold
from almareplay.queue.store import Queue

if TYPE_CHECKING:
    from tests.cli.conftest import User

QUEUE = "sqlite:///almareplay.db"

# The command, settings, exit code, and the one line that must be said.
REFUSED: dict[str, tuple[str, dict[str, str | None], int, str]] = {
    "wrong key": (
        "replay --yes",
        {"API_KEY": "wrong-key"},
        3,
        "Alma does not know the API key.*: copy the key again, whole",
    ),
    "wrong environment": (
        "replay --yes",
        {"ENVIRONMENT": "production"},
        3,
        "says that it is sandbox, but ALMAREPLAY_ENVIRONMENT is production",
    ),
    "no key": ("replay --yes", {"API_KEY": None}, 2, "Write ALMAREPLAY_API_KEY="),
    "no key, check": ("check", {"API_KEY": None}, 2, "Write ALMAREPLAY_API_KEY="),
    "a key of two lines": ("check", {"API_KEY": "two lines"}, 2, "Copy the key again"),
    "no region": ("replay --yes", {"BASE_URL": None}, 2, "Write ALMAREPLAY_REGION=na"),
    "unknown region": ("status", {"REGION": "us"}, 2, "REGION .* must be one of na, eu"),
    "unknown environment": ("status", {"ENVIRONMENT": "live"}, 2, "must be sandbox or production"),
    "an Alma without a lock": (
        "status",
        {"BASE_URL": "http://alma.example.org"},
        2,
        "must begin with https://",
    ),
    "no zone": ("load desk.dat", {"TIMEZONE": None}, 2, "Give --timezone, or write"),
    "unknown zone": ("load desk.dat --timezone Pacific", {}, 2, "not a time zone that is known"),
    "a pace of nothing": (
        "replay --requests-per-second 0",
        {},
        2,
        "--requests-per-second must be more than 0",
    ),
    "no settings file": (
        "status --settings no.env",
        {},
        2,
        r"settings file no\.env does not exist",
    ),
    "missing file": ("load no.dat", {}, 2, r"no\.dat: cannot be read: no such file"),
    "a folder": ("load .", {}, 2, r"\.: cannot be read: is a directory"),
    "not a capture": ("load letter.txt", {}, 2, r"^letter\.txt: "),
    "missing file to replay": ("replay no.dat --yes", {}, 2, r"no\.dat: cannot be read"),
    "wrong clock offset": ("load desk.dat --clock-offset soon", {}, 2, r"write .* as \+00:04"),
    "wrong local time": (
        "load desk.dat --captured-at today",
        {},
        2,
        "write it as 2026-09-14 09:00",
    ),
    "wrong columns": (
        "load desk.dat --columns barcode=C",
        {},
        2,
        "the fields are kind, captured_at",
    ),
    "wrong kind": ("load desk.dat --kind borrow", {}, 2, "'loan', 'return'"),
    "wrong report ending": ("report out.doc", {}, 2, "a report's name must end in"),
    "wrong ending of a replay": ("replay --yes --report out.doc", {}, 2, "name must end in"),
    "no folder for a report": ("replay --yes --report no/out.csv", {}, 2, "no such folder"),
    "wrong duration": ("replay --yes --give-up-after soon", {}, 2, "write 90s, 15m or 1h"),
    "unknown guard": ("replay --yes --guard none", {}, 2, "'active', 'full', 'off'"),
    "unknown outcome": ("retry --outcome lost", {}, 2, "'lost' is no outcome. There are: patron_"),
    "mistyped outcome": ("retry --outcome patron_bloked", {}, 2, "Did you mean patron_blocked?"),
    "settled outcome": ("retry --outcome loaned", {}, 2, "nothing left to retry"),
    "row not retryable": ("retry --row 1", {}, 2, "Row 1 is pending: there is nothing left"),
    "no such row": ("retry --row 9", {}, 2, "no row 9; it has rows 1 to 1"),
    "a history of none": ("history --row 9", {}, 2, "no row 9; it has rows 1 to 1"),
    "row not to be dismissed": ("dismiss --row 9 --note x", {}, 2, "The run has no row 9"),
    "nothing noted": ("dismiss --row 1 --note", {}, 2, "requires an argument"),
    "no note": ("dismiss --row 1", {}, 2, "Missing option '--note'"),
    "nobody to ask for an id": ("correct --row 1", {}, 2, "nobody to ask .* say --patron-id ID"),
    "no such run": ("status --run nihgt", {}, 2, r"no run 'nihgt' \(it has: main\)"),
    "no queue": ("status --queue sqlite:///no.db", {}, 2, "no queue at .*almareplay load FILE"),
    "no queue's address": ("status --queue no.db", {}, 2, "usual one is sqlite:///almareplay.db"),
    "no database": ("status --queue sqlite:///letter.txt", {}, 2, "not a queue of almareplay"),
    "nobody to ask": ("replay", {}, 2, "nobody to ask. Say --yes"),
    "no such command": ("reply", {}, 2, "No such command 'reply'"),
    "Alma away": (
        "replay --yes --give-up-after 0",
        {"BASE_URL": "http://127.0.0.1:1"},
        75,
        r"not answered for 0 seconds \(it refuses the connection\): start again",
    ),
    "no calls left": ("replay --yes", {"DAILY_RESERVE": "9000000"}, 75, "reserve"),
}


@pytest.mark.parametrize(("words", "env", "code", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_said_once_and_nothing_is_done(
    loaded: User, words: str, env: dict[str, str | None], code: int, said: str
) -> None:
    loaded.writes("letter.txt", "Dear reader,", "this is no capture.")
    done = loaded.types(*words.split(), **env)
    assert done.code == code
    assert done.out == ""
    assert "Traceback" not in done.err
    matching = [line for line in done.problems() if _found(said, line)]
    assert len(matching) == 1, done.err
    assert (loaded.outcomes(), loaded.effects()) == (["pending"], [])


def _found(words: str, line: str) -> bool:
    return re.search(words, line) is not None


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--library=MIAN", "no library with the code 'MIAN'. It has: LAW, MAIN"),
        ("--circ-desk=FORNT", "no circulation desk with the code 'FORNT'. .*: BACK, FRONT"),
    ],
)
def test_an_unknown_place_posts_nothing_and_the_advice_helps(
    user: User, flag: str, said: str
) -> None:
    capture = str(user.captures())
    assert user.types("load", capture, flag).code == 0
    for command in ("check", "rehearse", "replay"):
        done = user.types(command, *(["--yes"] if command == "replay" else []))
        assert done.code == 3
        assert _found(said, done.err)
        assert "  desk.dat: row 1 of the run\n" in done.err
        name = flag.partition("=")[0]
        assert f"load it with {name} CODE:\n  almareplay unload desk.dat\n" in done.err
    assert (user.outcomes(), user.effects()) == (["pending"], [])
    assert user.types("unload", "desk.dat").code == 0
    assert user.types("load", capture).code == 0
    assert user.types("replay", "--yes").code == 0
    assert user.effects() == ["loan"]


def test_an_unknown_setting_in_the_file_is_named_with_the_nearest(loaded: User) -> None:
    loaded.writes("settings.env", "ALMAREPLAY_API_KEY=do-not-show", "ALMAREPLAY_LIBARY=MAIN")
    done = loaded.types("status")
    assert (done.code, done.out) == (2, "")
    (said,) = done.problems()
    assert "settings.env, line 2: ALMAREPLAY_LIBARY is no setting of almareplay." in said
    assert "Did you mean ALMAREPLAY_LIBRARY?" in said
    assert "do-not-show" not in said


def test_an_unreadable_settings_file_is_said(loaded: User) -> None:
    (loaded.folder / "settings.env").write_bytes(b"ALMAREPLAY_LIBRARY=M\xff\n")
    done = loaded.types("status")
    assert (done.code, done.problems()) == (
        2,
        ["The settings file settings.env cannot be read: line 1 is not UTF-8. Save it as UTF-8."],
    )


def test_a_queue_from_a_newer_version_is_left_alone(loaded: User) -> None:
    before = loaded.outcomes()
    with sqlite3.connect("almareplay.db") as queue:
        queue.execute("UPDATE almareplay_schema SET version = version + 1")
    queue.close()
    for words in (["status"], ["load", "desk.dat"], ["replay", "--yes"], ["report", "a.csv"]):
        done = loaded.types(*words)
        assert done.code == 2
        (said,) = done.problems()
        assert "written by a newer almareplay" in said
    with sqlite3.connect("almareplay.db") as queue:
        queue.execute("UPDATE almareplay_schema SET version = version - 1")
    queue.close()
    assert (loaded.outcomes(), loaded.effects()) == (before, [])


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No queue's file can become larger."""

    def on_checkout(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count=1")

    event.listen(Pool, "checkout", on_checkout)
    yield
    event.remove(Pool, "checkout", on_checkout)


def test_a_full_disk_while_loading_is_said(loaded: User, request: pytest.FixtureRequest) -> None:
    lines = (f"202609141000R{number:<80}" for number in range(2_000))
    big = loaded.writes("big.dat", *lines)
    request.getfixturevalue("full_disk")
    done = loaded.types("load", str(big))
    assert done.code == 2
    (said,) = done.problems()
    assert "The disk is full" in said
    assert loaded.outcomes() == ["pending"]


def test_a_run_that_another_process_replays_is_refused(loaded: User) -> None:
    with Queue.open(QUEUE) as queue:
        take_hold(queue, queue.run("main"))
        for words in (
            ["replay", "--yes"],
            ["retry"],
            ["correct", "--row=1", "--patron-id=9"],
            ["dismiss", "--row=1", "--note=done"],
        ):
            done = loaded.types(*words)
            assert done.code == 3
            assert "is being replayed by process" in done.problems()[-1]
    assert (loaded.outcomes(), loaded.effects()) == (["pending"], [])


def test_what_nobody_foresaw_has_words_too(loaded: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("a patron's name, perhaps")

    monkeypatch.setattr("almareplay.cli.commands.report.write_report", break_down)
    done = loaded.types("report", "a.csv")
    (said,) = done.problems()
    assert "This should not have happened (RuntimeError)" in said
    assert "--debug" in said
    assert "Traceback" in loaded.types("report", "a.csv", "--debug").err
