"""The demo of the page for the desks: captured during an outage, replayed after it."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import httpx

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import results
from almareplay.cli.workflows.demos.browser_desk import browser_desks
from almareplay.cli.workflows.demos.http_desk import HttpDesks
from almareplay.cli.workflows.demos.stage import Stage
from almareplay.cli.workflows.demos.stand_in import stand_in

_LOG = "capture.log"
_REPORT = "report.html"
_SESSION = "outage"
_WORDS = (
    *("capture", "--session", _SESSION, "--library", "MAIN", "--library", "ANNEX"),
    *("--card-pattern", "2488[0-9]{10}", "--item-pattern", "3488[0-9]{10}"),
)
_LOANED_BEFORE = timedelta(weeks=3)
_PAIRING_CODE = "Pairing code: "


class _Desk(Protocol):
    """A desk at its page; ``wait_until_sent`` returns once the server has confirmed everything."""

    def lend(self, card: str, *items: str) -> None: ...
    def take_back(self, *items: str) -> None: ...
    def undo(self) -> None: ...
    def wait_until_sent(self) -> None: ...


class _Desks(Protocol):
    def open(self, url: str, code: str, name: str, library: str) -> _Desk: ...


def run_capture_demo(folder: Path, run: Callable[..., object]) -> None:
    """Show an outage and what comes after it in a folder; ``run`` runs a command, given its words.
    Raises Ended where something that it needs is not installed."""
    if find_spec("cryptography") is None or find_spec("segno") is None:
        words = "The page for the desks is an extra: pip install 'almareplay[simulator,capture]'"
        raise Ended(Exit.USAGE, words)
    began = time.monotonic()
    loaned_at = datetime.now(UTC) - _LOANED_BEFORE
    with stand_in(folder, (_LOG, _REPORT), run, loaned_at=loaned_at) as (stage, _):
        _capture(stage)
        stage.step("load", "--session", _SESSION)
        stage.step("rehearse")
        report = folder / _REPORT
        stage.step("replay", "--yes", "--report", str(report))
        stage.step("status")
        results.print(f"\nDone in {time.monotonic() - began:.0f} s. The staff's list: {report}")
        stage.tell_what_is_in_the_way()
    results.print("The stand-in Alma is gone; the report stays.")


def _capture(stage: Stage) -> None:
    """The outage: two desks capture, and the session is closed."""
    with ExitStack() as stack:
        desks: _Desks | None = stack.enter_context(browser_desks())
        how = "in a headless browser"
        if desks is None:
            desks = stack.enter_context(HttpDesks())
            how = "by HTTP as the page does, since no browser is found"
        server = _Server(stage)
        stack.callback(server.end)
        server.start()
        results.print(f"\nTwo desks scan {how}.")
        _play(desks, server)
        _close_session(server)


def _play(desks: _Desks, server: _Server) -> None:
    """What the desks do: the front desk first, then the Annex, which brings a book back that the
    front desk has lent."""
    front = desks.open(server.url, server.code, "Front desk", "MAIN")
    annex = desks.open(server.url, server.code, "Annex", "ANNEX")
    results.print("Front desk: lends four books to two patrons.")
    front.lend("24880000100016", "34880000200014", "34880000200022")
    front.lend("24880000100024", "34880000200048", "34880000200063")
    results.print("Front desk: undoes the last loan, which was a mistake, and scans two returns.")
    front.undo()
    front.take_back("34880000200030", "34880000200097")
    results.print("Annex: lends a book to a patron whom Alma will not lend to.")
    annex.lend("24880000100032", "34880000200071")
    for each in front, annex:
        each.wait_until_sent()
    results.print("\nThe server is killed. Annex: scans on, and keeps a loan and two returns.")
    server.end()
    annex.lend("24880000100057", "34880000200162")
    annex.take_back("34880000200188", "34880000200014")
    server.start()
    annex.wait_until_sent()
    results.print("Annex: everything is sent.")


def _close_session(server: _Server) -> None:
    """Close the session, as whoever is in charge does on the overview."""
    body = {"code": server.code}
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        token = client.post("/api/overview", json=body).raise_for_status().json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        client.post("/api/close", json=body, headers=headers).raise_for_status()
    results.print("Overview: the session is closed.")


class _Server:
    """``almareplay capture`` beside this process: killed and started again, it has the same address
    and another pairing code."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.code = ""

    def start(self) -> None:
        """Start it; what it says besides its address and its pairing code goes into a file."""
        port = self.url.rpartition(":")[2] or "0"
        words = (*_WORDS, "--port", port)
        log = self._stage.folder / _LOG
        results.print(f"\n$ almareplay {shlex.join(words)} 2>> {log} &")
        settings = ("--settings", str(self._stage.settings))
        with log.open("a") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "almareplay", *words, *settings],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
        assert self._process.stdout is not None
        for line in map(str.strip, self._process.stdout):
            if line.startswith("http://"):
                self.url = self.url or line
            if line.startswith(_PAIRING_CODE):
                self.code = line.removeprefix(_PAIRING_CODE)
                break
        else:
            raise Ended(Exit.USAGE, f"The page for the desks is not served; {log} says why.")
        results.print(f"The page for the desks: {self.url}, pairing code {self.code}")

    def end(self) -> None:
        """Kill it: what it has confirmed is in the queue."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
