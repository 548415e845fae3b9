"""Commands as processes of their own: interruptions, colours, what is never shown."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import User


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_load_says_so_and_stores_nothing(user: User, number: int) -> None:
    # A pipe that nobody fills: reading it lasts until the interruption.
    pipe = user.folder / "desk.dat"
    os.mkfifo(pipe)
    with user.starts("load", str(pipe)) as process:
        writer = os.open(pipe, os.O_WRONLY)
        os.write(writer, b"202609140900R3188\n")
        process.send_signal(number)
        # A signal that comes right before a read is heeded after it.
        os.close(writer)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    assert err == "Interrupted; nothing is half done.\n"
    assert user.outcomes() == []


def test_nothing_is_coloured_where_no_terminal_is(loaded: User) -> None:
    for words in (["status"], ["replay", "--yes"]):
        done = loaded.runs(*words)
        assert done.code == 0
        assert "\x1b" not in done.out + done.err


@pytest.mark.parametrize("key", ["good-key", "wrong-key"])
def test_not_even_debugging_shows_the_key_or_a_patron(loaded: User, key: str) -> None:
    (row,) = loaded.rows()
    done = loaded.runs("replay", "--yes", "--debug", "--verbose", API_KEY=key)
    assert done.code == (0 if key == "good-key" else 3)
    assert "almareplay.alma" in done.err
    assert key not in done.out + done.err
    assert row.patron_id not in done.out + done.err


def test_a_simulator_that_cannot_start_says_why(user: User) -> None:
    port = user.alma.url.rsplit(":", 1)[1]
    broken = str(user.writes("world.json", "{"))
    for flags in (["--port", port], ["--world", broken]):
        done = user.runs("simulate", *flags)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("The simulator cannot start: ")
        assert "Traceback" not in done.err
