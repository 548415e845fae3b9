"""What an output may replace: files that almareplay wrote, and nothing else of the user's.

Each format carries a sign that stays when the file is opened, copied or renamed: a page its
generator, a workbook its author, CSV and JSON Lines our columns, a patron list its fields. A
``.dat`` has no place for one, and an export looks exactly like a capture, which may be the only
one: it is never known as ours.
"""

from __future__ import annotations

import csv
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from almareplay.outcomes import FineRow, PullRow, ReportRow
from almareplay.transactions import AlmaReplayError

AUTHOR = "almareplay"
"""Who wrote a workbook, and what generated a page."""

_COLUMNS = (ReportRow._fields, PullRow._fields, FineRow._fields)
# Earlier versions wrote fewer columns, later ones add theirs behind; so many in our order are no
# accident.
_COLUMNS_ENOUGH = 9
_READ = 65_536
_GENERATOR = re.compile(rb'<meta\s+name="generator"\s+content="' + AUTHOR.encode())
_PROPERTY = re.compile(rb"<(?:\w+:)?(\w+)[^>]*>([^<]*)(?=<)")
_PATRON_LIST = re.compile(
    rb'\{"made_at": "[^"]+", "salt": "[0-9a-f]+", "rounds": \d+, "entries": \{'
)
_INSIST = "Name another one, or insist with --overwrite."


class ReportError(AlmaReplayError):
    """A report cannot be written where or how it was asked for."""


def make_sure_it_may_be_replaced(path: Path, *, overwrite: bool) -> None:
    """Make sure that an output may take the place of what is at ``path``, if anything is.

    With ``overwrite`` any plain file may be replaced. Raises ReportError.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise ReportError(f"{path}: this is a link to a file that is not there.") from None
        return
    except OSError as error:
        raise ReportError(f"{path}: this file cannot be written: {error.strerror}.") from error
    if not stat.S_ISREG(found.st_mode):
        raise ReportError(f"{path}: this is no plain file.")
    if overwrite or not found.st_size:
        return
    ending = path.suffix.lower()
    if ending == ".dat":
        raise ReportError(
            f"{path}: this file is there already. An export looks like a capture, so it is "
            f"replaced only if you say so. {_INSIST}"
        )
    try:
        is_ours = _IS_OURS[ending](path)
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, RuntimeError, csv.Error):
        is_ours = False
    if not is_ours:
        raise ReportError(
            f"{path}: this file is there already, and almareplay did not write it. {_INSIST}"
        )


def _is_our_page(path: Path) -> bool:
    with path.open("rb") as file:
        return _GENERATOR.search(file.read(_READ)) is not None


def _is_our_workbook(path: Path) -> bool:
    """Whether we wrote it. Raises ReportError where somebody has worked in it since."""
    with zipfile.ZipFile(path) as archive, archive.open("docProps/core.xml") as file:
        told = {name.decode(): value for name, value in _PROPERTY.findall(file.read(_READ))}
    if told.get("creator") != AUTHOR.encode():
        return False
    # What staff have ticked or noted in it stands nowhere else.
    if told.get("lastModifiedBy") != AUTHOR.encode() or told.get("modified") != told.get("created"):
        raise ReportError(
            f"{path}: somebody has changed this workbook since almareplay wrote it, as by ticking "
            f"rows that are done. {_INSIST}"
        )
    return True


def _is_our_csv(path: Path) -> bool:
    with path.open(encoding="utf-8", newline="") as file:
        return _are_ours(next(csv.reader([file.readline(_READ)]), []))


def _is_our_jsonl(path: Path) -> bool:
    with path.open(encoding="utf-8") as file:
        first = json.loads(file.readline(_READ * 16))
    return isinstance(first, dict) and _are_ours([*first])


def _is_our_patron_list(path: Path) -> bool:
    with path.open("rb") as file:
        return _PATRON_LIST.match(file.read(_READ)) is not None


def _are_ours(columns: Sequence[str]) -> bool:
    return len(columns) >= _COLUMNS_ENOUGH and any(
        tuple(columns) == ours[: len(columns)] for ours in _COLUMNS
    )


_IS_OURS: dict[str, Callable[[Path], bool]] = {
    ".html": _is_our_page,
    ".xlsx": _is_our_workbook,
    ".csv": _is_our_csv,
    ".jsonl": _is_our_jsonl,
    ".json": _is_our_patron_list,
}
