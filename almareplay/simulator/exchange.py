"""A request and its answer, as they went over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Exchange:
    """One request to the stand-in, and what it answered.

    Path and query are as they arrived, percent-encoded. Header names are in lower case; ``headers``
    hold the key. ``fault`` names the fault that struck, if one did. ``status`` is None where no
    answer was sent.
    """

    method: str
    path: str
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes
    fault: str
    status: int | None
    answer_headers: Mapping[str, str]
    answer: bytes
