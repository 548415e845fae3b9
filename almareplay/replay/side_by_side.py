"""Several questions at once, where none needs the answer to another.

Where one raises, its error is raised when all have ended, that of the first before others: no call
is left under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def every(questions: Iterable[Awaitable[A]]) -> list[A]:
    """The answers, in the order of the questions."""
    answers: list[A] = []
    for answer in await asyncio.gather(*questions, return_exceptions=True):
        if isinstance(answer, BaseException):
            raise answer
        answers.append(answer)
    return answers


async def both(one: Awaitable[A], other: Awaitable[B]) -> tuple[A, B]:
    """The answers to two questions of different kinds."""
    first, second = await asyncio.gather(one, other, return_exceptions=True)
    for answer in (first, second):
        if isinstance(answer, BaseException):
            raise answer
    return first, second  # type: ignore[return-value]  # neither is an error
