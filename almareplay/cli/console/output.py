"""The two consoles: the one place through which everything goes that a command prints."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import stat
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from almareplay.cli.console.log import note
from almareplay.cli.console.printable import as_json, one_line, printable
from almareplay.cli.console.wrapping import wrapped
from almareplay.transactions import AlmaReplayError

Tell = Callable[[str], None]
"""Where words go: ``say``, or ``print`` of one of the consoles."""


class _Outlet:
    """A stream that may lead to a terminal which is closed one day: what runs goes on without."""

    def __init__(self, stream: IO[str], fall_silent: Callable[[], None]) -> None:
        self._stream = stream
        self._fall_silent = fall_silent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, nowhere where the terminal is gone."""
        with self._terminal_may_be_gone():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is waiting, nowhere where the terminal is gone."""
        with self._terminal_may_be_gone():
            self._stream.flush()

    @contextlib.contextmanager
    def _terminal_may_be_gone(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # Of a file the same error is a disk that fails: what was asked for is lost then.
            is_file = stat.S_ISREG(os.fstat(self._stream.fileno()).st_mode)
            if error.errno != errno.EIO or is_file:
                raise
            self._fall_silent()


class PlainConsole(Console):
    """A console that shows words as they are, but for characters that would steer the terminal, and
    whose end does not end the command.

    A reader that goes away (a closed terminal, ``| head``) must not stop a replay half-way.
    """

    def __init__(self, *, stderr: bool) -> None:
        # No emoji: a file's "desk.dat:100:" is no code for a picture.
        super().__init__(stderr=stderr, soft_wrap=True, highlight=False, markup=False, emoji=False)

    @property
    def file(self) -> IO[str]:
        """Where it writes."""
        return cast(IO[str], _Outlet(super().file, self.fall_silent))

    @file.setter
    def file(self, stream: IO[str]) -> None:
        self._file = stream

    def print(self, *objects: Any, **how: Any) -> None:
        """Print words or anything else; words in lines that a terminal has room for."""
        if self.file.isatty():
            objects = tuple(
                wrapped(each, self.width) if isinstance(each, str) else each for each in objects
            )
        super().print(*objects, **how)

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


class Messages(PlainConsole):
    """The console of progress and messages, which ``--quiet`` silences but for what is said."""

    def __init__(self) -> None:
        super().__init__(stderr=True)

    def say(self, text: str) -> None:
        """Print words, also with ``--quiet``."""
        quiet, self.quiet = self.quiet, False
        self.print(text)
        self.quiet = quiet


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
messages = Messages()
"""Progress and messages: standard error."""


def say(text: str = "") -> None:
    """Tell the user what goes wrong or what to do: also with ``--quiet``. No log has it, since it
    may quote what was captured; ``note`` writes there."""
    messages.say(text)


def show(text: str) -> None:
    """Show the user, also with ``--quiet``, a line of what stands in rows."""
    say(one_line(text))


def tell_error(error: AlmaReplayError) -> None:
    """Tell the user and the log what went wrong; the log without what was captured."""
    note("failed", str(error) if error.in_logs else "", error=type(error).__name__)
    say(str(error))


def count(number: int, one: str, many: str = "") -> str:
    """``1 row``, ``2 rows``, ``12,000 rows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
