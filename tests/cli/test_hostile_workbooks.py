"""``load`` of files that nobody meant well: each ends in one sentence, the good ones are loaded."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from almareplay.sources.workbook import apart
from tests.sources.hostile import HOSTILE, LOAN, ROWS, row, sheet, xlsx

if TYPE_CHECKING:
    from tests.cli.conftest import User

TWO_GIGABYTES = 2_000_000_000


def two_gigabytes() -> None:
    """As ``ulimit -v`` does it."""
    resource.setrlimit(resource.RLIMIT_AS, (TWO_GIGABYTES, TWO_GIGABYTES))


def test_each_ends_in_one_sentence_and_the_good_files_are_loaded(user: User) -> None:
    files = [write(user.folder / name).name for name, (write, _) in HOSTILE.items()]
    good = [user.captures(name="first.dat").name, xlsx(user.folder / "last.xlsx").name]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "almareplay", "load", good[0], *files, good[1]],
        cwd=user.folder,
        env=user.environment(),
        capture_output=True,
        text=True,
        preexec_fn=two_gigabytes,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    for name, (_, said) in HOSTILE.items():
        (line,) = (line for line in lines if line.startswith(f"{name}: "))
        assert said in line
    assert "Traceback" not in done.stderr
    assert user.outcomes() == ["pending", "pending"]
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 20


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process that reads workbooks is there yet, and none stays."""
    monkeypatch.setattr(apart, "_idle", [])


SLOW = "<x/>" * 3_000_000


@pytest.mark.usefixtures("anew")
def test_what_takes_too_long_is_ended(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "SECONDS", 0)
    slow = xlsx(user.folder / "slow.xlsx", {"xl/worksheets/sheet1.xml": sheet(SLOW)})
    done = user.types("load", slow.name, user.captures().name)
    (said,) = done.problems()[:1]
    assert said.startswith("slow.xlsx: takes far longer to read than a workbook of its size should")
    assert (done.code, user.outcomes()) == (1, ["pending"])
    apart._end_idle()


@pytest.mark.slow
@pytest.mark.usefixtures("anew")
def test_what_takes_too_much_memory_is_ended(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MOST_MEMORY", 300 << 20)
    deep = "<x>" * 4_000_000
    path = xlsx(user.folder / "deep.xlsx", {"xl/worksheets/sheet1.xml": sheet(deep)})
    done = user.types("load", path.name, user.captures().name)
    (said,) = done.problems()[:1]
    assert said.startswith("deep.xlsx: takes more memory to read than a capture can need")
    assert (done.code, user.outcomes()) == (1, ["pending"])
    apart._end_idle()


@pytest.mark.usefixtures("anew")
def test_a_reader_that_dies_is_one_sentence_about_its_file(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)  # {path} {memory}"
    monkeypatch.setattr(apart, "_START", start)
    done = user.types("load", xlsx(user.folder / "desk.xlsx").name, user.captures().name)
    (said,) = done.problems()[:1]
    assert said.startswith("desk.xlsx: cannot be read: something in it breaks what reads it.")
    assert (done.code, user.outcomes()) == (1, ["pending"])


def test_one_process_serves_all_workbooks(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[apart.Process] = []
    monkeypatch.setattr(apart, "_idle", started)
    for number in range(3):
        loan = (LOAN[0], LOAN[1], LOAN[2], f"3942400010101{number}")
        path = user.folder / f"desk-{number}.xlsx"
        xlsx(path, {"xl/worksheets/sheet1.xml": sheet(ROWS + row(3, loan))})
        assert user.types("load", path.name).code == 0
        assert len(started) == 1
        first = started[0]
    assert started == [first]
    apart._end_idle()


@pytest.mark.slow
def test_interrupted_while_a_workbook_is_read(user: User) -> None:
    slow = xlsx(user.folder / "slow.xlsx", {"xl/worksheets/sheet1.xml": sheet(SLOW * 4)})
    with user.starts("load", user.captures().name, slow.name) as process:
        readers: list[psutil.Process] = []
        while process.poll() is None and not readers:
            with suppress(psutil.Error):
                readers = psutil.Process(process.pid).children()
            time.sleep(0.001)  # until the reader is there
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.endswith("Interrupted; nothing is half done.\n")
    # It ends with its pipe, which is a moment later.
    _, left = psutil.wait_procs(readers, timeout=10)
    assert not left
    assert user.outcomes() == ["pending"]


def test_modules_in_the_working_directory_are_not_imported(user: User) -> None:
    (user.folder / "zipfile.py").write_text("raise SystemExit\n")
    desk = xlsx(user.folder / "desk.xlsx")
    assert Path.cwd() == user.folder
    assert user.types("load", desk.name).code == 0
