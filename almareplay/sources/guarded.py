"""What no reader foresaw is the refusal of its file: neither the command nor other files end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from almareplay.sources import formats as sniff
from almareplay.sources.capture import Capture, FileRefused, Row
from almareplay.sources.identifiers import NeedsFlagError
from almareplay.sources.options import ReadingOptions


def open_capture(path: Path, options: ReadingOptions) -> Capture:
    """The capture that the file is.

    Raises FileRefused for a file that is none, cannot be read at all, or needs a flag first; so do
    its ``rows``, whatever their reader raises.
    """
    with _refusing(path.name):
        return GuardedCapture(path.name, sniff.open_capture(path, options))


class GuardedCapture:
    """A capture whose ``rows`` raise nothing but FileRefused; ``name`` is for its words."""

    def __init__(self, name: str, capture: Capture) -> None:
        self._name = name
        self._capture = capture

    @property
    def format(self) -> str:
        return self._capture.format

    @property
    def columns(self) -> list[str]:
        return self._capture.columns

    @property
    def assumptions(self) -> list[str]:
        return self._capture.assumptions

    @property
    def progress(self) -> float:
        return self._capture.progress

    def rows(self) -> Iterator[Row]:
        with _refusing(self._name):
            yield from self._capture.rows()


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    try:
        yield
    except FileRefused:
        raise
    except NeedsFlagError as error:
        raise FileRefused(name, str(error)) from error
    except MemoryError as error:
        reason = "takes more memory to read than there is: divide it into smaller files."
        raise FileRefused(name, reason) from error
    except Exception as error:
        raise FileRefused(
            name,
            f"has something in it that cannot be read ({type(error).__name__}); nothing of it was "
            "loaded. Open it in the program that wrote it, save it as CSV, and load that.",
        ) from error
