"""The two consoles: the one place through which everything goes that a command prints."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from almareplay.cli.printable import as_json, printable


class PlainConsole(Console):
    """A console that shows words as they are, but for characters that would steer the terminal, and
    whose end does not end the command.

    A reader that goes away (a closed terminal, ``| head``) must not stop a replay half-way.
    """

    def __init__(self, *, stderr: bool) -> None:
        # No emoji: a file's "desk.dat:100:" is no code for a picture.
        super().__init__(stderr=stderr, soft_wrap=True, highlight=False, markup=False, emoji=False)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """What is drawn of anything; what moves the cursor is ours."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else printable(text), style, control)

    def print_json_of(self, data: Any) -> None:
        """Print data as JSON, for machines."""
        self.out(as_json(data, indent=2), highlight=False)

    def on_broken_pipe(self) -> None:
        """Go on without the reader."""
        self.fall_silent()

    def fall_silent(self) -> None:
        """Write nowhere from now on; Python's own last flush as well."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.file.fileno())
            os.close(nowhere)


class Shown(logging.Handler):
    """Shows what is noted on a console."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Print a line."""
        self._console.print(self.format(record))


results = PlainConsole(stderr=False)
"""What a command was asked for: standard output."""
messages = PlainConsole(stderr=True)
"""Progress and messages: standard error."""
