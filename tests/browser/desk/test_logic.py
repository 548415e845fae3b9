"""Modules of the page by themselves, each against what the rest of the program says of the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from almareplay.sources.identifiers import Scanner, read_identifier
from tests.browser.desk.outage import OPTIONS, Outage, card, item

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# A browser takes its time: proofs beside the suite.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    outage = Outage(tmp_path_factory.mktemp("logic"))
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(outage.address)
    opened.wait_for_selector("html.ready")
    yield opened
    context.close()
    outage.close()


def called(page: Page, module: str, expression: str, argument: Any = None) -> Any:
    """What an expression gives of a module ``m`` and an argument ``a``."""
    script = f"async (a) => {{ const m = await import('/app/{module}.js'); return {expression}; }}"
    return page.evaluate(script, argument)


TYPED = [
    *(item(1), f" {item(1)}\t", f"A{item(1)}B", f"]C1{item(1)}", f"pre{item(1)}suf"),
    *(f"%B{card(1)}^MUSTER/MAX^2512?;{card(1)}=2512?", f";{card(1)}=99?", "JDOE-17", "a.b@c.de"),
    *("u 17", "\u200b34880001\u200b", "\ufeff348800012", "BK/2019:77"),
]


@pytest.mark.parametrize("typed", TYPED)
def test_codes_are_read_as_captures_are(page: Page, typed: str) -> None:
    options = OPTIONS | {"scanner_prefix": "pre", "scanner_suffix": "suf"}
    found = called(
        page, "codes", "m.codeIn(a.typed, a.options)", {"typed": typed, "options": options}
    )
    assert found == {"code": read_identifier(typed, "it", Scanner("pre", "suf")).text}


def test_cards_and_items_are_told_apart(page: Page) -> None:
    def kind(code: str, **options: str) -> str:
        argument = {"code": code, "options": OPTIONS | options}
        return str(called(page, "patterns", "m.kindOf(a.code, a.options)", argument))

    patterns = {"card_pattern": r"P\d{4}", "item_pattern": r"\d{6}"}
    assert [kind(each) for each in (card(1), item(1), "1234")] == ["card", "item", "unclear"]
    assert [kind(each, **patterns) for each in ("P1234", "123456", "1234", item(1))] == [
        *("card", "item", "neither", "neither"),
    ]
    assert kind("P1234", card_pattern=r"P\d{4}") == "card"
    assert kind("1234567", card_pattern=r"P\d{4}") == "unclear"
    assert kind(item(1), card_pattern=r"P\d{4}") == "item"
    # A pattern that browsers do not know tells nothing.
    assert kind("P1234", card_pattern=r"(?P<x>P)\d{4}") == "unclear"


def test_hashes_of_the_patron_list(page: Page) -> None:
    digest = hashlib.sha256(b"c0ffee:JD\xc3\x96E7").digest()
    for _ in range(4):
        digest = hashlib.sha256(digest).digest()
    argument = {"salt": "c0ffee", "rounds": 5}
    assert called(page, "patrons", "m.hashOf(' jdöe7 ', a)", argument) == digest.hex()[:32]
    texts = ["x" * length for length in (0, 55, 56, 63, 64, 65, 119, 120, 1000)]
    digests = called(
        page,
        "sha256",
        "a.map((t) => Array.from(m.sha256(new TextEncoder().encode(t))))",
        texts,
    )
    assert [bytes(each) for each in digests] == [
        hashlib.sha256(text.encode()).digest() for text in texts
    ]


@pytest.mark.parametrize(
    ("local", "zone"),
    [
        ("2026-07-01T12:00", "America/Los_Angeles"),
        ("2026-01-05T07:30", "Europe/Berlin"),
        # Twice: the first is meant. Skipped: moved forward.
        ("2026-10-25T02:30", "Europe/Berlin"),
        ("2026-03-29T02:30", "Europe/Berlin"),
        ("2026-11-26T00:00", "Asia/Kathmandu"),
    ],
)
def test_times_that_a_clerk_gives_are_those_of_the_desks_zone(
    page: Page, local: str, zone: str
) -> None:
    wanted = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000
    found = called(page, "zone", "m.momentOf(a.local, a.zone)", {"local": local, "zone": zone})
    assert found == wanted


def test_bar_codes_of_commands(page: Page) -> None:
    widths = called(page, "barcodes", "m.widthsOf('%LOAN')")
    # Start B, five signs, check sign, stop.
    assert len(widths) == 6 * 7 + 7
    signs = [widths[at : at + 6] for at in range(0, 42, 6)]
    assert {sum(sign) for sign in signs} == {11}
    assert signs[0] == [2, 1, 1, 2, 1, 4]
    values = [ord(sign) - 32 for sign in "%LOAN"]
    check = (104 + sum(value * place for place, value in enumerate(values, 1))) % 103
    table = called(page, "barcodes", "Array.from({length: 95}, (_, v) => "
                   "m.widthsOf(String.fromCharCode(v + 32)).slice(6, 12).join(''))")  # fmt: skip
    assert len(set(table)) == 95
    assert "".join(map(str, signs[-1])) == table[check]
    assert ["".join(map(str, sign)) for sign in signs[1:6]] == [table[value] for value in values]


@pytest.mark.parametrize("offset", [-240_000, 0, 90_000])
def test_the_sample_that_came_back_fastest_measures_the_clock(page: Page, offset: int) -> None:
    ways = [800, 40, 2000, 90, 300]
    script = """(() => {
        let now = 1_767_000_000_000;
        const ways = [...a.ways];
        const ask = async () => { const w = ways.shift(); now += w; const s = now + a.offset;
                                  now += w === 40 ? 40 : 5; return s; };
        return m.measuredOffset(ask, () => now);
    })()"""
    found = called(page, "clock", script, {"ways": ways, "offset": offset})
    assert abs(found - offset) <= 45
