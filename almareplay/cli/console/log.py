"""The log of a command, ``--log FILE``: JSON lines about rows and calls, not about people.

It has what is noted for it and nothing that is only printed, which may quote captures.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from almareplay.cli.console.printable import as_json, printable
from almareplay.transactions import AlmaReplayError

# How our first line begins.
_OURS = re.compile(rb'\{"time": "[0-9T:.+-]+", "level": "[a-z]+", "event": "')
_READ = 200
_log = logging.getLogger("almareplay.cli")


class LogError(AlmaReplayError):
    """No log can be written where it was asked for."""


def note(event: str, message: str = "", **fields: Any) -> None:
    """Write a line to the log, where there is one. It has rows by their numbers; it must quote
    nothing that was captured, and no file's name: a patron's id may stand anywhere."""
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
            begins = os.pread(self._file, _READ, 0) if regular else b""
        except OSError as error:
            words = f"{path}: this log cannot be written: {error.strerror}."
            raise LogError(words) from error
        if begins and not _OURS.match(begins):
            # Appended to the settings, a queue or a report, a log would spoil them.
            os.close(self._file)
            raise LogError(
                f"{path}: this file is there already and is no log of almareplay: name another one."
            )

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
        whole = as_json(told).encode() + b"\n"
        try:
            # What was cut off when the disk was full must not spoil the next line.
            wanted = b"\n" + whole if self._failed else whole
            cut_off = os.write(self._file, wanted) < len(wanted)
        except OSError:
            cut_off = True
        if cut_off and not self._failed:
            path = printable(str(self._path))
            sys.stderr.write(f"{path}: the log cannot be written; the work goes on.\n")
        self._failed = cut_off

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)
        super().close()
