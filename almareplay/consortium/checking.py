"""The Alma of each institution asked, side by side, whether a replay could begin."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from almareplay.alma.client import AlmaReader, open_transport
from almareplay.replay.check import CheckResult, check
from almareplay.settings import Settings
from almareplay.transactions import AlmaReplayError

# So many institutions are asked at once: each has a limit of its own, this machine one for all.
_SIDE_BY_SIDE = 8


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask of an institution: its settings, and the (library, circulation desk) codes that
    it must have."""

    settings: Settings
    places: Collection[tuple[str, str]]


async def check_each(
    questions: Sequence[Question], give_up_after: float
) -> list[CheckResult | AlmaReplayError]:
    """What the check of each found, in the order of the questions; the error in its place where
    that could not be asked. Changes nothing. ``give_up_after`` is in seconds."""
    free = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def ask(question: Question) -> CheckResult | AlmaReplayError:
        async with free:
            try:
                return await _check(question, give_up_after)
            except AlmaReplayError as error:
                return error

    return await asyncio.gather(*map(ask, questions))


async def _check(question: Question, give_up_after: float) -> CheckResult:
    settings = question.settings
    async with open_transport(
        settings.require_base_url(),
        settings.require_key(),
        per_second=settings.pace,
        reserve=settings.daily_reserve,
        timeout_seconds=settings.timeout_seconds,
        give_up_after=give_up_after,
        fail_fast=True,
    ) as transport:
        return await check(
            AlmaReader(transport),
            settings.environment,
            question.places,
            institution=settings.institution,
        )
