"""Captures made up from a seed: the story of one item after another, told by three stations."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from almareplay.simulator.world import (
    Block,
    Desk,
    Item,
    Library,
    Loan,
    Patron,
    Policy,
    Request,
    World,
)
from almareplay.transactions import Kind
from tests.chaos.captures import OUTAGE_DAY, Capture, CapturedFile, CapturedRow

LIVE_DESK = "LIVE"
"""A desk of every library at which no station captured anything."""
_ZONE = "Europe/Berlin"
# The clocks went back at 03:00 and forward at 02:00.
_ZONE_CHANGES = [(2024, 10, 27), (2025, 3, 30)]
_ODD_BARCODES = ["X-12%{n}", "a+b&{n}", "Ünf-{n}", "item={n}:7", "ILL~{n}(2)", "Nr{n}!*"]


def make_capture(seed: int, rows: int, *, grown: bool = False, patrons: int = 12) -> Capture:
    """Make up a capture of ``rows`` rows over three stations; the same seed, the same capture.

    With ``grown`` the first station's file is there twice: as it was half-way, and at the end.
    ``patrons`` is how many there are beside those who cannot borrow: the fewer, the more their
    loans wait for each other.
    """
    dice = random.Random(f"capture {seed}")
    story = _Story(dice, *_places(dice), known_patrons=patrons)
    while story.told < rows:
        story.tell()
    return Capture(seed, _ZONE, story.files(rows, grown), story.world)


def _places(dice: random.Random) -> tuple[World, datetime, list[int]]:
    """Libraries and desks, when the outage began, and the stations' clock offsets in minutes."""
    names = {"MAIN": "Main Library", "ANNEX": "Annex Library", "MEDIA": "Media Centre"}
    own_items_only = ["MEDIA"] if dice.random() < 0.3 else None
    libraries = [
        Library(
            code,
            name,
            [
                Desk("DESK", lends_for=own_items_only if code == "MEDIA" else None),
                Desk(LIVE_DESK),
            ],
        )
        for code, name in names.items()
    ]
    world = World(
        libraries=libraries, policies=[Policy("BOOK"), Policy("REFERENCE", loanable=False)]
    )
    if dice.random() < 0.2:
        night = datetime(*dice.choice(_ZONE_CHANGES), tzinfo=ZoneInfo(_ZONE))
        return world, night, [0, 0, 0]
    morning = datetime(*OUTAGE_DAY, 8, tzinfo=ZoneInfo(_ZONE))
    return world, morning, [0, dice.choice([0, 4]), dice.choice([0, -3])]


