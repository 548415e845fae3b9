"""What was asked of the stand-in and what it did: every request and every effect, in order."""

from __future__ import annotations

import hashlib
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from almareplay.simulator.happenings import Happened, Happening


def stamp(moment: datetime) -> str:
    """An aware moment as Alma writes it, UTC with milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


@dataclass
class RequestEntry:
    """One request under ``/almaws``.

    ``time`` is the moment of arrival on the stand-in's clock; ``arrived`` and ``ended`` are seconds
    since the stand-in began. ``status`` is None while no answer was sent (in work, cut or silent).
    ``key`` is a fingerprint, never the key. ``fault`` is the fault that struck, if one did.
    """

    n: int
    time: str
    arrived: float
    method: str
    path: str
    query: str
    key: str
    operation: str = ""
    status: int | None = None
    error_code: str = ""
    fault: str = ""
    ended: float | None = None


@dataclass(frozen=True)
class Effect:
    """One change of the world: a Happening with its place in the order of all.

    ``by`` is ``api`` or ``desk``; ``request`` is the ``n`` of the request that caused it, 0 for a
    live desk.
    """

    n: int
    time: str
    type: str
    item_barcode: str
    patron_id: str
    loan_id: str
    library: str
    circ_desk: str
    fee_id: str
    by: str
    request: int


@dataclass
class Record:
    """The two lists, appended to as things happen; ``monotonic`` counts seconds."""

    monotonic: Callable[[], float] = time.monotonic
    requests: list[RequestEntry] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._began = self.monotonic()

    def arrive(self, now: datetime, method: str, path: str, query: str, key: str) -> RequestEntry:
        """Note a request, without the key that stands in its header or query."""
        entry = RequestEntry(
            n=len(self.requests) + 1,
            time=stamp(now),
            arrived=self.monotonic() - self._began,
            method=method,
            path=path,
            query=_without_key(query),
            key=hashlib.sha256(key.encode()).hexdigest()[:8] if key else "",
        )
        self.requests.append(entry)
        return entry

    def end(self, entry: RequestEntry, status: int | None, error_code: str = "") -> None:
        """Note how a request was answered; None: its connection was cut or left silent."""
        entry.status, entry.error_code = status, error_code
        entry.ended = self.monotonic() - self._began

    def noting(self, now: Callable[[], datetime], by: str, request: int = 0) -> Happened:
        """A ``happened`` for the rules that appends each effect to the record."""

        def note(happening: Happening) -> None:
            self.effects.append(
                Effect(
                    n=len(self.effects) + 1,
                    time=stamp(now()),
                    by=by,
                    request=request,
                    **asdict(happening),
                )
            )

        return note

    def most_in_one_second(self) -> int:
        """The largest number of requests that arrived within any one second."""
        times = [entry.arrived for entry in self.requests]
        return max(
            (i + 1 - bisect_right(times, end - 1.0, 0, i + 1) for i, end in enumerate(times)),
            default=0,
        )

    def summary(self) -> dict[str, Any]:
        """Counts of requests and effects."""
        codes = Counter(entry.error_code for entry in self.requests if entry.error_code)
        return {
            "requests": len(self.requests),
            "by_operation": dict(Counter(entry.operation for entry in self.requests)),
            "by_status": dict(Counter(str(entry.status or "none") for entry in self.requests)),
            "by_error_code": dict(codes),
            "by_fault": dict(Counter(entry.fault for entry in self.requests if entry.fault)),
            "effects": dict(Counter(effect.type for effect in self.effects)),
            "most_in_one_second": self.most_in_one_second(),
            "answered_429": sum(entry.status == 429 for entry in self.requests),
        }


def _without_key(query: str) -> str:
    if "apikey" not in query.lower():
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if name.lower() != "apikey"])
