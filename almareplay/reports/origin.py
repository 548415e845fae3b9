"""The Alma that a report speaks of, in words: nobody may take a sandbox for the real one."""

from __future__ import annotations

from datetime import datetime

from almareplay.reports.content import Report
from almareplay.reports.summary import day
from almareplay.transactions import in_zone

NOT_SENT = "not sent"


def label_of(report: Report) -> str:
    """``sandbox`` or ``production``, ``unknown`` where an older almareplay did not note it;
    ``NOT_SENT`` where no Alma has to do with the report."""
    return report.alma.environment if report.alma is not None else NOT_SENT


def origin_of(report: Report) -> str:
    """Whose Alma it is, and what follows from that for whoever reads the report."""
    if report.alma is None:
        if report.predicted:
            return "Alma was not asked: no row was left to be replayed."
        return f"Nothing was sent to Alma yet. {_rehearsed(report, '')}"
    where = report.alma.title
    if report.predicted:
        return f"{where}. This is what a rehearsal there foresees; it posted nothing."
    if not report.alma.is_known:
        return (
            "An older almareplay posted these rows and did not note to which Alma: ask who ran it."
        )
    if report.alma.environment != "production":
        where += ". Nothing of this has happened in the production Alma"
    return f"{where}. {_rehearsed(report, ' there')}"


def mark_of(report: Report) -> str:
    """A few words for the head of each printed page."""
    if report.alma is None:
        return "Nothing was sent to Alma"
    if not report.alma.is_known:
        return "Report, the Alma not known"
    kind = "prediction" if report.predicted else "report"
    code = report.alma.institution or report.alma.host
    return f"{report.alma.environment.upper()} {kind}, {code}"


def in_words(moment: datetime) -> str:
    """A day and a time: ``4 Sep 2026 at 09:02``."""
    return f"{day(moment)} at {moment:%H:%M}"


def _rehearsed(report: Report, there: str) -> str:
    if report.rehearsed is None:
        return f"It was not rehearsed{there or ' either'}."
    return f"It was rehearsed{there} on {in_words(in_zone(report.rehearsed, report.zone))}."
