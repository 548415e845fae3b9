"""Commands as processes of their own, begun by one that has imported everything already.

A start of ``python -m almareplay`` takes most of a second, and a night of recovery has many.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from almareplay.cli.main import COMMANDS

ALMAREPLAY = "almareplay.cli"
SIMULATOR = "tests.contract.simulator"

# What would be imported and read at the first call.
_AT_THE_FIRST_CALL = [
    *(f"almareplay.cli.commands.{name}" for name in COMMANDS),
    "almareplay.cli.workflows.replaying.replaying",
    "almareplay.cli.workflows.replaying.rehearsing",
    *("almareplay.reports.html", "almareplay.reports.xlsx"),
    *("httpcore", "anyio._backends._asyncio", "tests.certificates", "tests.chaos.warmed"),
]

_warm = multiprocessing.get_context("forkserver")
_warm.set_forkserver_preload(["__main__", ALMAREPLAY, SIMULATOR, *_AT_THE_FIRST_CALL])


@dataclass(frozen=True)
class Script:
    """A program's text, for one that changes something in the package before it begins."""

    text: str


@dataclass(frozen=True)
class Done:
    """A command that has ended: its exit code (that of a signal is negative) and its words."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything that it printed."""
        return self.out + self.err


class Command:
    """A running command."""

    def __init__(
        self,
        program: str | Script | Sequence[str],
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        output: str,
    ) -> None:
        """``program`` is a module with a ``main``, a script, or a command line that starts cold.

        What it prints goes into the files ``output.out`` and ``output.err`` of the folder.
        """
        self._out, self._err = (folder / f"{output}{ending}" for ending in (".out", ".err"))
        self._out.touch()
        self._err.touch()
        self._cold: subprocess.Popen[bytes] | None = None
        if isinstance(program, str | Script):
            given = (program, arguments, folder, dict(environment), self._out, self._err)
            self._process = _warm.Process(target=_be, args=given)
            self._process.start()
            return
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._cold = subprocess.Popen(
                [*program, *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        pid = self._cold.pid if self._cold else self._process.pid
        assert pid is not None, "it was started"
        return pid

    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self._code() is None

    def said_so_far(self) -> str:
        """What it has printed until now, messages last."""
        return "".join(_text(path) for path in (self._out, self._err))

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def ends(self, timeout: float = 60) -> Done:
        """Wait for its end, which comes by force after ``timeout`` seconds."""
        self._waits(timeout)
        if self.runs():
            self.send(signal.SIGKILL)
            self._waits()
        code = self._code()
        assert code is not None, "it has ended"
        return Done(code, _text(self._out), _text(self._err))

    def _waits(self, timeout: float | None = None) -> None:
        if self._cold is None:
            self._process.join(timeout)
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._cold.wait(timeout)

    def _code(self) -> int | None:
        return self._cold.poll() if self._cold else self._process.exitcode


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _be(
    program: str | Script,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    out: Path,
    err: Path,
) -> None:
    """Become the command: as if its program had been started in this folder and environment."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), stream.fileno())
    if isinstance(program, Script):
        sys.argv = ["-c", *arguments]
        exec(program.text, {"__name__": "__main__"})
    else:
        sys.argv = [program, *arguments]
        importlib.import_module(program).main()
