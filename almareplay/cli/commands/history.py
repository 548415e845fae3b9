"""``history``: the whole story of one row."""

from __future__ import annotations

import click

from almareplay.cli.console.output import results
from almareplay.cli.console.printable import one_line
from almareplay.cli.options.command import Command
from almareplay.cli.options.common import CommonOptions
from almareplay.cli.options.rows import rows_option
from almareplay.cli.workflows.opening import open_queue
from almareplay.cli.workflows.runs.row_history import history_as_data, history_in_words
from almareplay.cli.workflows.runs.run_report import zone_of_library
from almareplay.queue.reading.row_history import history_of


@click.command(cls=Command)
@rows_option(
    "The rows, by their numbers in the report: 17, or 36,58 or 4-9; repeatable.", required=True
)
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")
def history(common: CommonOptions, row: list[int], as_json: bool) -> None:
    """Tell a row's whole story, and what can be done about it.

    Read from where, looked at when, calls made, what Alma said. It names the patron, and the ids
    that were corrected. Times are those of the library's zone. As JSON several rows are an array.

    \b
    Examples:
      almareplay history --row 17
      almareplay history --row 36,58 --json

    \b
    Exit codes:
      0  told
      2  no such row, run or queue
    """
    settings = common.read_settings()
    with open_queue(settings.queue) as queue:
        run = queue.run(common.run, common.institution)
        zone = zone_of_library(queue, run, settings)
        histories = [history_of(queue, run, number, zone) for number in row]
    if as_json:
        told = [history_as_data(each, zone, common) for each in histories]
        results.print_json_of(told if len(told) > 1 else told[0])
        return
    for place, each in enumerate(histories):
        if place:
            results.print()
        for line in history_in_words(each, zone, common):
            results.print(one_line(line))