@dataclass
class _Story:
    """Tells what happens to one item after another, each as a row at some station."""

    dice: random.Random
    world: World
    began: datetime
    clock_offsets: list[int]
    known_patrons: int = 12
    told: int = 0
    rows: list[tuple[int, CapturedRow]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.patrons = [self._patron() for _ in range(self.known_patrons)]
        self.troubled = [
            self._patron(blocks=[Block("Loan", "Overdue items", "See the desk", "Calder")]),
            self._patron(expiry_date=date(2021, 6, 30)),
            self._patron(status="INACTIVE"),
            self._patron(patron_role=False),
        ]

    def tell(self) -> None:
        """Tell the story of one more item."""
        tales = [
            (60, self._circulates),
            (10, self._circulates_much),
            (4, self._is_unknown),
            (3, self._cannot_be_lent),
            (8, self._is_lent_to_the_troubled),
            (4, self._is_lent_to_nobody_known),
            (5, self._lifts_a_limit),
            (3, self._is_lent_to_a_slash),
            (4, self._is_requested),
        ]
        weights, choices = zip(*tales, strict=True)
        self.dice.choices(choices, weights)[0]()

    def files(self, rows: int, grown: bool) -> tuple[CapturedFile, ...]:
        """The stations' files, with as many of the rows in all."""
        again = rows // 6 if grown else 0
        by_station: list[list[CapturedRow]] = [[], [], []]
        for station, row in self.rows[: rows - again]:
            by_station[station].append(row)
        for written in by_station:
            written.sort(key=lambda row: row.at.astimezone(UTC))
            if len(written) > 5 and self.dice.random() < 0.5:
                # Somebody sorted by hand: whole minutes stand elsewhere in the file.
                late = written[-1].at
                moved = [row for row in written if row.at == late]
                written[:] = moved + [row for row in written if row.at != late]
        names = ["main.dat", "annex.dat", "media.dat"]
        files = [
            CapturedFile(name, name[:-4].upper(), "DESK", offset, tuple(written))
            for name, offset, written in zip(names, self.clock_offsets, by_station, strict=True)
        ]
        if again:
            files.insert(0, _first_rows(files[0], again))
        return tuple(file for file in files if file.rows)

    def _row(
        self, minute: int, kind: Kind, item: str, patron: str = "", station: int | None = None
    ) -> None:
        place = self.dice.randrange(3) if station is None else station
        at = self.began + timedelta(minutes=minute)
        self.rows.append((place, CapturedRow(kind, at, item, patron)))
        self.told += 1

    def _patron(self, **fields: Any) -> Patron:
        n = len(self.world.patrons) + 1
        known_as = {"BARCODE": f"21880{n:04d}7731", "EMAIL": f"Kestrel{n}@calder.example"}
        known_as |= fields.pop("identifiers", {})
        name = f"Kestrelwood{n}"
        patron = Patron(f"zora.kestrel{n:03d}", known_as, last_name=name, **fields)
        self.world.add_patron(patron)
        return patron

    def _called(self, patron: Patron) -> str:
        """One of the identifiers by which a desk may know the patron."""
        forms = [patron.primary_id, patron.primary_id.upper(), *patron.identifiers.values()]
        return self.dice.choice(forms)

    def _item(self, policy: str = "BOOK") -> Item:
        n = len(self.world.items) + 1
        barcode = f"3188000{n:05d}" if self.dice.random() < 0.7 else f"Lib-{n:05d}x"
        if self.dice.random() < 0.1:
            barcode = self.dice.choice(_ODD_BARCODES).format(n=n)
        item = Item(barcode, self.dice.choice(self.world.libraries).code, f"Title {n}")
        item.policy = policy
        self.world.add_item(item)
        return item

    def _spelled(self, item: Item) -> str:
        return item.barcode.upper() if self.dice.random() < 0.15 else item.barcode

    def _lent_already(self, item: Item, patron: Patron, minute: int) -> None:
        """Alma has the item on loan since ``minute`` minutes after the outage began."""
        since = (self.began + timedelta(minutes=minute)).astimezone(UTC)
        since += timedelta(seconds=self.dice.randrange(60))
        due = since + timedelta(days=28)
        self.world.add_loan(Loan(patron.primary_id, item.barcode, since, due))

    def _circulates(self) -> None:
        self._visits(self.dice.choice([1, 1, 1, 2, 2, 3, 4, 6]))

    def _circulates_much(self) -> None:
        self._visits(self.dice.choice([8, 12, 16]))

    def _visits(self, visits: int) -> None:
        dice, item = self.dice, self._item()
        few = dice.sample(self.patrons, 3)
        minute = dice.randrange(180)
        first, last = minute, minute
        out = dice.random() < 0.5
        for _ in range(visits):
            kind = Kind.RETURN if out == (dice.random() < 0.8) else Kind.LOAN
            out = kind is Kind.LOAN
            patron = self._called(dice.choice(few)) if out else ""
            self._row(minute, kind, self._spelled(item), patron)
            if dice.random() < 0.05:  # the same scan twice
                self._row(minute, kind, item.barcode, patron, self.rows[-1][0])
            last = minute
            minute += dice.choice([0, 0, 1, 1, 2, 3, 7, 15, 40])
        fate = dice.random()
        if fate < 0.35:
            self._lent_already(item, dice.choice(few), -dice.randrange(1, 40_000))
        elif fate < 0.5:
            # A live desk lent it meanwhile: in the middle of these rows, or after them.
            self._lent_already(item, dice.choice(few), dice.randint(first, last + 3))

    def _is_unknown(self) -> None:
        barcode = self.dice.choice(["3199000{n:05d}", 'bad"{n}', "what?{n}"]).format(n=self.told)
        minute = self.dice.randrange(300)
        if self.dice.random() < 0.7:
            self._row(minute, Kind.LOAN, barcode, self._called(self.dice.choice(self.patrons)))
        self._row(minute + 5, Kind.RETURN, barcode)

    def _cannot_be_lent(self) -> None:
        item, minute = self._item("REFERENCE"), self.dice.randrange(300)
        self._row(minute, Kind.LOAN, item.barcode, self._called(self.dice.choice(self.patrons)))
        self._row(minute + 2, Kind.RETURN, item.barcode)

    def _is_lent_to_the_troubled(self) -> None:
        item, minute = self._item(), self.dice.randrange(300)
        patron = self.dice.choice(self.troubled)
        if self.dice.random() < 0.3:
            self._lent_already(item, patron, -500)
        self._row(minute, Kind.LOAN, item.barcode, self._called(patron))
        if self.dice.random() < 0.5:
            self._row(minute + 9, Kind.RETURN, item.barcode)

    def _is_lent_to_nobody_known(self) -> None:
        item, minute = self._item(), self.dice.randrange(300)
        if self.dice.random() < 0.5:
            self._lent_already(item, self.dice.choice(self.patrons), -700)
        self._row(minute, Kind.LOAN, item.barcode, f"29990{self.told:05d}4411")
        if self.dice.random() < 0.5:
            self._row(minute + 4, Kind.RETURN, item.barcode)

    def _lifts_a_limit(self) -> None:
        """A patron at the limit brings a book back, borrows another, and then one too many."""
        limit = self.dice.choice([1, 2])
        patron, minute = self._patron(loan_limit=limit), self.dice.randrange(100)
        called = self.dice.choice([patron.primary_id, *patron.identifiers.values()])
        held = [self._item() for _ in range(limit)]
        for item in held:
            self._lent_already(item, patron, -900)
        self._row(minute, Kind.RETURN, held[0].barcode)
        self._row(minute + 1, Kind.LOAN, self._item().barcode, called)
        self._row(minute + 2, Kind.LOAN, self._item().barcode, called.upper())

    def _is_lent_to_a_slash(self) -> None:
        """An identifier with a slash, which no path of Alma's can hold."""
        slashed = f"dept/{self.told}-5520"
        self._patron(identifiers={"OTHER": slashed})
        item, minute = self._item(), self.dice.randrange(300)
        self._row(minute, Kind.LOAN, item.barcode, slashed)
        self._row(minute + 30, Kind.RETURN, item.barcode)

    def _is_requested(self) -> None:
        item, minute = self._item(), self.dice.randrange(300)
        reader, waiting = self.dice.sample(self.patrons, 2)
        number = self.world.new_id("33")
        self.world.requests.append(Request(waiting.primary_id, item.barcode, "ANNEX", number))
        self._lent_already(item, reader, -800)
        if self.dice.random() < 0.5:
            self._row(minute, Kind.LOAN, item.barcode, self._called(reader))
        self._row(minute + 5, Kind.RETURN, item.barcode)


def _first_rows(file: CapturedFile, rows: int) -> CapturedFile:
    name = file.name.replace(".dat", "-noon.dat")
    return CapturedFile(name, file.library, file.circ_desk, file.clock_offset, file.rows[:rows])
