"""A report as one page that needs nothing else: opened from a mail, worked through, printed."""

from __future__ import annotations

import hashlib
import tempfile
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from typing import NamedTuple, TextIO

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from almareplay.outcomes import DISMISSED as ADVICE_OF_DISMISSED
from almareplay.outcomes import OPEN, FineRow, Outcome, PullRow, ReportRow
from almareplay.reports.content import Report
from almareplay.reports.delimited import Row
from almareplay.reports.drawing import drawn, segments
from almareplay.reports.embedding import blocks
from almareplay.reports.origin import in_words, label_of, mark_of, origin_of
from almareplay.reports.summary import (
    CANCELLED,
    DISMISSED,
    GROUPS,
    WOULD_BE,
    Summary,
    sentence,
    was_replayed,
)
from almareplay.reports.timeline import timeline

SECTION = "section"
"""The column beside those of the report: the section of the page in which the row stands."""

_PARTS = files("almareplay.reports") / "page"
_SCRIPTS = (
    *("texts.js", "data.js", "ticks.js", "tables.js", "columns.js"),
    *("filter.js", "print.js", "report.js"),
)
_SETTLED = "settled"
_REPLAYED = "replayed"


def write_html(report: Report, file: TextIO) -> None:
    """Write a page with all rows; they are read once, a block of them in memory at a time.

    The page asks nothing of the network, and its policy lets it run its own script alone. Rows of
    the page are built by that script from the data in it, as text. Raises OSError.
    """
    page = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_writable,
        trim_blocks=True,
        lstrip_blocks=True,
    ).from_string(_joined("report.html.j2"))
    summary = Summary(predicted=report.predicted)
    sections: Counter[str] = Counter()
    with tempfile.TemporaryFile("w+", encoding="ascii") as kept:
        kept.writelines(f"{block}\n" for block in _row_blocks(report, summary, sections))
        kept.seek(0)
        parts = page.generate(
            style=_joined("report.css"),
            script=_joined(*_SCRIPTS),
            policy_hash=_policy_hash,
            report=report,
            summary=summary,
            sentence=sentence(report, summary),
            written=in_words(datetime.now(report.zone)),
            label=label_of(report),
            origin=origin_of(report),
            mark=mark_of(report),
            segments=segments(summary.groups),
            groups=GROUPS | WOULD_BE if report.predicted else GROUPS,
            timeline=drawn(timeline(summary.quarters)),
            to_do=[*_to_do(sections, predicted=report.predicted)],
            rest=[*_rest(sections, predicted=report.predicted)],
            fines=[fine for fine in report.fines if fine.wrong != "none"],
            fines_by_day=[fine for fine in report.fines if fine.wrong == "none"],
            row_blocks=(Markup(block.rstrip("\n")) for block in kept),
            pull_blocks=map(Markup, blocks(report.pull_list, PullRow._fields)),
            fine_blocks=map(Markup, blocks(report.fines, FineRow._fields)),
        )
        file.writelines(parts)


def _writable(value: object) -> object:
    """Text without what HTML or UTF-8 cannot hold; markup is ours and stays."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.replace("\x00", "\ufffd").encode(errors="backslashreplace").decode()
    return value


def _joined(*names: str) -> Markup:
    """Files of the page as one text, which is ours and not to be escaped."""
    return Markup("\n".join((_PARTS / name).read_text("utf-8") for name in names))


def _policy_hash(text: str) -> str:
    """What the page's policy knows a script or a style by."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _row_blocks(report: Report, summary: Summary, sections: Counter[str]) -> Iterator[str]:
    """The rows with the section of each, which is counted."""

    def placed() -> Iterator[Row]:
        for row in summary.count(report.rows()):
            section = _section_of(row, predicted=report.predicted)
            sections[section] += 1
            yield (*row, section)

    return blocks(placed(), (*ReportRow._fields, SECTION))


def _section_of(row: ReportRow, *, predicted: bool) -> str:
    if row.dismissed:
        return DISMISSED
    if predicted and was_replayed(row):
        return _REPLAYED
    if row.to_do or row.outcome in (Outcome.PENDING, Outcome.CANCELLED):
        return row.outcome.value
    return _SETTLED


class _Section(NamedTuple):
    """A heading with the number of its rows, and what there is to do about them."""

    name: str
    title: str
    rows: int
    advice: str
    group: str


def _to_do(sections: Counter[str], *, predicted: bool) -> Iterator[_Section]:
    for outcome in Outcome:
        if outcome.disposition in OPEN and (rows := sections[outcome.value]):
            title = outcome.replace("_", " ").capitalize()
            advice = outcome.advice_before if predicted else outcome.advice
            yield _Section(outcome.value, title, rows, advice, outcome.disposition.value)


_REST = {
    DISMISSED: (DISMISSED, "Settled by hand", ADVICE_OF_DISMISSED),
    CANCELLED: (CANCELLED, "Cancelled at the desk", Outcome.CANCELLED.advice),
}
_AFTER = {
    Outcome.PENDING.value: (
        *("pending", "Not replayed yet"),
        "They have no outcome until the run is replayed further.",
    ),
    **_REST,
    _SETTLED: (
        *("applied", "In Alma, or no change needed"),
        "Where an item came back, its row says where it must go.",
    ),
}
_BEFORE = {
    Outcome.PENDING.value: (
        *("pending", "Not rehearsed"),
        "The rehearsal ended before it came to these rows.",
    ),
    **_REST,
    _SETTLED: (
        *("applied", "Would be in Alma, or need no change"),
        "Nothing to do: the replay would post these rows, or find that nothing need be changed.",
    ),
    _REPLAYED: (
        *("applied", "Replayed already"),
        "They have their outcomes, which are not foreseen: the report of the run says what there "
        "is left to do about them.",
    ),
}
"""The sections of rows that ask for nothing now: the group of each, its title, its advice."""


def _rest(sections: Counter[str], *, predicted: bool) -> Iterator[_Section]:
    for name, (group, title, advice) in (_BEFORE if predicted else _AFTER).items():
        if rows := sections[name]:
            yield _Section(name, title, rows, advice, group)
