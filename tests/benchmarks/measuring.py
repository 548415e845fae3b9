"""What is measured, and with what: time, the processor's time and memory, in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Figure:
    """One measured number: what was measured, what of it, and the bar that it is held against."""

    case: str
    name: str
    value: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def bar(self) -> str:
        """The bar in words; empty where there is none."""
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return "" if self.at_least is None else f"at least {self.at_least:g}"

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None where there is none."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least


class Spent(NamedTuple):
    """What work took: seconds by the clock and of the processor, and memory at its peak in MB,
    where it had a process of its own."""

    seconds: float
    processor: float
    megabytes: float = 0.0


def measured(work: Callable[[], object]) -> Spent:
    """What work in this process takes."""
    began, worked = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - began, time.process_time() - worked)


def of_command(*words: str | Path, folder: Path, **settings: str) -> Spent:
    """What a run of ``almareplay`` takes, its start included.

    ``settings`` are those of its environment. Ends the benchmark where the command fails.
    """
    plain = {name: v for name, v in os.environ.items() if not name.startswith("ALMAREPLAY_")}
    environment = plain | {f"ALMAREPLAY_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "almareplay", *map(str, words)]
    began = time.perf_counter()
    # What it says belongs to nobody who reads the figures.
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"almareplay {words[0]} ended with {process.returncode}.")
    return Spent(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turn(rounds: int, works: Mapping[str, Callable[[], Spent]]) -> dict[str, list[Spent]]:
    """What each work took in each round; in a round each has its turn."""
    found: dict[str, list[Spent]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(work())
    return found


def median(spent: Sequence[Spent]) -> Spent:
    """The median of each number."""
    return Spent(*(statistics.median(each) for each in zip(*spent, strict=True)))


def times_the_processor(mine: Sequence[Spent], others: Sequence[Spent]) -> float:
    """How many times as much of the processor one took as the other: the median of the rounds,
    each of which both went through under much the same load."""
    pairs = zip(mine, others, strict=True)
    return statistics.median(one.processor / other.processor for one, other in pairs)


def most_in_a_second(moments: Sequence[float]) -> int:
    """The most of these moments, which are in order and in seconds, that one second holds."""
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= 1:
            first += 1
        most = max(most, last + 1 - first)
    return most


def apart(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """The result of work in a new process, whose peak of memory is its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(work, *given, **named).result()


def peak_megabytes() -> float:
    """The most memory that this process has had.

    Not of `getrusage`, which begins at what the process had that started this one.
    """
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell the peak of memory")


@contextmanager
def quick_alma(latency: float = 0.0) -> Iterator[str]:
    """The address of an Alma in a process of its own that answers after ``latency`` seconds."""
    words = [sys.executable, "-m", "tests.benchmarks.quick_alma", str(latency)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
