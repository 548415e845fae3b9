"""Which process this is, and whether another one still lives."""

from __future__ import annotations

import functools
import os
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

_PROC = Path("/proc")
_NAMESPACES = ("pid", "time")
# Of a process that has ended and that its parent has not asked about yet.
_ENDED = ("Z", "X")


@dataclass(frozen=True, slots=True)
class Process:
    """A process. ``space`` is where its id has a meaning: the start of the machine's kernel and the
    namespace of processes, as containers have their own; empty where the system has no such thing.
    ``started`` is when it began, on a clock that nobody sets; empty where that is not known.
    """

    host: str
    space: str
    pid: int
    started: str

    @property
    def is_near(self) -> bool:
        """Whether this process can see it, or see that it is gone."""
        return (self.host, self.space) == (socket.gethostname(), _space())

    def lives(self) -> bool:
        """Whether it still runs, or may; of a process that ``is_near``.

        Another process that uses its id again is known by its start.
        """
        if not _exists(self.pid):
            return False
        state, started = _state_and_start(self.pid)
        if state in _ENDED:
            return False
        return not (started and self.started) or started == self.started


def this_process() -> Process:
    """The process that asks."""
    pid = os.getpid()
    return Process(socket.gethostname(), _space(), pid, _state_and_start(pid)[1])


@functools.cache
def _space() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        names = [str((_PROC / "self/ns" / name).readlink()) for name in _NAMESPACES]
    except OSError:
        return ""
    return " ".join([boot, *names])


def _exists(pid: int) -> bool:
    if os.name != "posix":
        return psutil.pid_exists(pid)
    try:
        # Not by what can be read of it: other people's processes may be hidden.
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _state_and_start(pid: int) -> tuple[str, str]:
    """The state of a process and when it began; empty where that cannot be read."""
    if _space():
        try:
            words = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            return "", ""
        # In ticks since the kernel began: the time of day may be set anew, which psutil would
        # take for another start.
        return words[0].decode(), words[19].decode()
    try:
        process = psutil.Process(pid)
        state = "Z" if process.status() == psutil.STATUS_ZOMBIE else ""
        return state, repr(process.create_time())
    except psutil.Error:
        return "", ""
