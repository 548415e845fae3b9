"""The log of a command, ``--log FILE``: JSON lines about rows and calls, not about people."""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from almareplay.transactions import AlmaReplayError

_log = logging.getLogger("almareplay.cli")


class LogError(AlmaReplayError):
    """No log can be written where it was asked for."""


def note(event: str, message: str = "", **fields: Any) -> None:
    """Write a line to the log, where there is one; it must name no patron and no item."""
    _log.info(message, extra={"event": event, "fields": fields})


class JsonLines(logging.Handler):
    """Appends an object a line to a file that is readable by its owner only, if it is new.

    Each has ``time`` (UTC), ``level``, ``event``, its ``message`` in words where it has one, then
    what is said ``about`` all of them, then the fields of its event. Raises LogError where the file
    cannot be written now; a disk that fills later is told once on standard error, and stops
    nothing.
    """

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        super().__init__()
        self._path = path
        self._about = dict(about)
        self._failed = False
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            regular = stat.S_ISREG(os.fstat(self._file).st_mode)
            first = os.pread(self._file, 1, 0) if regular else b""
        except OSError as error:
            words = f"{path}: this log cannot be written: {error.strerror}."
            raise LogError(words) from error
        if first not in (b"", b"{"):
            # Appended to the settings or a queue, a log would spoil them.
            os.close(self._file)
            raise LogError(f"{path}: this file is there and is no log: name another one.")

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        at = datetime.fromtimestamp(record.created, UTC)
        words = record.getMessage()
        told = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "message"),
            **({"message": words} if words else {}),
            **self._about,
            **getattr(record, "fields", {}),
        }
        # Bytes of a file's name that are no text come out as an escape, which JSON has as well.
        line = json.dumps(told, ensure_ascii=False).encode("utf-8", "backslashreplace")
        whole = line + b"\n"
        try:
            # What was cut off when the disk was full must not spoil the next line.
            wanted = b"\n" + whole if self._failed else whole
            cut_off = os.write(self._file, wanted) < len(wanted)
        except OSError:
            cut_off = True
        if cut_off and not self._failed:
            sys.stderr.write(f"{self._path}: the log cannot be written; the work goes on.\n")
        self._failed = cut_off

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
        super().close()
