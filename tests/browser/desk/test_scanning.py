"""Scanning at a desk: loans and returns, questions, what is refused, what is taken back."""

from __future__ import annotations

import re

import pytest

from tests.browser.desk.conftest import Desk
from tests.browser.desk.outage import CARD, Outage, all_sent, card, item, paired, said, scan

# A browser takes its time: proofs beside the suite.
pytestmark = pytest.mark.slow


def test_keys_find_the_field_from_wherever_the_focus_is(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    desk.focus("#tool-help")
    scan(desk, CARD)
    said(desk, "ready", "card read")
    desk.click("h1")
    scan(desk, item(1))
    said(desk, "saved", item(1))


def test_a_new_card_ends_the_last_patron(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    other = card(2)
    scan(desk, CARD, item(1), other, item(2))
    said(desk, "saved", item(2))
    all_sent(desk)
    assert [each.patron_id for each in outage.events()] == [CARD, other]


def test_without_patterns_a_known_card_is_no_item(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    scan(desk, "JDOE", "BK-1", "%END", "MMUSTER", "BK-2", "JDOE", "BK-3")
    said(desk, "saved", "BK-3")
    all_sent(desk)
    stored = [(each.patron_id, each.item_barcode) for each in outage.events()]
    assert stored == [("JDOE", "BK-1"), ("MMUSTER", "BK-2"), ("JDOE", "BK-3")]


def test_a_book_before_the_card_is_asked_about_and_scans_wait(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    scan(desk, item(1))
    said(desk, "warning", "looks like an item")
    assert item(1) in desk.inner_text("#question-words")
    scan(desk, item(2))
    said(desk, "refused", "Answer the question")
    scan(desk, "n")
    said(desk, "refused", "Nothing was saved")
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    all_sent(desk)
    assert outage.items() == [item(1)]


def test_a_card_among_returns_is_asked_about(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    scan(desk, "%RETURN", CARD, "%YES")
    said(desk, "saved", CARD)
    all_sent(desk)
    assert [(each.kind, each.item_barcode) for each in outage.events()] == [("return", CARD)]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("x1", "Too short"),
        ("3488000050001234880000500012348800005000123", "Too long"),
        ("3488<b>0001", "characters that no code has"),
        ("3488 “0001”", "characters that no code has"),
        ("%E?", "stripe"),
        ("à&é'(-è_çà", "countries"),
    ],
)
def test_what_is_no_code_is_refused(outage: Outage, opened: Desk, typed: str, words: str) -> None:
    desk = paired(opened(outage.address), outage)
    desk.keyboard.press("F4")
    said(desk, "ready", "Returns")
    desk.fill("#field", typed)
    desk.keyboard.press("Enter")
    said(desk, "refused", words)
    assert desk.locator("#scans li").count() == 0


def test_ten_thousand_characters_and_markup_are_only_text(outage: Outage, opened: Desk) -> None:
    desk = opened(outage.address)
    paired(desk, outage, name="<img src=x onerror=alert(1)>")
    desk.fill("#field", "3" * 10_000)
    desk.keyboard.press("Enter")
    said(desk, "refused", "Too long")
    assert "<img src=x" in desk.inner_text("#where")
    assert desk.locator("img").count() == 0


def test_undo_and_void_are_events_of_their_own(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    scan(desk, CARD, item(1), item(2), item(3))
    desk.keyboard.press("F9")
    said(desk, "ready", item(3))
    desk.get_by_role("button", name=f"Void {item(1)}").click()
    desk.get_by_label("Wrong card").check()
    desk.get_by_role("dialog").get_by_role("button", name="Void").click()
    said(desk, "ready", f"Voided: {item(1)}")
    all_sent(desk)
    stored = outage.events()
    assert [each.event for each in stored] == ["scan"] * 3 + ["void"] * 2
    by_id = {each.id: each.item_barcode for each in stored}
    assert [(by_id[each.voids], each.reason) for each in stored[3:]] == [
        (item(3), "undone"),
        (item(1), "wrong card"),
    ]
    desk.keyboard.press("F9")
    said(desk, "ready", item(2))
    desk.keyboard.press("F9")
    said(desk, "refused", "nothing to take back")


def test_the_same_book_twice_is_saved_with_a_warning(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    annex = paired(opened(outage.address), outage, name="Annex")
    scan(desk, "%RETURN", item(1), item(1))
    said(desk, "warning", "returned already")
    all_sent(desk)
    scan(annex, "%RETURN", item(1))
    said(annex, "warning", "Front desk")
    assert len(outage.items()) == 2
    assert outage.items("Annex") == [item(1)]


def test_the_timeout_ends_the_patron(opened: Desk, outage: Outage) -> None:
    desk = opened(outage.address)
    desk.clock.install()
    paired(desk, outage)
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    desk.clock.fast_forward(119_000)
    assert desk.inner_text("#patron-id") == CARD
    desk.clock.fast_forward(3_000)
    said(desk, "warning", "ended because nothing was scanned")
    scan(desk, item(2))
    said(desk, "warning", "looks like an item")


def test_a_scan_into_a_dialog_closes_nothing(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    desk.click("#tool-clerk")
    desk.wait_for_selector("dialog[open]")
    scan(desk, item(1))
    # Too fast for fingers, or no letters: either way the dialog stays.
    desk.locator("dialog[open] .problem", has_text=re.compile("dialog|letters")).wait_for()
    desk.get_by_label("Initials").fill("KL")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("dialog[open]", state="detached")
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    all_sent(desk)
    assert [each.clerk for each in outage.events()] == ["KL"]


def test_a_book_drop_has_the_time_that_the_clerk_gives(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    desk.keyboard.press("F4")
    desk.click("#tool-drop")
    desk.get_by_label("Date and time").fill("2026-01-05T07:30")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("dialog[open]", state="detached")
    scan(desk, item(1))
    said(desk, "saved", item(1))
    desk.keyboard.press("F4")
    scan(desk, item(2))
    said(desk, "saved", item(2))
    all_sent(desk)
    dropped, now = outage.events()
    # Half past seven in Berlin, in winter.
    assert (dropped.captured_at, dropped.captured_offset) == (1_767_594_600, 3600)
    assert (dropped.given_time, now.given_time) == (1, 0)
    assert abs(now.captured_at - now.station_time_ms // 1000) <= 1


def test_training_leaves_nothing(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    desk.click("#tool-training")
    desk.wait_for_selector("body[data-training]")
    scan(desk, CARD, item(2))
    said(desk, "saved", item(2))
    assert "TRAINING" in desk.inner_text("#sending")
    desk.click("#tool-training")
    desk.wait_for_selector("body:not([data-training])")
    desk.locator("#scans", has_text=item(1)).wait_for()
    assert desk.locator("#scans li").count() == 1
    scan(desk, CARD, item(3))
    said(desk, "saved", item(3))
    all_sent(desk)
    assert outage.items() == [item(1), item(3)]
    assert [each.sequence for each in outage.events()] == [1, 2]
