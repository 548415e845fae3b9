"""The demo of a consortium: three institutions, two workers, one queue in PostgreSQL."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import results
from almareplay.cli.workflows.demos.stage import Stage, set_stage
from almareplay.cli.workflows.simulating import no_simulator

if TYPE_CHECKING:
    from almareplay.consortium.own_server import Cluster
    from almareplay.simulator.demo_consortium import Member
    from almareplay.simulator.server import Simulator

_WORKERS = 2
_LATENCY = 0.3
_FILES = ("institutions.toml", "worker-1.log", "worker-2.log")
_INSTITUTION = """
[institutions.{code}]
name = "{name}"
base_url = "{url}"
environment = "sandbox"
timezone = "America/Los_Angeles"
library = "MAIN"
circ_desk = "DEFAULT_CIRC_DESK"
requests_per_second = 8
pool = "demo"
api_key_file = "{key_file}"
"""


def run_consortium_demo(folder: Path, run: Callable[..., object]) -> None:
    """Show a consortium in a folder; ``run`` runs a command, given its words. Raises Ended where
    something that it needs is not installed."""
    try:
        from almareplay.simulator.demo_consortium import demo_members
        from almareplay.simulator.server import Simulator
    except ImportError as error:
        raise no_simulator() from error
    members = demo_members()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_server())
        began = time.monotonic()
        stage = set_stage(folder, _made(members), run)
        simulators = [
            stack.enter_context(Simulator(each.world, key=_key(each), latency=_LATENCY))
            for each in members
        ]
        _write_files(stage, members, simulators, server)
        for each in members:
            code = each.world.institution
            stage.step("load", "--institution", code, str(folder / f"{code}.dat"))
        stage.step("check", "--all")
        stage.step("submit", "--all", "--yes")
        workers = [_start_worker(stage, number + 1) for number in range(_WORKERS)]
        try:
            stage.step("status", "--all", "--watch")
            for worker in workers:
                worker.wait()
        finally:
            # Ctrl-C reaches them as well; they hand back what they have.
            for worker in workers:
                worker.terminate()
                worker.wait()
        stage.step("report", "--all", str(folder / "reports"))
        results.print(f"\nDone in {time.monotonic() - began:.0f} s.")
        stage.tell_what_is_in_the_way()
    results.print("The stand-ins and the server are gone; the reports stay.")


@contextlib.contextmanager
def _server() -> Iterator[Cluster]:
    """A PostgreSQL of the demo's own. Raises Ended where there is none to be had."""
    if find_spec("procrastinate") is None or find_spec("psycopg") is None:
        words = "Consortia are an extra: pip install 'almareplay[simulator,consortium]'"
        raise Ended(Exit.USAGE, words)
    from almareplay.consortium.own_server import Cluster, programs

    found = programs()
    if found is None:
        raise Ended(
            Exit.USAGE,
            "This demo needs PostgreSQL, which is not installed here. On Debian and Ubuntu: "
            "apt-get install postgresql. It need not run: the demo starts a server of its own.",
        )
    server = Cluster(found)
    try:
        server.start()
        yield server
    finally:
        server.remove()


def _write_files(
    stage: Stage, members: list[Member], simulators: list[Simulator], server: Cluster
) -> None:
    """The captures, the keys, the file of institutions and the settings."""
    tables = ["# Three stand-ins on this machine.\n[pools.demo]\nreserve = 1000\n"]
    for member, simulator in zip(members, simulators, strict=True):
        code = member.world.institution
        capture = "".join(f"{line}\r\n" for line in member.lines)
        (stage.folder / f"{code}.dat").write_text(capture, "ascii", newline="")
        key_file = stage.folder / f"{code}.key"
        key_file.touch(mode=0o600)
        key_file.write_text(_key(member))
        name = member.world.institution_name
        tables.append(
            _INSTITUTION.format(code=code, name=name, url=simulator.url, key_file=key_file.name)
        )
    institutions = stage.folder / "institutions.toml"
    institutions.touch(mode=0o600)
    institutions.write_text("".join(tables))
    stage.write_settings(
        "# The settings of the demo: three stand-ins for Alma, and a server, on this machine.\n"
        f"ALMAREPLAY_QUEUE={server.address}\n"
        f"ALMAREPLAY_INSTITUTIONS={institutions.absolute()}\n"
    )


def _start_worker(stage: Stage, number: int) -> subprocess.Popen[bytes]:
    """Start a worker beside this process; what it says goes into a file."""
    words = ("worker", "--concurrency", "2", "--drain")
    log = stage.folder / f"worker-{number}.log"
    results.print(f"\n$ almareplay {' '.join(words)} 2> {log} &")
    with log.open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "almareplay", *words, "--settings", str(stage.settings)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )


def _key(member: Member) -> str:
    return f"key-of-{member.world.institution}"


def _made(members: list[Member]) -> Iterator[str]:
    """The names of the files that the demo makes."""
    yield from _FILES
    for each in members:
        code = each.world.institution
        yield from (f"{code}.dat", f"{code}.key", f"reports/{code}.html")
