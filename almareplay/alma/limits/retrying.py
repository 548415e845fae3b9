"""How often one call is tried, what it waits between two tries, and how many may follow at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
)

T = TypeVar("T")

_TRIES = 8
_AT_ONCE = 3  # of the seven repeats, while the budget lasts
_PAUSES = wait_exponential(multiplier=1 / 8, min=1, max=8)  # for the others; the last: 1, 2, 4, 8 s

_SHARE = 0.5  # of a repeat for each answer: enough while a third of all calls fails
_IN_STOCK = 10.0  # repeats at most, for a burst of failures


class RetryBudget:
    """A stock of repeats at once. Each answer of Alma's adds a share of one, each repeat takes one:
    so they are never more than ten and half of the answers so far.
    """

    def __init__(self) -> None:
        self._stock = _IN_STOCK

    def earn(self) -> None:
        """Alma has answered a call."""
        self._stock = min(_IN_STOCK, self._stock + _SHARE)

    def spend(self) -> bool:
        """Whether a call may be repeated at once; if so, that is counted."""
        if self._stock < 1.0:
            return False
        self._stock -= 1.0
        return True


async def retried(
    send: Callable[[], Awaitable[T]],
    first: Exception,
    *,
    budget: RetryBudget,
    may_repeat: Callable[[BaseException], bool],
    sleep: Callable[[float], Awaitable[None]],
) -> T:
    """The result of a call whose ``first`` try has failed.

    It is tried up to eight times, that try included, while ``may_repeat`` says so of what it
    raises; the last error comes through. ``sleep`` is given seconds.
    """
    # To prepare all this takes longer than much else of a call, and hardly any is repeated: so it
    # begins with a failure, not with the call.
    made = [first]

    async def one_try() -> T:
        if made:
            raise made.pop()
        return await send()

    def pause(tried: RetryCallState) -> float:
        at_once = tried.attempt_number <= _AT_ONCE and budget.spend()
        return 0.0 if at_once else _PAUSES(tried)

    tries = AsyncRetrying(
        retry=retry_if_exception(may_repeat),
        stop=stop_after_attempt(_TRIES),
        wait=pause,
        sleep=sleep,
        reraise=True,
    )
    return await tries(one_try)
