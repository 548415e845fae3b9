"""What the user names as a capture, a file or a database, and how it is to be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from almareplay.cli.console.prompts import somebody_is_there, typed_secretly
from almareplay.settings import PREFIX, Settings, nearest_file
from almareplay.sources import (
    Capture,
    FileRefused,
    GuardedCapture,
    ReadingOptions,
    is_database_url,
    needs_password,
    open_capture,
    open_database,
)
from almareplay.sources.deskmap import DeskMap, DeskMapError, read_desk_map
from almareplay.sources.flags import (
    parse_captured_at,
    parse_clock_offset,
    parse_columns,
    parse_day,
)


@dataclass(frozen=True, slots=True)
class NamedCapture:
    """A capture that can be opened: its name without the folder, the SHA-256 of what it holds, and
    the sheet that was asked for. ``open`` raises FileRefused."""

    name: str
    sha256: str
    sheet: str | None
    open: Callable[[], Capture]


def reading_options(
    settings: Settings,
    *,
    clock_offset: str | None = None,
    captured_at: str | None = None,
    columns: str | None = None,
    desk_map: Path | None = None,
    include_saved_since: str | None = None,
    **flags: Any,
) -> ReadingOptions:
    """How to read captures, from settings and flags; ``flags`` are other fields of the options.

    Raises ValueError for a flag that cannot be read, in words, and DeskMapError.
    """
    if clock_offset is not None:
        flags["clock_offset"] = parse_clock_offset(clock_offset)
    if captured_at is not None:
        flags["captured_at"] = parse_captured_at(captured_at)
    if columns is not None:
        flags["columns"] = parse_columns(columns)
    if include_saved_since is not None:
        flags["include_saved_since"] = parse_day(include_saved_since)
        flags["include_saved"] = True
    desk_map = desk_map or settings.desk_map
    if desk_map is not None:
        if not desk_map.exists():
            meant = nearest_file(desk_map)
            raise DeskMapError(f"{desk_map.name}: there is no such desk map.{meant}")
        flags["desk_map"] = read_desk_map(desk_map)
    return ReadingOptions(
        timezone=settings.require_zone(),
        now=datetime.now(UTC),
        library=settings.library,
        circ_desk=settings.circ_desk,
        **flags,
    )


def flags_of(reading: ReadingOptions) -> dict[str, str]:
    """What was said about a file besides what it says itself, by the names of the flags; only what
    makes a difference to how it is read."""
    said: dict[str, str] = {}
    for field in fields(reading):
        value = getattr(reading, field.name)
        # The sheet stands beside the file; the present time is no flag.
        if field.name not in ("now", "sheet") and value not in (None, "", False, timedelta(0), {}):
            said[field.name.replace("_", "-")] = _in_words(value)
    return said


def _in_words(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={column}" for name, column in value.items())
    if isinstance(value, DeskMap):
        return ", ".join(sorted(entry.name for entry in value.entries.values()))
    return "yes" if value is True else str(value)


def find_capture(file: str, reading: ReadingOptions, settings: Settings) -> NamedCapture:
    """The capture that a word of the command line names. Raises FileRefused."""
    if is_database_url(file):
        database = open_database(file, reading, _password(file, settings))
        guarded = GuardedCapture(database.name, database)
        return NamedCapture(database.name, database.fingerprint(), None, lambda: guarded)
    path = Path(file)
    return NamedCapture(
        path.name, sha256_of(path), reading.sheet, partial(open_capture, path, reading)
    )


def sha256_of(path: Path) -> str:
    """What a file is known by, in hexadecimal: a SQLite file with the newest rows, which stand in a
    file beside it. Raises FileRefused."""
    known = hashlib.sha256()
    beside = Path(f"{path}-wal")
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # it may have no end
            raise FileRefused(path.name, "is a pipe or a device: load a file.")
        for each in (path, beside) if beside.is_file() else (path,):
            with each.open("rb") as file:
                hashlib.file_digest(file, lambda: known)
        return known.hexdigest()
    except OSError as error:
        reason = (error.strerror or "it is no file").lower()
        meant = nearest_file(path) if isinstance(error, FileNotFoundError) else ""
        raise FileRefused(path.name or str(path), f"cannot be read: {reason}.{meant}") from error


def _password(url: str, settings: Settings) -> str | None:
    """The database's password from the settings, or from the user, who is not shown it."""
    if not needs_password(url):
        return None
    if settings.database_password is not None:
        return settings.database_password.get_secret_value()
    if not somebody_is_there():
        raise FileRefused(
            "the database",
            f"asks for a password: set {PREFIX}DATABASE_PASSWORD in the environment.",
        )
    return typed_secretly("Password of the database")
