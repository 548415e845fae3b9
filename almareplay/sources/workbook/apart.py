"""Reads workbooks in another process, within a memory and a time that no capture needs.

A file that makes a parser crash, fill the memory or run for ever ends that process and nothing
else. The process stays for the next workbook; one that failed is replaced.
"""

from __future__ import annotations

import atexit
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from almareplay.sources.capture import FileRefused
from almareplay.sources.workbook.child import MEMORY, Answer, Refusal, Request
from almareplay.sources.workbook.reader import Workbook

MOST_MEMORY = 1 << 30
"""Bytes. A million rows of six cells take a third of it."""
SECONDS = 8
SECONDS_A_MEGABYTE = 12
"""Of a processor's time: a slow machine needs a tenth of it for a workbook of a million cells."""

_SLOW = (
    "takes far longer to read than a workbook of its size should: save the sheet as CSV, and load "
    "that."
)
_BROKE_DOWN = (
    "cannot be read: something in it breaks what reads it. Open it in the program that wrote it, "
    "save the sheet as CSV, and load that."
)
_LOOKS_EVERY = 0.05
_START = (
    "import sys; sys.path[:] = {path!r}; from almareplay.sources.workbook.child import main; "
    "main({memory})"
)


class Process:
    """A process that reads workbooks."""

    def __init__(self) -> None:
        start = _START.format(path=sys.path, memory=MOST_MEMORY)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # nobody hears what C libraries say as they break down
            start_new_session=True,  # Ctrl-C is for the parent, which ends it
        )
        self._failed = ""

    def ask(self, request: Request) -> Answer:
        """What the process answers; a refusal where it does not live to answer."""
        answered = threading.Event()
        watch = threading.Thread(target=self._watch, args=(request.seconds, answered), daemon=True)
        watch.start()
        try:
            assert self._process.stdin
            assert self._process.stdout
            pickle.dump(request, self._process.stdin)
            self._process.stdin.flush()
            answer: Answer = pickle.load(self._process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            answered.set()
            watch.join()
            self.end()
            return Refusal(self._failed or _why(self._process.returncode))
        except BaseException:
            self.end()
            raise
        finally:
            answered.set()
        return answer

    @property
    def lives(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def end(self) -> None:
        """Ends it, whatever it does."""
        self._process.kill()
        self._process.communicate()

    def _watch(self, seconds: float, answered: threading.Event) -> None:
        """Ends the process when it takes too much; its own limits do so where there are such."""
        try:
            child = psutil.Process(self._process.pid)
            allowed = _processor_time(child) + seconds
            while not answered.wait(_LOOKS_EVERY):
                if _processor_time(child) > allowed:
                    self._failed = _SLOW
                elif child.memory_info().rss > MOST_MEMORY:
                    self._failed = MEMORY
                if self._failed:
                    self._process.kill()
                    return
        except psutil.Error:  # it is gone
            return


def _processor_time(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _why(returncode: int) -> str:
    of_its_limit = getattr(signal, "SIGXCPU", None)
    return _SLOW if of_its_limit and returncode == -of_its_limit else _BROKE_DOWN


_idle: list[Process] = []


def read_apart(path: Path, sheet: str | None, *, is_zip: bool) -> Workbook:
    """The sheet of this name, or all. Raises FileRefused."""
    megabytes = path.stat().st_size / 1e6
    seconds = int(SECONDS + SECONDS_A_MEGABYTE * megabytes)
    request = Request(path.absolute(), sheet, is_zip, seconds)
    process = _idle.pop() if _idle else Process()
    answer = process.ask(request)
    if process.lives:
        _idle.append(process)
    if isinstance(answer, Refusal):
        raise FileRefused(path.name, answer.reason)
    return answer


@atexit.register
def _end_idle() -> None:
    while _idle:
        _idle.pop().end()
