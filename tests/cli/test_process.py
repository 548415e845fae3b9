"""Commands as processes of their own: interruptions, colours, what is never shown."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from almareplay.queue.errors import QueueError

if TYPE_CHECKING:
    from tests.cli.conftest import User


def _has_run(user: User) -> bool:
    """Whether the load has made its run, after which it reads."""
    try:
        return user.outcomes() == []
    except QueueError:
        return False


@pytest.mark.parametrize(
    "sent", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_an_interrupted_load_says_so_and_stores_nothing(user: User, sent: int) -> None:
    # So many rows that they are being read when the signal comes.
    capture = user.writes("desk.dat", *(f"202609140900R{number}" for number in range(300_000)))
    with user.starts("load", str(capture)) as process:
        while not _has_run(user):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "Interrupted; nothing is half done.\n"
    assert user.outcomes() == []


@pytest.mark.slow
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
