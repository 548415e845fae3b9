"""The one Alma that a run belongs to, from its first call that writes on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Connection, and_, bindparam, exists, or_, select, update

from almareplay.queue.databases.database import database_of
from almareplay.queue.errors import PostedByAnotherRun, RunOfAnotherAlma, RunOfAnotherInstitution
from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import attempts, files, runs
from almareplay.transactions import UNKNOWN_ALMA, AlmaInstance

# Whether a run is bound to the Alma of ``of_alma``, for statements that are made once.
IS_BOUND = or_(
    bindparam("any_alma", type_=Boolean),
    and_(
        runs.c.institution == bindparam("institution"),
        runs.c.environment == bindparam("environment"),
        runs.c.host == bindparam("host"),
    ),
)


def of_alma(alma: AlmaInstance | None) -> dict[str, str | bool]:
    """The parameters of ``IS_BOUND``; None is for any Alma."""
    known = alma or UNKNOWN_ALMA
    return {
        "any_alma": alma is None,
        "institution": known.institution,
        "environment": known.environment,
        "host": known.host,
    }


class Binding(NamedTuple):
    """Which Alma a run has to do with.

    ``alma`` is the one that it was posted to, None where nothing of it was sent yet.
    ``rehearsed_on`` is the one that its last whole rehearsal asked, ``rehearsed_at`` (aware UTC)
    when that ended; both None where there was none.
    """

    alma: AlmaInstance | None
    rehearsed_on: AlmaInstance | None
    rehearsed_at: datetime | None

    @property
    def rehearsed_here(self) -> datetime | None:
        """When it was rehearsed on the Alma that it was posted to, or on any where it was not."""
        if self.rehearsed_on is None or (self.alma and not self.alma.is_same(self.rehearsed_on)):
            return None
        return self.rehearsed_at


def binding_of(queue: Queue, run: Run) -> Binding:
    """Which Alma the run has to do with so far."""
    with queue.reading() as connection:
        row = connection.execute(select(runs).where(runs.c.id == run.id)).one()
    asked = None
    if row.rehearsed_at is not None:
        asked = AlmaInstance(
            row.rehearsed_institution,
            row.rehearsed_name,
            row.rehearsed_environment,
            row.rehearsed_host,
        )
    return Binding(_alma(row), asked, row.rehearsed_at)


def note_rehearsal(queue: Queue, run: Run, alma: AlmaInstance) -> None:
    """Store that the whole run has just been rehearsed on this Alma."""
    with queue.writing(run) as connection:
        connection.execute(
            update(runs)
            .where(runs.c.id == run.id)
            .values(
                rehearsed_institution=alma.institution,
                rehearsed_name=alma.name,
                rehearsed_environment=alma.environment,
                rehearsed_host=alma.host,
                rehearsed_at=datetime.now(UTC),
            )
        )


def check_alma(queue: Queue, run: Run, here: AlmaInstance) -> None:
    """Make sure that the run may be posted to this Alma.

    Raises RunOfAnotherInstitution where it was loaded for another, RunOfAnotherAlma where it was
    posted to another, and PostedByAnotherRun where another run has posted rows of one of its files
    here, unless that was insisted on at load.
    """
    with queue.reading() as connection:
        make_sure_of_alma(connection, run, here)


def make_sure_of_alma(connection: Connection, run: Run, here: AlmaInstance) -> None:
    """What ``check_alma`` does, in the transaction of this connection."""
    row = connection.execute(select(runs).where(runs.c.id == run.id)).one()
    if row.loaded_for and here.institution not in ("", row.loaded_for):
        raise RunOfAnotherInstitution(run.name, row.loaded_for, here)
    bound = _alma(row)
    if bound is not None:
        if not bound.is_same(here):
            raise RunOfAnotherAlma(run.name, bound, here, run.institution)
        return
    mine, other = files.alias("mine"), files.alias("other")
    sent = exists().where(
        attempts.c.run_id == other.c.run_id,
        attempts.c.row.between(other.c.first_row, other.c.first_row + other.c.rows - 1),
    )
    shared = connection.execute(
        select(mine.c.name, other.c.run_id, runs.c.name.label("other_run"), runs.c.loaded_for)
        .join(
            other,
            (other.c.sha256 == mine.c.sha256)
            & or_(
                other.c.sheet.is_not_distinct_from(mine.c.sheet),
                other.c.sheet.is_(None),
                mine.c.sheet.is_(None),
            ),
        )
        .join(runs, runs.c.id == other.c.run_id)
        .where(
            mine.c.run_id == run.id,
            other.c.run_id != run.id,
            runs.c.environment.is_not(None),
            or_(sent, runs.c.purged_at.is_not(None)),
            mine.c.insisted == 0,
        )
        .order_by(mine.c.id)
    )
    for file in shared:
        other_run = Run(file.run_id, file.other_run, file.loaded_for)
        elsewhere = _bound(connection, other_run)
        if elsewhere is not None and elsewhere.is_same(here):
            raise PostedByAnotherRun(run.name, file.name, str(other_run), elsewhere)


def bind(connection: Connection, run: Run, here: AlmaInstance) -> None:
    """Let the run belong to this Alma from the transaction of this connection on, if it belongs to
    none yet; learn the institution's code where no key could tell it before.

    Raises as ``check_alma`` does: another run may have posted the same files meanwhile.
    """
    bound = _bound(connection, run)
    if bound is not None and bound.is_known and (bound.institution or not here.institution):
        return
    # Two runs with the same file are not bound at once, each without the other's having been sent.
    database_of(connection).lock_queue(connection)
    make_sure_of_alma(connection, run, here)
    connection.execute(
        update(runs)
        .where(runs.c.id == run.id)
        .values(
            institution=here.institution,
            institution_name=here.name,
            environment=here.environment,
            host=here.host,
        )
    )


def _bound(connection: Connection, run: Run) -> AlmaInstance | None:
    return _alma(connection.execute(select(runs).where(runs.c.id == run.id)).one())


def _alma(row: Any) -> AlmaInstance | None:
    if row.environment is None:
        return None
    return AlmaInstance(row.institution, row.institution_name, row.environment, row.host)
