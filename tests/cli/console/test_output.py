"""What becomes of words that cannot be written."""

from __future__ import annotations

import errno
import io
import os
import pty
from pathlib import Path
from typing import IO

import pytest

from almareplay.cli.console.output import PlainConsole


class Failing(io.TextIOWrapper):
    """A stream that has begun to fail."""

    def __init__(self, raw: IO[bytes]) -> None:
        super().__init__(raw)
        self.fails = True

    def write(self, text: str) -> int:
        if self.fails:
            raise OSError(errno.EIO, "Input/output error")
        return super().write(text)


def test_words_to_a_disk_that_fails_are_not_lost_in_silence(tmp_path: Path) -> None:
    with (tmp_path / "results.txt").open("wb") as raw:
        console = PlainConsole(stderr=False)
        console.file = Failing(raw)
        with pytest.raises(OSError, match="Input/output error"):
            console.print("12 rows")


def test_words_to_a_terminal_that_is_gone_keep_nothing_from_going_on() -> None:
    ours, terminal = pty.openpty()
    console = PlainConsole(stderr=False)
    with os.fdopen(terminal, "w") as stream:
        console.file = stream
        os.close(ours)
        console.print("12 rows")
        console.print("and more")
        stream.flush()
