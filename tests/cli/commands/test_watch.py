"""``status --all --watch`` on a terminal: drawn anew, whole, and left as it was."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from almareplay.consortium.submitting import HowToReplay
from almareplay.queue.consortium.submissions import (
    Finished,
    Later,
    hand_back,
    submission_of,
    submit,
)
from almareplay.queue.replaying.hold import take_hold
from almareplay.queue.store import Queue, Run
from almareplay.replay.policy import Policy

if TYPE_CHECKING:
    from almareplay.queue.consortium.submissions import End
    from tests.cli.conftest import User

FERN = "01FERN_INST"
WORDS = "Alma has been away since 03:20 GMT (502 Bad Gateway), and somebody may have to see to it."
# What is typed there goes to the command, Ctrl-C as a signal.
_ON_ITS_TERMINAL = (
    "import fcntl, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "from almareplay.cli import main\n"
    "main()\n"
)


class Terminal:
    """A terminal of 80 columns on which the command runs."""

    def __init__(self, user: User) -> None:
        self.near, far = pty.openpty()
        termios.tcsetwinsize(far, (24, 80))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ON_ITS_TERMINAL, "status", "--all", "--watch"],
            cwd=user.folder,
            env=user.environment(INSTITUTIONS=str(user.folder / "institutions.toml"))
            | {"TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=far,
            stdout=far,
            stderr=far,
            start_new_session=True,
        )
        os.close(far)
        self.written = b""

    def reads_until(self, what: Callable[[], bool]) -> None:
        """Take in what is written, until something is so or all was written."""
        ends_at = time.monotonic() + 60
        while not what():
            assert time.monotonic() < ends_at, self.written
            if select.select([self.near], [], [], 1)[0]:
                try:
                    self.written += os.read(self.near, 65_536)
                except OSError:  # the other end was closed
                    return

    def types(self, keys: bytes) -> None:
        os.write(self.near, keys)

    def ends(self) -> int:
        self.reads_until(lambda: False)
        return self.process.wait(30)

    @property
    def drawings(self) -> list[str]:
        """The tables that were drawn over each other, without what moves the cursor."""
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.written.decode())
        return plain.replace("\r", "").split("institution  ")[1:]


def ended(queue: Queue, run: Run, end: End) -> None:
    """A worker has looked at a run."""
    submission = submission_of(queue, run)
    assert submission is not None
    hand_back(queue, take_hold(queue, run), end, submission)


@pytest.fixture
def queue(user: User) -> Iterator[Queue]:
    """One with a run that was submitted, and looked at once."""
    (user.folder / "institutions.toml").write_text(
        f'[institutions.{FERN}]\nregion = "eu"\napi_key_env = "FERN_KEY"\n'
    )
    with Queue.open(f"sqlite:///{user.folder / 'almareplay.db'}", create=True) as queue:
        run = queue.start_run("main", FERN)
        how = HowToReplay(Policy(), "sandbox", unverified_is_fine=False)
        with queue.writing(run) as connection:
            submit(connection, {run: how.to_json()})
        ended(queue, run, Later(WORDS, lambda now: now))
        yield queue


@pytest.fixture
def terminal(user: User, queue: Queue) -> Iterator[Terminal]:
    assert queue.is_file, "its folder is all that the command is told"
    terminal = Terminal(user)
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    os.close(terminal.near)


def test_ctrl_c_ends_the_watch_and_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.reads_until(lambda: len(terminal.drawings) >= 2)
    terminal.types(b"\x03")
    assert terminal.ends() == 130
    *_, hidden = terminal.written.rpartition(b"\x1b[?25l")
    assert b"\x1b[?25h" in hidden, "the cursor is seen again"
    *_, last = terminal.drawings
    assert last.rstrip().splitlines()[-1] == "Interrupted; nothing is half done."
    assert max(map(len, last.split("\n"))) <= 80
    words = " ".join(last.split())
    assert "what to do" in words
    assert f"GMT: {WORDS}" in words


def test_the_watch_ends_when_nothing_is_left_to_do(terminal: Terminal, queue: Queue) -> None:
    terminal.reads_until(lambda: len(terminal.drawings) >= 1)
    ended(queue, queue.run("main", FERN), Finished())
    assert terminal.ends() == 0
    assert "  done " in terminal.drawings[-1]
