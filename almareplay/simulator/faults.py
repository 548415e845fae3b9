"""Faults that the stand-in can be told to have, and when they strike."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter

from almareplay.simulator.api import ENDPOINTS

Name = Literal[
    "cut_before",
    "cut_after",
    "cut_then_effect",
    "silence",
    "http_5xx",
    "general_error",
    "trouble_after_scan",
    "maintenance_page",
    "per_second",
    "daily",
    "remaining_header",
    "outage",
    "slow",
    "stale_keepalive",
]
When = Literal["before", "after", "none"]

_EFFECTS: dict[Name, tuple[When, ...]] = {
    "cut_before": ("none",),
    "cut_after": ("before",),
    "cut_then_effect": ("after",),
    "silence": ("none", "before", "after"),
    "http_5xx": ("none", "before", "after"),
    "general_error": ("none", "before", "after"),
    "trouble_after_scan": ("before", "none"),
    "maintenance_page": ("none", "before", "after"),
    "per_second": ("none",),
    "daily": ("none",),
    "remaining_header": ("before",),
    "outage": ("none",),
    "slow": ("before", "after"),
    "stale_keepalive": ("none",),
}
"""When a call that each fault strikes can do what it asks for: first the usual."""

_MATCHES = {
    "any",
    "any_get",
    "any_post",
    "any_put",
    *(endpoint.operation for endpoint in ENDPOINTS),
}


@dataclass(frozen=True)
class Fault:
    """One rule: which calls it is about, when it strikes them, and what it does.

    ``match`` is ``any``, ``any_get``, ``any_post`` or ``any_put`` (which write), the name of an
    operation (``loan``, ``scan_in``, ``renew``, ``change_due_date``, ``waive``, ``find_item``,
    ``item``, ``item_loans``, ``user``, ``user_loans``, ``fees`` …), or a method and a regular
    expression for the whole path below ``/almaws/v1``, such as ``POST /users/.*``. Of the matching
    calls it strikes the ``nth`` only (from 1), or each with ``probability``, at
    most ``times`` times, and none in the first ``wait`` seconds after it was set.

    ``effect`` says when the call does what it asks for: ``before`` the answer, ``after`` it (that
    is ``delay`` seconds later) or not at all (``none``); None is what is usual for the fault.
    ``delay`` (seconds) is also what ``slow`` adds, behind the effect or, with ``after``, ahead of
    it. ``status`` and ``body`` are the answer of ``http_5xx`` (``status`` also of
    ``general_error``), ``code`` is the error code of ``general_error``, ``header`` what
    ``remaining_header`` does, ``seconds`` how long an ``outage`` lasts from the call that starts
    it, ``how`` what calls meet in it.

    Raises ValueError for an effect that the fault cannot have, and for a ``match`` that can match
    no call.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    fault: Name
    match: str = "any"
    probability: float = 1.0
    nth: int | None = None
    times: int | None = None
    wait: float = 0.0
    effect: When | None = None
    delay: float = 1.0
    status: int | None = None
    body: Literal["json", "html", "text"] = "json"
    code: Literal["401652", "402119"] = "401652"
    header: Literal["missing", "garbage"] = "missing"
    seconds: float = 1.0
    how: Literal["502", "503", "cut"] = "503"

    def __post_init__(self) -> None:
        if self.takes_effect not in _EFFECTS[self.fault]:
            raise ValueError(f"{self.fault} cannot have the effect {self.effect}")
        _, _, path = self.match.partition(" ")
        if not path and self.match not in _MATCHES:
            raise ValueError(f"there is no operation {self.match}")
        try:
            re.compile(path)
        except re.error as error:
            raise ValueError(f"{path} is no regular expression: {error}") from error

    @property
    def takes_effect(self) -> When:
        """When the call that this strikes does what it asks for."""
        return self.effect or _EFFECTS[self.fault][0]


class _Armed:
    """A rule with its count of calls seen and struck, and its own dice."""

    def __init__(self, rule: Fault, since: float, dice: random.Random) -> None:
        self.rule = rule
        self.since = since
        self.dice = dice
        self.seen = 0
        self.struck = 0
        method, _, path = rule.match.partition(" ")
        self.method, self.path = method, re.compile(path) if path else None

    def strikes(self, operation: str, method: str, path: str, reused: bool, now: float) -> bool:
        rule = self.rule
        if now - self.since < rule.wait or not self._matches(operation, method, path):
            return False
        if rule.fault == "stale_keepalive" and not reused:
            return False
        self.seen += 1
        if rule.times is not None and self.struck >= rule.times:
            return False
        if rule.nth is not None and self.seen != rule.nth:
            return False
        # Rolled for every call seen, so that the dice fall the same in each run with one seed.
        if self.dice.random() >= rule.probability:
            return False
        self.struck += 1
        return True

    def _matches(self, operation: str, method: str, path: str) -> bool:
        if self.path is not None:
            return self.method in (method, "*") and self.path.fullmatch(path) is not None
        if self.rule.match in ("any", operation):
            return True
        # Testing a key writes nothing, whatever its method is.
        return self.rule.match == f"any_{method.lower()}" and (
            method == "GET" or operation != "test"
        )


class Faults:
    """The rules in force. Of the rules that match a call, the first that strikes is the one."""

    def __init__(self, seed: int = 0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seed = seed
        self._monotonic = monotonic
        self._armed: list[_Armed] = []
        self._breaker: Fault | None = None
        self._outage_ends = 0.0

    def set(self, rules: Sequence[Fault]) -> None:
        """Replace all rules; counts, dice and a running outage start afresh."""
        now = self._monotonic()
        self._breaker = None
        self._armed = [
            _Armed(rule, now, random.Random(f"{self._seed} {place}"))
            for place, rule in enumerate(rules)
        ]

    def set_json(self, body: bytes) -> None:
        """Replace all rules by a JSON list of them; raises ValueError if it is none."""
        self.set(_FAULTS.validate_json(body))

    def plain(self) -> list[dict[str, Any]]:
        """The rules as JSON objects, with how many calls each has ``seen`` and ``struck``."""
        return [
            {**rule, "seen": armed.seen, "struck": armed.struck}
            for rule, armed in zip(
                _FAULTS.dump_python([armed.rule for armed in self._armed]),
                self._armed,
                strict=True,
            )
        ]

    def outage(self) -> Fault | None:
        """The outage that goes on now."""
        if self._breaker is not None and self._monotonic() >= self._outage_ends:
            self._breaker = None
        return self._breaker

    def pick(self, operation: str, method: str, path: str, reused: bool) -> Fault | None:
        """The fault that strikes this call; ``reused``: its connection has carried one before."""
        now = self._monotonic()
        for armed in self._armed:
            if armed.strikes(operation, method, path, reused, now):
                if armed.rule.fault == "outage":
                    self._breaker, self._outage_ends = armed.rule, now + armed.rule.seconds
                return armed.rule
        return None


_FAULTS = TypeAdapter(list[Fault])
