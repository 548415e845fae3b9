"""Where rows happened: by their own words, by the desk map, or by what the user says of the load.

With a desk map, a row that names its library or desk is looked up in it: first as both words with a
slash between them (`ANNEX/Front`), then by its desk, then by its library. The first that the map
has gives both codes; a row whose words it does not have is invalid, whatever flags and settings
say. A row that names neither is looked up by the sheet it stands in, then by its file's name with
its ending and without, then by what the format knows besides; where the map has none of these,
flags and settings hold.

Without a desk map, a row's own words are Alma's codes, and flags and settings hold for what it
does not say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from almareplay.sources.options import ReadingOptions
from almareplay.transactions import Reason

_BY_TOOL = re.compile(r"(.+)_20\d\d-\d\d-\d\d_\d{6}")


class RowPlace(NamedTuple):
    """Library and circulation desk of a row in Alma's codes; ``problem`` says why there is none."""

    library: str
    circ_desk: str
    problem: Reason | None = None


def place_of(
    options: ReadingOptions, names: Sequence[str], library: str = "", circ_desk: str = ""
) -> RowPlace:
    """Where a row happened whose own words are ``library`` and ``circ_desk``.

    ``names`` are what else the desk map is asked for, in this order, where the row has no words.
    """
    if options.desk_map:
        words = [word for word in (circ_desk, library) if word]
        both = f"{library}/{circ_desk}"
        if found := options.desk_map.find([both, *words] if words else names):
            return RowPlace(*found)
        if words:
            return RowPlace("", "", options.desk_map.has_no(both if len(words) > 1 else words[0]))
    library = library or options.library or ""
    circ_desk = circ_desk or options.circ_desk or ""
    missing = "" if library and circ_desk else "no_desk" if library else "no_library"
    return RowPlace(library, circ_desk, Reason(missing) if missing else None)


def names_of(source_file: str) -> list[str]:
    """By which names the desk map may know a file (`main.dat`) or a sheet (`desk.xlsx#Annex`).

    The capture tools put a library's code before the time in a file's name:
    `law_2026-11-25_132753.dat`.
    """
    marks = [place for place, sign in enumerate(source_file) if sign == "#"]
    sheets = [source_file[mark + 1 :] for mark in reversed(marks)]
    files = [source_file[:mark] for mark in reversed(marks)] + [source_file]
    names = sheets + [name for file in files for name in (file, PurePath(file).stem)]
    written = _BY_TOOL.match(names[-1])
    return [*names, written[1]] if written else names


def missing_place(
    options: ReadingOptions,
    names: Sequence[str],
    *,
    has_library: bool = False,
    has_desk: bool = False,
) -> str:
    """What the user must still say, as the end of a refusal; empty when nothing is missing.

    ``names`` are what the desk map is asked for where rows say nothing; ``has_library`` and
    ``has_desk``: rows of the file say it themselves.
    """
    if options.desk_map and (has_library or has_desk or options.desk_map.find(names)):
        return ""
    missing = [
        flag
        for flag, known in (
            ("--library CODE", has_library or options.library),
            ("--circ-desk CODE", has_desk or options.circ_desk),
        )
        if not known
    ]
    if not missing:
        return ""
    by_map = "add its name to the desk map" if options.desk_map else "give --desk-map FILE"
    return (
        "does not say where its loans and returns happened: "
        f"give {' and '.join(missing)}, with the codes that Alma has, or {by_map}."
    )
