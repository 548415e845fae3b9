"""``check --probe``: what an Alma says of what is not known of it."""

from __future__ import annotations

from almareplay.alma.client import AlmaReader
from almareplay.alma.probe import Probed, probe
from almareplay.cli.console.exits import Ended, Exit
from almareplay.cli.console.output import results
from almareplay.cli.workflows.session import Session
from almareplay.replay.check import CheckResult
from almareplay.settings import Settings

_PAGE = "docs/unknown-in-alma.md"


def refuse_production(settings: Settings) -> None:
    """End the command (2) where the settings are not those of a sandbox."""
    if settings.environment != "sandbox":
        raise Ended(
            Exit.USAGE,
            "--probe is for a sandbox only: ALMAREPLAY_ENVIRONMENT is "
            f"{settings.environment}. Use the settings of your sandbox.",
        )


def run_probe(session: Session, reader: AlmaReader, findings: CheckResult) -> None:
    """Ask an Alma that says it is a sandbox, and tell what it settled; else end the command (3)."""
    if findings.institution is None or findings.institution.environment != "sandbox":
        words = "Nothing was probed: this Alma does not say that it is a sandbox."
        raise Ended(Exit.REFUSED, words)
    settled = session.do(probe(reader))
    results.print("What is not known of Alma's API, and what this Alma tells:")
    for each in settled:
        results.print(_line(each))
    by_hand = sum(not each.answer for each in settled)
    if by_hand:
        results.print(f"How to find out the other {by_hand}, by hand in a sandbox: {_PAGE}")


def _line(settled: Probed) -> str:
    question = settled.unknown.question
    told = f"settled: {settled.answer}" if settled.answer else f"not settled: {settled.why}"
    return f"  {settled.unknown.name}: {question}\n      {told}"
