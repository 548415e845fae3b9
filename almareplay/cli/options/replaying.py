"""The options of ``replay`` and ``rehearse``: how to post, and what to do about doubtful rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
import httpx

from almareplay.cli.options.command import OptionGroup
from almareplay.cli.options.common import PATH
from almareplay.cli.options.durations import parse_duration
from almareplay.cli.options.policy import POLICY, policy_in, policy_of
from almareplay.cli.options.shared import OVERWRITE, PACE
from almareplay.replay.policy import Policy


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What was said about a replay or a rehearsal. ``give_up_after`` is in seconds."""

    policy: Policy
    report: tuple[Path, ...]
    overwrite: bool
    requests_per_second: float | None
    wait: bool
    give_up_after: float
    notify: str | None

    def policy_in(self, zone: ZoneInfo) -> Policy:
        """The policy, with its time in the zone of the libraries."""
        return policy_in(self.policy, zone)


def _seconds(text: str) -> float:
    """The seconds in ``90s``, ``15m``, ``1h``; a bare number is seconds. Raises BadParameter."""
    try:
        return parse_duration(text, "smh", bare="s").total_seconds()
    except ValueError as error:
        raise click.BadParameter(f"{error}: write 90s, 15m or 1h.") from error


def _address(text: str) -> str:
    """An address to which something can be posted. Raises BadParameter, without the address."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise click.BadParameter("--notify takes an address that begins with https:// or http://.")
    return text


def _replay_options(**values: Any) -> ReplayOptions:
    policy = policy_of(**{name: values.pop(name) for name in POLICY})
    return ReplayOptions(policy, **values)


def give_up_after(default: str) -> click.Option:
    """How long an Alma that is away is waited for, in seconds."""
    return click.Option(
        ["--give-up-after"],
        type=_seconds,
        default=default,
        metavar="TIME",
        help="Stop when Alma stays away for so long: 90s, 15m, 1h.",
    )


REPLAY = OptionGroup(
    "options",
    [
        click.Option(
            ["--report"],
            type=PATH,
            multiple=True,
            metavar="PATH",
            help="Report to write: .html, .xlsx, .csv or .jsonl; repeatable.",
        ),
        OVERWRITE,
        *(declared.option for declared in POLICY.values()),
        PACE,
        click.Option(
            ["--wait"],
            is_flag=True,
            help="When the day's calls are used up, wait for midnight GMT.",
        ),
        give_up_after("15m"),
        click.Option(
            ["--notify"],
            type=_address,
            metavar="URL",
            help="Post a short summary to this address at the end: the webhook of a chat.",
        ),
    ],
    _replay_options,
)
"""The options of ``replay`` and ``rehearse``."""
