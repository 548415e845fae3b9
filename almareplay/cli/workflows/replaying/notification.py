"""``--notify URL``: a few words for a chat when a replay or a rehearsal ends or stops."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from almareplay.alma.connection.hosts import is_this_machine
from almareplay.cli.console.exits import Exit, exit_code_of
from almareplay.cli.console.output import count, say
from almareplay.outcomes import Outcome

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


def notifying(url: str | None, command: str, run: str, work: Callable[[Tally], Exit]) -> Exit:
    """Do the work, and post how it ended and what it came to, where there is an address for that;
    a failure to post is said, no more."""
    tally = Tally()
    if url is None:
        return work(tally)
    try:
        code = work(tally)
    except BaseException as end:
        _post(url, _summary(exit_code_of(end), command, run, tally))
        raise
    _post(url, _summary(code, command, run, tally))
    return code


def _summary(code: Exit, command: str, run: str, tally: Tally) -> dict[str, Any]:
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
        "text": f"almareplay {command} of run '{run}' {words}{numbers}.",
        "run": run,
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
