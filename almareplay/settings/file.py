"""The file of settings: which one, how its lines are read, who may read and write it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from almareplay.settings.errors import SettingsError
from almareplay.transactions import nearest

DEFAULT_FILE = Path("settings.env")
_SETTING = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)", re.ASCII)
_QUOTED = re.compile(r"""\s*(["'])((?:(?!\1).)*)\1\s*(?:\s#.*)?""")
_COMMENT = re.compile(r"\s+#.*")
_LINE_END = re.compile(r"\r\n|\n|\r")


class Line(NamedTuple):
    """A line of a settings file; ``name`` is empty where it cannot be read."""

    where: str
    name: str = ""
    value: str = ""


def lines_of(file: Path | None) -> Iterator[Line]:
    """The lines of a settings file that say something, whether they can be read or not.

    ``file`` is ``settings.env`` in the working directory where None, and may then be missing.
    Raises SettingsError for a file that cannot be read, or that other users can write.
    """
    if file is not None and not file.is_file():
        what = "is no file" if file.exists() else "does not exist"
        raise SettingsError(f"The settings file {file} {what}.{nearest_file(file)}")
    found = file or DEFAULT_FILE
    if not found.is_file():
        return
    for number, text in enumerate(_LINE_END.split(text_of(found)), start=1):
        if text.strip() and not text.lstrip().startswith("#"):
            yield _line(f"{found}, line {number}", text)


def file_warnings(file: Path | None = None) -> list[str]:
    """What is not right about a settings file that can be used all the same: a sentence each.

    ``file`` and errors are as in ``read_settings``.
    """
    told = [
        f"{line.where}: this cannot be read, and is passed over. A setting is a line NAME=value."
        for line in lines_of(file)
        if not line.name
    ]
    found = file or DEFAULT_FILE
    return [*told, *read_by_others(found)]


def read_by_others(file: Path) -> list[str]:
    """A warning of a file with a key in it, where other users of this machine can read it."""
    if file.is_file() and _mode(file) & (stat.S_IRGRP | stat.S_IROTH):
        return [f"Other users of this machine can read {file}: chmod 600 {file}"]
    return []


def _line(where: str, text: str) -> Line:
    setting = _SETTING.fullmatch(text)
    if setting is None:
        return Line(where)
    name, value = setting.groups()
    if quoted := _QUOTED.fullmatch(value):
        return Line(where, name, quoted[2])
    if value.lstrip().startswith(("'", '"')):
        return Line(where)  # without its second quotation mark
    return Line(where, name, _COMMENT.sub("", value).strip())


def text_of(file: Path, what: str = "settings file", named_by: str = "--settings") -> str:
    """The text of a file that decides where a key goes.

    Raises SettingsError where it cannot be read, or where other users can write it; ``what`` it is
    and what it is ``named_by`` stand in the words of that.
    """
    if _mode(file) & (stat.S_IWGRP | stat.S_IWOTH):
        raise SettingsError(
            f"Other users of this machine can write {file}, and could have the key sent elsewhere. "
            f"See that it says what you wrote, then: chmod 600 {file} (where that changes nothing, "
            f"as on a Windows drive, keep the file elsewhere and name it with {named_by})."
        )
    try:
        content = file.read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise SettingsError(f"The {what} {file} cannot be read: {reason}.") from error
    try:
        # Editors on Windows put a mark at the beginning.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        # Without its cause, which holds the whole file.
        raise SettingsError(
            f"The {what} {file} cannot be read: line {line} is not UTF-8. Save it as UTF-8."
        ) from None


def _mode(file: Path) -> int:
    """The permissions of a file; none for others where the system has no such permissions."""
    if os.name != "posix":
        return stat.S_IRUSR | stat.S_IWUSR
    try:
        return file.stat().st_mode
    except OSError as error:
        raise SettingsError(f"The settings file {file} cannot be read.") from error


def nearest_file(path: Path) -> str:
    """What file of its folder may have been meant by one that is not there, as ``nearest`` says."""
    try:
        return nearest(path.name, [each.name for each in path.absolute().parent.iterdir()])
    except OSError:
        return ""
