"""The offline patron list at a desk, and receipts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.desk.conftest import Desk
from tests.browser.desk.outage import CARD, Outage, all_sent, card, item, paired, said, scan

# A browser takes its time: proofs beside the suite.
pytestmark = pytest.mark.slow

BLOCKED, EXPIRED, STRANGER = card(2), card(3), card(4)
SALT = "00112233445566778899aabbccddeeff"


def patron_list() -> dict[str, object]:
    def hashed(patron: str) -> str:
        digest = hashlib.sha256(f"{SALT}:{patron}".encode()).digest()
        for _ in range(9):
            digest = hashlib.sha256(digest).digest()
        return digest.hex()[:32]

    entries = {hashed(CARD): "ok", hashed(BLOCKED): "blocked", hashed(EXPIRED): "expired"}
    made_at = "2026-11-25T18:00:00+00:00"
    return {"made_at": made_at, "salt": SALT, "rounds": 10, "entries": entries}


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[Outage]:
    made = Outage(tmp_path, patrons=patron_list())
    yield made
    made.close()


def test_blocked_expired_and_unknown_patrons_are_decided_by_the_clerk(
    listed: Outage, opened: Desk
) -> None:
    desk = paired(opened(listed.address), listed)
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    listed.stop()
    scan(desk, BLOCKED)
    said(desk, "blocked", "blocked")
    assert "Nov 25, 2026" in desk.inner_text("#question-words")
    # What is scanned before the clerk has decided is lent to nobody.
    scan(desk, item(2))
    said(desk, "refused", "Answer the question")
    scan(desk, "N")
    said(desk, "ready", "decided not to lend")
    scan(desk, EXPIRED)
    said(desk, "blocked", "expired")
    scan(desk, "%YES", item(3))
    said(desk, "saved", item(3))
    scan(desk, STRANGER)
    said(desk, "blocked", "not on the list")
    desk.get_by_role("button", name="Yes, lend").click()
    scan(desk, item(4))
    said(desk, "saved", item(4))
    listed.start()
    all_sent(desk)
    found = [
        (each.patron_id, each.item_barcode, each.patron_standing, each.decision)
        for each in listed.events()
    ]
    assert found == [
        (CARD, item(1), "ok", ""),
        (BLOCKED, "", "blocked", "refused"),
        (EXPIRED, item(3), "expired", "allowed"),
        (STRANGER, item(4), "unknown", "allowed"),
    ]


def test_a_receipt_is_printed_when_the_patron_is_ended(outage: Outage, opened: Desk) -> None:
    desk = opened(outage.address, init_script="window.print = () => { window.printed = true; };")
    paired(desk, outage)
    desk.click("#tool-settings")
    desk.get_by_label("Receipts").select_option("narrow")
    desk.get_by_role("dialog").get_by_role("button", name="OK").click()
    desk.click("#tool-due")
    desk.get_by_role("textbox", name="Date").fill("2099-12-24")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("dialog[open]", state="detached")
    scan(desk, CARD, item(1), item(2), item(3), "%UNDO")
    said(desk, "ready", "Taken back")
    desk.keyboard.press("F8")
    said(desk, "ready", "Patron ended")
    assert desk.evaluate("window.printed") is True
    receipt = desk.locator("#print").text_content() or ""
    assert item(1) in receipt and item(2) in receipt and item(3) not in receipt
    assert "due Dec 24, 2099 (provisional)" in receipt
    # A receipt may be left lying.
    assert CARD not in receipt
    all_sent(desk)
    assert {each.due_date for each in outage.events() if each.event == "scan"} == {"2099-12-24"}
    assert len(re.findall(rb"/Type\s*/Page\b", desk.pdf(prefer_css_page_size=True))) == 1
    scan(desk, "%RETURN", item(7), "%RECEIPT")
    desk.get_by_text("Returned during a system outage").wait_for(state="attached")
    assert item(7) in (desk.locator("#print").text_content() or "")


def test_without_receipts_nothing_is_printed(outage: Outage, opened: Desk) -> None:
    desk = opened(outage.address, init_script="window.print = () => { window.printed = true; };")
    paired(desk, outage)
    scan(desk, CARD, item(1), "%END")
    said(desk, "ready", "Patron ended")
    assert desk.evaluate("window.printed") is None
    desk.click("#tool-commands")
    assert desk.locator("#print svg.barcode").count() == 7
