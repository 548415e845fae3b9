"""The least that a desk must do, in every run; the rest are proofs beside the suite."""

from __future__ import annotations

import pytest

from tests.browser.desk.conftest import Desk
from tests.browser.desk.outage import CARD, Outage, all_sent, item, paired, said, scan


def test_as_fast_as_a_scanner_no_key_is_lost_or_mixed(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    lent = [item(number) for number in range(12)]
    back = [item(number) for number in range(20, 26)]
    scan(desk, CARD, *lent)
    desk.keyboard.press("F4")
    scan(desk, *back, end="Tab")
    said(desk, "saved", back[-1])
    all_sent(desk)
    stored = outage.events()
    assert [(each.kind, each.item_barcode) for each in stored] == [
        *(("loan", code) for code in lent),
        *(("return", code) for code in back),
    ]
    assert [each.sequence for each in stored] == [*range(1, 19)]
    assert {each.patron_id for each in stored[:12]} == {CARD}
    assert {each.patron_id for each in stored[12:]} == {""}
    assert desk.evaluate("document.activeElement.id") == "field"


@pytest.mark.slow
def test_the_server_is_away_for_a_while(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    all_sent(desk)
    outage.stop()
    scan(desk, item(2), item(3))
    said(desk, "saved", item(3))
    desk.wait_for_selector("#sending[data-state=down]")
    assert "2 scans kept here" in desk.inner_text("#sending")
    assert desk.title().startswith("(2)")
    outage.start()
    all_sent(desk)
    assert outage.items() == [item(1), item(2), item(3)]
    assert not desk.title().startswith("(")


FULL = """
    const add = IDBObjectStore.prototype.add;
    IDBObjectStore.prototype.add = function (...given) {
        const request = add.apply(this, given);
        if (window.full) this.transaction.abort();
        return request;
    };
    const { start } = OscillatorNode.prototype;
    window.heard = [];
    OscillatorNode.prototype.start = function (at) {
        window.heard.push(this.frequency.value);
        start.call(this, at);
    };
"""


@pytest.mark.slow
def test_what_the_browser_could_not_keep_is_not_called_saved(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address, init_script=FULL), outage)
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    heard = desk.evaluate("window.heard.splice(0)")
    desk.evaluate("window.full = true")
    scan(desk, item(2))
    said(desk, "failed", item(2))
    alarm = desk.evaluate("window.heard")
    assert len(heard) == 2 and len(alarm) == 4 and not set(heard) & set(alarm)
    desk.evaluate("window.full = false")
    scan(desk, item(3))
    said(desk, "saved", item(3))
    all_sent(desk)
    assert outage.items() == [item(1), item(3)]
    # A number that was given to nothing would look like a scan that is missing.
    assert [each.sequence for each in outage.events()] == [1, 2]
