"""A report as one page that needs nothing else: opened from a mail, worked through, printed."""

from __future__ import annotations

import hashlib
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from typing import NamedTuple, TextIO

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from almareplay.outcomes import DISMISSED as ADVICE_OF_DISMISSED
from almareplay.outcomes import FineRow, Outcome, PullRow, ReportRow
from almareplay.reports.content import Report
from almareplay.reports.drawing import drawn, segments
from almareplay.reports.embedding import blocks
from almareplay.reports.summary import DISMISSED, GROUPS, WOULD_BE, Summary, day, sentence
from almareplay.reports.timeline import timeline

SECTION = "section"
"""The column beside those of the report: the section of the page in which the row stands."""

_PARTS = files("almareplay.reports") / "page"
_SCRIPTS = (
    *("texts.js", "data.js", "ticks.js", "tables.js", "columns.js"),
    *("filter.js", "print.js", "report.js"),
)
_SETTLED = "settled"


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
    summary = Summary()
    with tempfile.TemporaryFile("w+", encoding="ascii") as kept:
        kept.writelines(f"{block}\n" for block in _row_blocks(report, summary))
        kept.seek(0)
        parts = page.generate(
            style=_joined("report.css"),
            script=_joined(*_SCRIPTS),
            policy_hash=_policy_hash,
            report=report,
            summary=summary,
            sentence=sentence(report, summary),
            written=_written(summary),
            segments=segments(summary.groups),
            groups=GROUPS | WOULD_BE if report.predicted else GROUPS,
            timeline=drawn(timeline(summary.quarters)),
            to_do=[*_to_do(summary)],
            rest=[*_rest(summary, predicted=report.predicted)],
            waived=sum(fine.waived_at is not None for fine in report.fines),
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


def _row_blocks(report: Report, summary: Summary) -> Iterator[str]:
    placed = ((*row, _section_of(row)) for row in summary.count(report.rows()))
    return blocks(placed, (*ReportRow._fields, SECTION))


def _section_of(row: ReportRow) -> str:
    if row.to_do:
        return row.outcome.value
    if row.dismissed:
        return DISMISSED
    return Outcome.PENDING.value if row.outcome is Outcome.PENDING else _SETTLED


class _Section(NamedTuple):
    """A heading with the number of its rows, and what there is to do about them."""

    name: str
    title: str
    rows: int
    advice: str
    group: str


def _to_do(summary: Summary) -> Iterator[_Section]:
    for outcome in Outcome:
        if rows := summary.to_do[outcome]:
            title = outcome.replace("_", " ").capitalize()
            yield _Section(outcome.value, title, rows, outcome.advice, outcome.disposition.value)


def _rest(summary: Summary, *, predicted: bool) -> Iterator[_Section]:
    """The rows about which staff have nothing to do."""
    dismissed, pending = summary.groups[DISMISSED], summary.groups[Outcome.PENDING.value]
    settled = summary.rows - summary.to_do.total() - dismissed - pending
    if dismissed:
        yield _Section(DISMISSED, "Settled by hand", dismissed, ADVICE_OF_DISMISSED, DISMISSED)
    if pending:
        advice = "They have no outcome until the run is replayed further."
        yield _Section(Outcome.PENDING.value, "Not replayed yet", pending, advice, "pending")
    if settled:
        title = (
            "Would be in Alma, or need no change" if predicted else "In Alma, or no change needed"
        )
        advice = "Where an item came back, its row says where it must go."
        yield _Section(_SETTLED, title, settled, advice, "applied")


def _written(summary: Summary) -> str:
    """When the page is made, in the zone of the last captured time."""
    zone = UTC if summary.last is None else summary.last.tzinfo
    now = datetime.now(zone)
    offset = now.isoformat(timespec="seconds")[19:].replace("-", "−").replace("+00:00", "")
    return f"{day(now)} {now:%H:%M} (UTC{offset})"
