"""The process that reads workbooks: one after another, as its parent names them.

Parsers in C and files of strangers meet here, where nothing is lost when one of them goes wrong.
Each request and each answer is a pickle, on standard input and output.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
from pathlib import Path
from typing import NamedTuple

from almareplay.sources.workbook.errors import NotReadError
from almareplay.sources.workbook.reader import Workbook, read_workbook

with contextlib.suppress(ImportError):  # Windows has no such limits: the parent looks after it
    import resource


class Request(NamedTuple):
    """A workbook to be read; ``seconds`` of a processor's time are granted."""

    path: Path
    sheet: str | None
    is_zip: bool
    seconds: int


class Refusal(NamedTuple):
    """Why a workbook is not read, as the end of a sentence."""

    reason: str


Answer = Workbook | Refusal

MEMORY = "takes more memory to read than a capture can need: save the sheet as CSV, and load that."


def main(memory: int) -> None:
    """Answers requests until there are no more, with at most so many bytes of memory."""
    _limit("RLIMIT_AS", memory)
    with contextlib.suppress(EOFError):
        while True:
            request: Request = pickle.load(sys.stdin.buffer)
            if "resource" in globals():
                spent = resource.getrusage(resource.RUSAGE_SELF)
                used = spent.ru_utime + spent.ru_stime
                _limit("RLIMIT_CPU", int(used) + 1 + request.seconds)
            pickle.dump(_answer(request), sys.stdout.buffer)
            sys.stdout.buffer.flush()


def _answer(request: Request) -> Answer:
    try:
        return read_workbook(request.path, request.sheet, is_zip=request.is_zip)
    except NotReadError as error:
        return Refusal(str(error))
    except MemoryError:
        return Refusal(MEMORY)


def _limit(name: str, most: int) -> None:
    """Sets a limit of this process, where the system has such, unless it is tighter already."""
    if "resource" not in globals():
        return
    limit = getattr(resource, name)
    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (most if hard < 0 else min(most, hard), hard))
