"""``--notify URL``: a few words for a chat when a replay or a rehearsal ends or stops."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import typer

from almareplay.cli.shared import Exit, count, exit_code, options, say
from almareplay.outcomes import Outcome
from almareplay.this_machine import is_this_machine

_SECONDS = 10.0
_ENDED = {
    Exit.DONE: ("finished", "finished"),
    Exit.OPEN: ("finished", "finished, with something left for staff"),
    Exit.USAGE: ("refused", "did not start: wrong usage, settings or files"),
    Exit.REFUSED: ("refused", "was refused"),
    Exit.RESUMABLE: ("stopped", "stopped early: start the same command again"),
    Exit.INTERRUPTED: ("interrupted", "was interrupted"),
}


@dataclass(slots=True)
class Tally:
    """How many rows of the run have which outcome, as a command learnt it last, or ``predicted``
    it; those that staff have dismissed are not among them. None where it has not looked."""

    outcomes: Mapping[Outcome, int] | None = None
    dismissed: int = 0
    predicted: bool = False


def check_url(url: str) -> None:
    """Make sure that something can be posted there. Raises BadParameter, without the address."""
    try:
        asked = httpx.URL(url)
    except httpx.InvalidURL:
        asked = httpx.URL("")
    if asked.scheme not in ("http", "https") or not asked.host:
        raise typer.BadParameter("--notify takes an address that begins with https:// or http://.")


@contextmanager
def notifying(url: str | None, command: str, tally: Tally) -> Iterator[None]:
    """Post how the work in this block ended, and what it came to; a failure is said, no more."""
    if url is None:
        yield
        return
    check_url(url)
    try:
        yield
    except BaseException as end:
        _post(url, _summary(exit_code(end), command, tally))
        raise
    _post(url, _summary(Exit.DONE, command, tally))


def _summary(code: Exit, command: str, tally: Tally) -> dict[str, Any]:
    ended, words = _ENDED[code]
    dispositions: Counter[str] = Counter()
    for outcome, rows in (tally.outcomes or {}).items():
        dispositions[outcome.disposition] += rows
    if tally.dismissed:
        dispositions["dismissed"] = tally.dismissed
    told = [f"{each:,} {name.replace('_', ' ')}" for name, each in dispositions.items() if each]
    total = None if tally.outcomes is None else dispositions.total()
    foreseen = " as predicted" if tally.predicted else ""
    numbers = f": {count(total or 0, 'row')}, {', '.join(told)}{foreseen}" if told else ""
    return {
        # The field that Slack, Teams and Mattermost show.
        "text": f"almareplay {command} of run '{options.run}' {words}{numbers}.",
        "run": options.run,
        "command": command,
        "ended": ended,
        "exit_code": int(code),
        "rows": total,
        "dispositions": dict(dispositions),
        "outcomes": {outcome.value: n for outcome, n in (tally.outcomes or {}).items() if n},
    }


def _post(url: str, summary: Mapping[str, Any]) -> None:
    try:
        status = asyncio.run(_posted(url, summary))
        problem = "" if status < 300 else f"it answered with HTTP {status}"
    except TimeoutError:
        problem = f"no answer in {_SECONDS:g} seconds"
    except KeyboardInterrupt:
        problem = "interrupted"
    except Exception as error:  # noqa: BLE001 (whatever it is, the work has its own end)
        problem = type(error).__name__
    if problem:
        # Not the address: whoever knows it may write into the chat.
        say(f"The notification to {httpx.URL(url).host} was not sent: {problem}.")


async def _posted(url: str, summary: Mapping[str, Any]) -> int:
    """The status of the answer, whose body is not waited for."""
    async with (
        asyncio.timeout(_SECONDS),
        httpx.AsyncClient(
            timeout=_SECONDS, trust_env=not is_this_machine(httpx.URL(url).host)
        ) as client,
        client.stream("POST", url, json=summary) as answer,
    ):
        return answer.status_code
