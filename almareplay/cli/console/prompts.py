"""Questions to the user, which nobody answers where there is no terminal."""

from __future__ import annotations

import sys

import click

from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.printable import printable


def somebody_is_there() -> bool:
    """Whether the user can be asked."""
    return sys.stdin.isatty()


def need_somebody(flag: str, *, nothing: str) -> None:
    """Make sure that the user can be asked. Raises Ended (2), with the ``flag`` to give instead.

    ``nothing`` says what was not done then: ``Nothing was posted``.
    """
    if not somebody_is_there():
        words = f"{nothing}: there is nobody to ask. Say {flag} to go on without."
        raise Ended(Exit.USAGE, words)


def agreed(question: str, *, nothing: str) -> None:
    """Ask for a yes. Raises Ended: (3) where the user does not agree, (130) for Ctrl-C."""
    try:
        # What Alma calls the institution comes from outside.
        yes = click.confirm(printable(question), err=True)
    except click.Abort as stop:
        raise Ended(Exit.INTERRUPTED, f"\n{nothing}.") from stop
    if not yes:
        raise Ended(Exit.REFUSED, f"{nothing}.")


def typed(question: str, *, nothing: str) -> str:
    """What the user types. Raises Ended (130) for Ctrl-C."""
    try:
        answer: str = click.prompt(printable(question), default="", show_default=False, err=True)
    except click.Abort as stop:
        raise Ended(Exit.INTERRUPTED, f"\n{nothing}.") from stop
    return answer


def typed_secretly(question: str) -> str:
    """What the user types without being shown it."""
    return str(click.prompt(question, hide_input=True, err=True))
