"""Outputs are whole or not there: they are written in a hidden folder beside their place.

A process that is killed leaves its folder behind, with patron ids in it. Its name tells whose it
is, and whoever writes beside it next sweeps it away.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import TextIO

from almareplay.queue.processes import Process, this_process
from almareplay.reports.replacing import ReportError, make_sure_it_may_be_replaced

_NAME = ".almareplay-{place}-{pid}-{started}-{number}"
_OURS = re.compile(r"\.almareplay-([0-9a-f]{12})-(\d+)-([\w.]*)-[0-9a-f]{8}")
# Nobody writes at an output for so long. It counts where the process cannot be seen.
_LONG_SECONDS = 24 * 3600


@contextlib.contextmanager
def whole_file(path: Path, *, overwrite: bool = False) -> Iterator[TextIO]:
    """A file to write UTF-8 text to. It comes to stand at ``path`` when all is written.

    Half a character, which UTF-8 cannot hold, becomes its number as in JSON: ``\\ud83d``. On any
    error an older file is still what it was. Raises ReportError for those of writing, and where
    the older file may not be replaced.
    """
    with (
        file_beside(path, overwrite=overwrite) as beside,
        beside.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        yield file


@contextlib.contextmanager
def file_beside(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """An empty file to fill, alone in a folder where others that are needed for it can stand. It
    comes to stand at ``path`` when the block ends without an error.

    On any error an older file is still what it was. Raises ReportError for those of writing, and
    where the older file may not be replaced.
    """
    make_sure_it_may_be_replaced(path, overwrite=overwrite)
    try:
        with _hidden_folder(path.absolute().parent) as folder:
            beside = folder / f"output{path.suffix}"
            # Readable by its owner only: it names patrons.
            os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            yield beside
            # Writing takes its time, a replay before it hours: somebody may have put one there.
            make_sure_it_may_be_replaced(path, overwrite=overwrite)
            beside.replace(path)
    except OSError as error:
        raise ReportError(f"{path}: this file cannot be written: {error.strerror}.") from error


@contextlib.contextmanager
def _hidden_folder(parent: Path) -> Iterator[Path]:
    _sweep(parent)
    here = this_process()
    name = _NAME.format(place=_place(here), pid=here.pid, started=here.started, number=token_hex(4))
    folder = parent / name
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Delete the hidden folders of processes that are gone."""
    with os.scandir(parent) as entries:
        for entry in entries:
            ours = _OURS.fullmatch(entry.name)
            if (
                ours
                and entry.is_dir(follow_symlinks=False)
                and _is_left_over(entry, *ours.groups())
            ):
                shutil.rmtree(entry.path, ignore_errors=True)


def _is_left_over(entry: os.DirEntry[str], place: str, pid: str, started: str) -> bool:
    here = this_process()
    if place == _place(here):
        return not replace(here, pid=int(pid), started=started).lives()
    return time.time() - entry.stat(follow_symlinks=False).st_mtime > _LONG_SECONDS


def _place(process: Process) -> str:
    """A short word for where a process is, which tells nobody the machine's name."""
    return hashlib.sha256(f"{process.host}\n{process.space}".encode()).hexdigest()[:12]
