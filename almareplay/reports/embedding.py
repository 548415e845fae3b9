"""Rows inside a page: JSON by columns, a block of rows at a time, safe within ``<script>``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from almareplay.reports.delimited import Row
from almareplay.reports.jsonl import as_json

BLOCK = 4_000
"""The number of rows that are in memory at a time."""

# Nothing that HTML could take for the end of the script or the beginning of a comment.
_HARMLESS = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&"})


def blocks(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    """The rows as JSON objects of a line of ASCII each: ``columns`` by name, of ``size`` rows.

    A column is a list of its values, the same as in a report as JSON Lines; or, where they recur,
    an object: ``each`` are the values and ``at`` the place of each row's, always 0 where left out.
    """
    rest = iter(rows)
    while block := list(islice(rest, BLOCK)):
        packed = {
            name: _packed(values)
            for name, values in zip(columns, zip(*block, strict=True), strict=True)
        }
        whole = {"size": len(block), "columns": packed}
        yield json.dumps(whole, separators=(",", ":")).translate(_HARMLESS)


def _packed(column: Sequence[object]) -> object:
    # As texts: moments of two zones are equal, and so are 1.0 and 1.00.
    plain = [each if isinstance(each, str | int | None) else as_json(each) for each in column]
    places: dict[str | int | None, int] = {}
    at = [places.setdefault(value, len(places)) for value in plain]
    if len(places) == 1 < len(plain):
        return {"each": [*places]}
    return {"each": [*places], "at": at} if 2 * len(places) < len(plain) else plain
