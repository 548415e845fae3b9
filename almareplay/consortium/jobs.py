"""Everything that knows Procrastinate: by its jobs workers are woken, wherever they run.

A job says no more than "look at this institution". It takes the institution's lock, so that one
worker looks at it; it has no queueing lock and no schedule (a scheduled job blocks its lock), and
nothing is lost with it: what is due stands in the queue, where workers look for it by themselves.
Facts about Procrastinate are from its documentation and its code.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from almareplay.queue.databases import postgresql
from almareplay.queue.errors import QueueError
from almareplay.queue.store import Queue

if TYPE_CHECKING:
    from procrastinate import App

SCHEMA = "almareplay_jobs"
"""Its tables stand in a schema of their own: another program may use Procrastinate as well."""

_TASK = "almareplay.look"
_QUEUE = "almareplay"
# A worker that was silent for so long does not finish its job any more.
_STALLED_SECONDS = 60
# How long its shutdown may take: it waits for nothing that matters.
_SHUTDOWN_SECONDS = 5.0
_OPENING_SECONDS = 10.0


class NoWorkers(QueueError):
    """Workers cannot be used with this queue, or not as they are installed."""


def check_queue(address: str) -> None:
    """Make sure that workers can share the queue at this address. Raises NoWorkers."""
    if make_url(address).get_backend_name() != "postgresql":
        raise NoWorkers(
            "Workers need a queue that several machines can share: set "
            "ALMAREPLAY_QUEUE=postgresql://user@host/database (docs/postgresql.md tells how), and "
            "load the captures into that. For one institution 'almareplay replay' is all it takes."
        )
    try:
        import procrastinate  # noqa: F401
    except ImportError as error:
        raise NoWorkers(
            "Workers need Procrastinate: pip install 'almareplay[consortium]'"
        ) from error


def make_tables(queue: Queue) -> None:
    """Make the tables of the jobs where there are none. Raises NoWorkers where they are those of
    another version of Procrastinate."""
    from procrastinate.schema import SchemaManager

    statements = SchemaManager.get_schema()
    version = hashlib.sha256(statements.encode()).hexdigest()[:16]
    with queue.writing() as connection:
        postgresql.lock_queue(connection)
        query = text("SELECT obj_description(to_regnamespace(:schema))")
        there = connection.scalar(text("SELECT to_regnamespace(:schema)"), {"schema": SCHEMA})
        if there is None:
            connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        elif (found := connection.scalar(query, {"schema": SCHEMA})) is not None:
            if found != version:
                raise NoWorkers(
                    "The tables by which workers are woken were made by another version of "
                    "Procrastinate. Use one version on all machines. To change it: stop all "
                    f"workers, let the administrator do 'DROP SCHEMA {SCHEMA} CASCADE', and start "
                    "them again; nothing is lost with it."
                )
            return
        connection.execute(text(f"SET LOCAL search_path = {SCHEMA}"))
        # It has signs that mean something to SQLAlchemy.
        _driver(connection).execute(statements)
        connection.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS '{version}'"))
        connection.execute(text(f"SET LOCAL search_path = {postgresql.SCHEMA}, public"))


def wake(connection: Connection, institutions: Iterable[str]) -> None:
    """Let some worker look at each of these institutions, once the transaction of the connection is
    on disk, and not at all where it is not."""
    from procrastinate import App, SyncPsycopgConnector

    app = App(connector=SyncPsycopgConnector())
    connection.execute(text(f"SET LOCAL search_path = {SCHEMA}"))
    for institution in institutions:
        job = app.configure_task(
            _TASK, queue=_QUEUE, lock=institution, connection=_driver(connection)
        )
        job.defer(institution=institution)
    connection.execute(text(f"SET LOCAL search_path = {postgresql.SCHEMA}, public"))


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


class Listener:
    """Hears the jobs of a queue in the name of one worker, which has ``concurrency`` at a time.

    ``look`` is called with the code of an institution and returns when the look at it has ended.
    """

    def __init__(
        self, address: str, concurrency: int, look: Callable[[str], Awaitable[None]]
    ) -> None:
        self._connecting = postgresql.connecting(make_url(address), SCHEMA)
        self._concurrency = concurrency
        self._look = look
        # Their words name hosts and quote statements, and what they say is no user's concern.
        for name in ("procrastinate", "psycopg.pool"):
            logging.getLogger(name).addHandler(logging.NullHandler())
            logging.getLogger(name).propagate = False

    async def listen(self, stopping: asyncio.Event) -> None:
        """Hear jobs until ``stopping`` is set, then return within a few seconds. Raises whatever
        keeps jobs from being heard, such as a database that is gone."""
        app = self._app()
        stop = asyncio.create_task(stopping.wait())
        listening: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(_OPENING_SECONDS):
                await app.open_async()
            listening = asyncio.create_task(
                app.run_worker_async(
                    queues=[_QUEUE],
                    concurrency=self._concurrency,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    # A look goes on without its job.
                    shutdown_graceful_timeout=0.1,
                )
            )
            while not (listening.done() or stop.done()):
                await self._clear(app)
                await asyncio.wait(
                    [listening, stop],
                    timeout=_STALLED_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
            if listening.done():
                listening.result()
        finally:
            stop.cancel()
            # What it says in the end is no matter, nor how long it would take.
            with suppress(Exception):
                async with asyncio.timeout(_SHUTDOWN_SECONDS):
                    if listening is not None:
                        listening.cancel()
                        await asyncio.wait([listening])
                    await app.close_async()

    async def _clear(self, app: App) -> None:
        """Delete the jobs of workers that are gone, which would keep their locks for ever."""
        from procrastinate.jobs import Status

        stalled = await app.job_manager.get_stalled_jobs(
            queue=_QUEUE, seconds_since_heartbeat=_STALLED_SECONDS
        )
        for job in stalled:
            await app.job_manager.finish_job(job, status=Status.ABORTED, delete_job=True)

    def _app(self) -> App:
        from procrastinate import App, PsycopgConnector

        app = App(connector=PsycopgConnector(kwargs=self._connecting, min_size=1, max_size=2))

        @app.task(name=_TASK, queue=_QUEUE)
        async def look(institution: str) -> None:
            await self._look(institution)

        return app
