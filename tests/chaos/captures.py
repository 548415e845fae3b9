"""Captures of an outage: what stations wrote down, and the Alma that their files meet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from almareplay.simulator.world import Patron, World
from almareplay.transactions import Kind

OUTAGE_DAY = (2025, 9, 15)
"""Year, month and day."""


@dataclass(frozen=True)
class CapturedRow:
    """A row as it was captured; ``at`` is aware, in the zone of the desks, in whole minutes."""

    kind: Kind
    at: datetime
    item_barcode: str
    patron_id: str

    def line(self, clock_offset: int) -> str:
        """Its line in a ``.dat`` file of a station whose clock needs this offset in minutes."""
        said = self.at - timedelta(minutes=clock_offset)
        return f"{said:%Y%m%d%H%M}{self.kind.value[0].upper()}{self.item_barcode:<80}" + (
            self.patron_id
        )


@dataclass(frozen=True)
class CapturedFile:
    """A station's file, with the desk where it was captured and the offset of its clock."""

    name: str
    library: str
    circ_desk: str
    clock_offset: int
    rows: tuple[CapturedRow, ...]

    def write(self, folder: Path) -> Path:
        """Write it as a ``.dat`` file: row by row, in the order of ``rows``, from line 1."""
        path = folder / self.name
        lines = [row.line(self.clock_offset) for row in self.rows]
        path.write_text("".join(f"{line}\r\n" for line in lines), encoding="utf-8", newline="")
        return path


@dataclass(frozen=True)
class Capture:
    """The files of an outage in the order in which they are loaded, and Alma as it is then."""

    seed: int
    zone: str
    files: tuple[CapturedFile, ...]
    world: World

    @property
    def secrets(self) -> set[str]:
        """Everything that names a patron."""
        ids = {row.patron_id for file in self.files for row in file.rows if row.patron_id}
        for patron in self.world.patrons:
            ids |= {patron.primary_id, *patron.identifiers.values()}
            ids |= {patron.last_name} - {Patron.last_name}
        return ids


def written_capture(world: World, *files: list[tuple[Kind, str, str]]) -> Capture:
    """A capture by hand: kind, item and patron of each row, ten minutes apart, at the one desk
    that a world has of itself."""
    at = datetime(*OUTAGE_DAY, 10, tzinfo=UTC)
    written = []
    for number, rows in enumerate(files, 1):
        captured = []
        for kind, item, patron in rows:
            captured.append(CapturedRow(kind, at, item, patron))
            at += timedelta(minutes=10)
        name = f"{number}.dat"
        written.append(CapturedFile(name, "MAIN", "DEFAULT_CIRC_DESK", 0, tuple(captured)))
    return Capture(0, "UTC", tuple(written), world)
