"""What a row costs in a large run and in a small one, and how much memory a replay needs.

The whole command, in real time: unguarded loans against a stand-in that answers at once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests.benchmarks.engine import KEY
from tests.benchmarks.measuring import Figure, Spent, of_command, quick_alma

ROWS, QUICK = 30_000, 2_000

_SMALL = 10_000
_ROWS_A_MINUTE = 60
_MOST = "1000"  # that the command takes


def figures(rows: int) -> Iterator[Figure]:
    """The cost of a row in both runs, how it grows, and the memory of the large one."""
    few = min(_SMALL, rows // 3)
    with quick_alma() as url:
        small, large = _replayed(url, few), _replayed(url, rows)
    for case, number, spent in ((few, few, small), (rows, rows, large)):
        of = f"{case:,} rows"
        yield Figure(of, "rows a second", number / spent.seconds)
        yield Figure(of, "processor a row", 1000 * spent.processor / number, "ms")
        yield Figure(of, "memory at its peak", spent.megabytes, "MB", at_most=300)
    of = f"{rows:,} rows over {few:,}"
    processor = large.processor / rows / (small.processor / few)
    yield Figure(of, "times the processor a row", processor, at_most=1.15)
    yield Figure(of, "times the time a row", large.seconds / rows / (small.seconds / few))


def _replayed(url: str, rows: int) -> Spent:
    with tempfile.TemporaryDirectory(prefix="almareplay-growth-") as name:
        folder = Path(name)
        (folder / "desk.dat").write_text("".join(_lines(rows)), encoding="ascii", newline="\r\n")
        settings = {
            "API_KEY": KEY,
            "BASE_URL": url,
            "TIMEZONE": "Europe/Berlin",
            "LIBRARY": "MAIN",
            "CIRC_DESK": "DEFAULT_CIRC_DESK",
            "DAILY_RESERVE": "0",
        }
        of_command("load", "desk.dat", folder=folder, **settings)
        how = ("--yes", "--quiet", "--guard", "off", "--requests-per-second", _MOST)
        return of_command("replay", *how, folder=folder, **settings)


def _lines(rows: int) -> Iterator[str]:
    began = datetime(2026, 9, 1, 8, 0)  # noqa: DTZ001 (a station's local time)
    for n in range(rows):
        at = began + timedelta(minutes=n // _ROWS_A_MINUTE)
        yield f"{at:%Y%m%d%H%M}L{f'31880{n:09d}':<80}21880{n % 5000:09d}\n"
