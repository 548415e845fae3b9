"""The institutions of the file, and the runs of institutions that the queue has."""

from __future__ import annotations

from almareplay.cli.options.common import CommonOptions
from almareplay.consortium.institutions import Institution, institutions_of
from almareplay.queue.purging.runs import Standing, standings
from almareplay.queue.store import Queue
from almareplay.settings import Settings


def known_institutions(settings: Settings) -> dict[str, Institution]:
    """The institutions of the file; none where no file is set."""
    return institutions_of(settings) if settings.institutions else {}


def runs_of_institutions(queue: Queue, common: CommonOptions) -> dict[str, Standing]:
    """The runs of institutions that have the name of the command, by the codes of those."""
    return {
        each.run.institution: each
        for each in standings(queue)
        if each.run.institution and each.run.name == common.run
    }


def nothing_loaded(common: CommonOptions) -> str:
    """What to say where the queue has no such run."""
    return (
        f"The queue has no run {common.run!r} of an institution. Load one: "
        f"{common.of_institution('CODE').command('load FILE')}"
    )
