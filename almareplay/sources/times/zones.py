"""Time zones as they are written behind a time."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import NamedTuple

_LONG = 60
_OFFSET = re.compile(
    r"(?:z|utc|gmt)?\s?([+-])(\d{1,2})(?::?(\d\d))?(?:\s?\([^()]*\)|\s?\[[a-z0-9_/+-]+\])?",
    re.ASCII,
)
_UTC = re.compile(r"(?:z|utc|gmt|\(utc\)|coordinated universal time)(?:\s?\[[a-z0-9_/+-]+\])?")
_SHORT = re.compile(r"\(?([a-z]{3,5})\)?", re.ASCII)

# Abbreviations that stand for one offset only. What has several meanings (CST, IST, BST, AST) is
# read where it is the station's own. Source: the IANA time zone database.
_HOURS = {
    **{"est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7},
    **{"akst": -9, "akdt": -8, "hst": -10, "nzst": 12, "nzdt": 13, "aest": 10, "aedt": 11},
    **{"awst": 8, "wet": 0, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3},
    **{"sast": 2, "jst": 9, "kst": 9, "hkt": 8, "mez": 1, "mesz": 2, "idt": 3, "trt": 3},
    **{
        f"{region} {name} time": hours + (name == "daylight")
        for region, hours in {"eastern": -5, "central": -6, "mountain": -7, "pacific": -8}.items()
        for name in ("standard", "daylight")
    },
    **{"central european time": 1, "central european standard time": 1},
    **{"central european summer time": 2, "eastern european standard time": 2},
    **{"eastern european summer time": 3, "greenwich mean time": 0, "british summer time": 1},
    **{"mitteleuropaische zeit": 1, "mitteleuropaische normalzeit": 1},
    **{"mitteleuropaische winterzeit": 1, "mitteleuropaische sommerzeit": 2},
    **{"heure normale d'europe centrale": 1, "heure d'ete d'europe centrale": 2},
    **{"hora estandar de europa central": 1, "hora de verano de europa central": 2},
    **{"ora standard dell'europa centrale": 1, "ora legale dell'europa centrale": 2},
    **{"midden-europese standaardtijd": 1, "midden-europese zomertijd": 2},
}


class Zone(NamedTuple):
    """A zone as a row names it: by its offset from UTC, its abbreviation, or both."""

    offset: timedelta | None
    name: str = ""


def read_zone(text: str) -> Zone | None:
    """The zone that folded text is; None where it is none."""
    text = text.strip()
    if found := _OFFSET.fullmatch(text):
        size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return Zone(-size if found[1] == "-" else size) if size <= timedelta(hours=15) else None
    if _UTC.fullmatch(text):
        return Zone(timedelta(0))
    words = text.removeprefix("(").removesuffix(")")[:_LONG].replace("’", "'")
    if words in _HOURS:
        return Zone(timedelta(hours=_HOURS[words]), words if " " not in words else "")
    return Zone(None, found[1]) if (found := _SHORT.fullmatch(text)) else None
