"""Rows as they are named on the command line: by their numbers, or by their outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import click

from almareplay.outcomes import OPEN, Disposition, Outcome
from almareplay.transactions import nearest

RETRYABLE = [
    each for each in Outcome if each.disposition in (Disposition.ATTENTION, Disposition.UNRESOLVED)
]
DISMISSIBLE = [each for each in Outcome if each.disposition in (*OPEN, Disposition.PENDING)]

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_PART = re.compile(r"(\d{1,9})(?:\s*[-\u2013]\s*(\d{1,9}))?", re.ASCII)
_MOST = 10_000


def parse_rows(text: str) -> tuple[int, ...]:
    """The numbers in ``17``, ``36,58`` or ``4-9``. Raises BadParameter."""
    numbers: list[int] = []
    for part in text.split(","):
        found = _PART.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 0 < first <= last:
            raise click.BadParameter(f"{text!r} names no rows: write 17, or 36,58 or 4-9.")
        if last - first + len(numbers) >= _MOST:
            raise click.BadParameter(
                f"{text!r} names more than {_MOST:,} rows: take fewer at once."
            )
        numbers += range(first, last + 1)
    return tuple(dict.fromkeys(numbers))


def rows_option(help: str, *, required: bool = False) -> Decorator:
    """``--row N``, repeatable; its value is a list of numbers, each once, in their order."""
    return click.option(
        "--row",
        type=parse_rows,
        multiple=True,
        required=required,
        metavar="N",
        callback=_all_of,
        help=help,
    )


def _all_of(
    _context: click.Context, _option: click.Parameter, named: Iterable[tuple[int, ...]]
) -> list[int]:
    return list(dict.fromkeys(number for numbers in named for number in numbers))


def outcomes_option(help: str, offered: Iterable[Outcome]) -> Decorator:
    """``--outcome NAME``, repeatable; a shell offers those of the outcomes that are ``offered``."""

    def complete(_context: click.Context, _option: click.Parameter, begun: str) -> list[str]:
        return [each.value for each in offered if each.startswith(begun)]

    return click.option(
        "--outcome",
        type=_outcome,
        multiple=True,
        metavar="NAME",
        shell_complete=complete,
        help=help,
    )


def _outcome(text: str) -> Outcome:
    """An outcome by its name. Raises BadParameter, which tells the nearest one."""
    try:
        return Outcome(text.strip().lower())
    except ValueError as error:
        known = nearest(text, DISMISSIBLE) or f" There are: {', '.join(DISMISSIBLE)}."
        raise click.BadParameter(f"{text!r} is no outcome.{known}") from error
