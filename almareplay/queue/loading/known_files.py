"""Files that the queue has: known by their bytes, whatever they are called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from almareplay.queue.store import Queue, Run
from almareplay.queue.tables.schema import files, runs


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that was loaded before: under which name, into which run, when (aware UTC), and by
    which flags it was read."""

    name: str
    run: Run
    loaded_at: datetime
    flags: Mapping[str, str]


def known_files(queue: Queue, sha256: str, sheet: str | None = None) -> list[KnownFile]:
    """Tell where these bytes, or this sheet of them, were loaded before, oldest first."""
    with queue.reading() as connection:
        found = connection.execute(
            select(
                files.c.name,
                files.c.run_id,
                runs.c.name.label("run"),
                runs.c.loaded_for,
                files.c.loaded_at,
                files.c.flags,
            )
            .join(runs, runs.c.id == files.c.run_id)
            .where(files.c.sha256 == sha256, files.c.sheet.is_not_distinct_from(sheet))
            .order_by(files.c.id)
        )
        return [
            KnownFile(
                row.name,
                Run(row.run_id, row.run, row.loaded_for),
                row.loaded_at,
                json.loads(row.flags),
            )
            for row in found
        ]
