"""Whether a replay could begin at each institution of a consortium, in a table."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from almareplay.cli.console.exits import Exit, exit_code_of, worst
from almareplay.cli.console.output import results
from almareplay.cli.console.tables import in_columns
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.runs.next_steps import load_step, next_steps_of
from almareplay.cli.workflows.session import instance_of
from almareplay.consortium.checking import Question, check_each
from almareplay.consortium.institutions import Institution, institutions_of
from almareplay.queue.errors import QueueMissing, RunMissing
from almareplay.queue.reading import queries
from almareplay.queue.replaying.binding import check_alma as check_alma_of_run
from almareplay.queue.store import Queue, Run
from almareplay.replay.check import CheckResult
from almareplay.settings import Settings, file_warnings
from almareplay.transactions import AlmaReplayError

_HEAD = ("institution", "environment", "places", "calls left", "what to do")
_GIVES_UP_AFTER = 20.0
_NOTHING = "-"


def check_all(common: CommonOptions, plain: Settings, pace: float | None) -> Exit:
    """Ask the Alma of each institution of the file, and tell in a line each what it said; ``pace``
    is that of the command. The exit code is the worst of theirs."""
    known = institutions_of(plain)
    given = ["requests_per_second"] if pace else []
    with ExitStack() as stack:
        queue = _queue(plain, stack)
        checked = [
            _Checked(common.of_institution(code), each, each.settings(plain, given), queue)
            for code, each in known.items()
        ]
        questions = [each.question() for each in checked]
        answers = asyncio.run(check_each(questions, _GIVES_UP_AFTER))
        told = [each.told(answer) for each, answer in zip(checked, answers, strict=True)]
    warnings = (warning for each in checked for warning in each.settings.warnings)
    for warning in (*file_warnings(common.settings), *warnings):
        results.print(warning)
    for line in in_columns(_HEAD, [cells for cells, _ in told]):
        results.print(line)
    return worst(code for _, code in told)


def _queue(plain: Settings, stack: ExitStack) -> Queue | None:
    try:
        return stack.enter_context(open_queue(plain.queue))
    except QueueMissing:
        return None


class _Checked:
    """An institution, and its run where one is loaded."""

    def __init__(
        self,
        common: CommonOptions,
        institution: Institution,
        settings: Settings,
        queue: Queue | None,
    ) -> None:
        self.settings = settings
        self._common = common
        self._code = institution.code
        self._run: tuple[Queue, Run] | None = None
        if queue is not None:
            try:
                run = queue.run(common.run, institution.code, purged_too=True)
                self._run = queue, run
            except RunMissing:
                pass

    def question(self) -> Question:
        """What to ask: the places of the rows that are left, and that of the settings."""
        places = {*queries.places(*self._run)} if self._run else set()
        if self.settings.library:
            places.add((self.settings.library, self.settings.circ_desk or ""))
        self._asked = sorted(places)
        return Question(self.settings, self._asked)

    def told(self, answer: CheckResult | AlmaReplayError) -> tuple[tuple[str, ...], Exit]:
        """The line of the table, and what a check of this institution alone would end with."""
        if isinstance(answer, AlmaReplayError):
            return self._line(_NOTHING, _NOTHING, _NOTHING, str(answer)), exit_code_of(answer)
        told = answer.institution
        wrong = [*answer.problems, answer.unverified, *self._wrong_places(answer)]
        code = Exit.REFUSED if any(wrong) else Exit.DONE
        if self._run is not None and not any(wrong):
            try:
                check_alma_of_run(*self._run, instance_of(answer, self.settings))
            except AlmaReplayError as error:
                wrong, code = [str(error)], exit_code_of(error)
        line = self._line(
            told.environment if told else _NOTHING,
            self._places(answer),
            _NOTHING if answer.calls_left is None else f"{answer.calls_left:,}",
            " ".join(filter(None, wrong)) or self._next(),
        )
        return line, code

    def _wrong_places(self, answer: CheckResult) -> list[str]:
        if not answer.unknown:
            return []
        see = self._common.command("check")
        return [f"Alma lacks a library or desk of its rows or settings; see {see}"]

    def _places(self, answer: CheckResult) -> str:
        if not self._asked or answer.institution is None:
            return _NOTHING
        if answer.unknown:
            return f"{len(answer.unknown):,} unknown"
        return f"{len(self._asked):,} known"

    def _next(self) -> str:
        if self._run is None:
            return load_step(self._common).command
        steps = next_steps_of(*self._run, self._common)
        return steps[0].command if steps else "nothing"

    def _line(self, *cells: str) -> tuple[str, ...]:
        return (self._code, *(" ".join(cell.split()) for cell in cells))
