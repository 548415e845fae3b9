"""The library of the demo: invented books and patrons that fit the sample captures."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

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

_LENT_TODAY = {"item_barcode": "34880000200055", "library": "MAIN"}
LIVE_DESK = (
    {"action": "return", **_LENT_TODAY},
    {"action": "loan", "patron_id": "lvaldez", **_LENT_TODAY},
)
"""What a desk that is online again does, while the book's earlier return is still in a capture."""

BEFORE_THE_OUTAGE = datetime(2026, 8, 24, 17, 30, tzinfo=UTC)
"""When patrons got what they had when the outage of the sample captures began."""

_TITLES = (
    "Tide Tables for Beginners",
    "The Glassmaker's Almanac",
    "Lichens of the Northern Coast",
    "A Short History of Knots",
    "Bridges, Weirs and Ferries",
    "The Orchard in Winter",
    "Signals and Lanterns",
)
_BOOKS = [f"34880000200{number:03}" for number in (
    14, 22, 30, 48, 55, 63, 71, 89, 97, 105, 113, 121, 139, 147, 154, 162, 170, 188,
)]  # fmt: skip
_HOMES = {"34880000200154": "HARBOR", "34880000200162": "ANNEX", "34880000200188": "ANNEX"}
_EQUIPMENT = ["EQ-CAMERA-03", "EQ-TRIPOD-07", "EQ-LAPTOP-11", "EQ-LAPTOP-12"]
_SCIENCE = ["35226030011207", "35226030011215", "35226030014417", "35226030018848",
            "35226030020109"]  # fmt: skip
_BRANCH = ["34880000300012", "0004417703", "34880000300020", "34880000300038", "34880000300046",
           "34880000300053"]  # fmt: skip

# Who had what when the outage began: patron's barcode, item.
_ON_LOAN = [
    ("24880000100090", "34880000200030"),
    ("24880000100016", "34880000200055"),
    ("24880000100073", "34880000200097"),
    ("24880000100065", "34880000200105"),
    ("24880000100081", "34880000200154"),
    ("24880000100032", "34880000200188"),
    ("24880000100057", "EQ-TRIPOD-07"),
    ("25226000101133", "35226030018848"),
    ("24880000100081", "34880000300020"),
    ("24880000100057", "34880000300053"),
]


def demo_world(loaned_at: datetime = BEFORE_THE_OUTAGE) -> World:
    """The library as it was when Alma went away, for the sample captures on the morning of 14
    September 2026; its patrons have had their books since ``loaned_at`` (aware)."""
    return World(
        institution="01FERNCLIFF_INST",
        institution_name="Ferncliff University",
        timezone="America/Los_Angeles",
        libraries=[
            Library("MAIN", "Main Library"),
            Library("ANNEX", "Annex"),
            Library("MEDIA", "Media Lab"),
            Library("SCI", "Science Library", desks=[Desk("SCI_DESK", "Science desk")]),
            Library("HARBOR", "Harbor Branch", desks=[Desk("HARBOR_DESK", "Harbor desk")]),
        ],
        policies=[Policy("BOOK", days=90), Policy("EQUIPMENT", hours=72)],
        patrons=_patrons(),
        items=_items(),
        loans=[
            Loan(
                patron,
                item,
                loaned_at,
                datetime.now(UTC) + timedelta(days=30),
                library="MAIN",
                circ_desk="DEFAULT_CIRC_DESK",
            )
            for patron, item in _ON_LOAN
        ],
        # Somebody waits for the first book that is returned.
        requests=[Request("lvaldez", "34880000200030", "MAIN")],
    )


def _patrons() -> list[Patron]:
    plain = {
        "hbeaumont": "24880000100016",
        "rcastellan": "24880000100024",
        "jfairweather": "24880000100057",
        "lvaldez": "24880000100065",
        "pquill": "24880000100073",
        "sthornbury": "24880000100081",
        "mwintle": "24880000100090",
        "nokafor": "25226000101133",
        "esato": "25226000101182",
        "fhalloran": "951300472",
        "mlindqvist": "951300811",
    }
    patrons = [Patron(name, {"BARCODE": barcode}) for name, barcode in plain.items()]
    patrons.append(Patron("tamsin.vale", {"BARCODE": "24880000100107"}))
    patrons.append(Patron("obrandt", {"EMAIL": "o.brandt@ferncliff.example"}))
    overdue = Block("LOAN", "Overdue items", note="Two books since spring", scope="MAIN")
    patrons.append(Patron("gpellew", {"BARCODE": "24880000100032"}, blocks=[overdue]))
    patrons.append(Patron("dmarsh", {"BARCODE": "24880000100040"}, expiry_date=date(2026, 6, 30)))
    return patrons


def _items() -> list[Item]:
    barcodes = [
        *((barcode, _HOMES.get(barcode, "MAIN"), "BOOK") for barcode in _BOOKS),
        *((barcode, "MEDIA", "EQUIPMENT") for barcode in _EQUIPMENT),
        *((barcode, "SCI", "BOOK") for barcode in _SCIENCE),
        *((barcode, "HARBOR", "BOOK") for barcode in _BRANCH),
    ]
    return [
        Item(barcode, library, _TITLES[number % len(_TITLES)], policy=policy)
        for number, (barcode, library, policy) in enumerate(barcodes)
    ]
