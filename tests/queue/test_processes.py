"""Whether a process still lives: known by its id and its start, as far as it can be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from almareplay.queue import processes
from almareplay.queue.processes import this_process


def test_this_process_lives_and_is_near() -> None:
    here = this_process()
    assert (here.pid, here.is_near, here.lives()) == (os.getpid(), True, True)
    assert here == this_process()


def test_another_start_is_another_process() -> None:
    assert not replace(this_process(), started="1").lives()
    # One that is not known says nothing.
    assert replace(this_process(), started="").lives()


def test_a_process_that_ended_is_gone_also_before_its_parent_has_asked() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as ended:
        assert ended.stdout is not None
        ended.stdout.read()
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert not replace(this_process(), pid=ended.pid, started="").lives()
    assert not replace(this_process(), pid=ended.pid, started="").lives()


def test_a_process_of_which_nothing_can_be_read_may_live(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_pid: int, _signal: int) -> None:
        raise PermissionError

    other = replace(this_process(), pid=2**22 + 1)
    assert not other.lives()
    monkeypatch.setattr(os, "kill", denied)
    assert other.lives()


def test_what_is_elsewhere_is_not_near() -> None:
    assert not replace(this_process(), host="elsewhere").is_near
    assert not replace(this_process(), space="another container").is_near


def test_where_the_system_has_no_namespaces_the_start_still_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "_space", lambda: "")
    here = this_process()
    assert (here.space, here.is_near, here.lives()) == ("", True, True)
    assert not replace(here, started="12.5").lives()
    assert not replace(here, pid=2**22 + 1).lives()
