"""The overview for whoever is in charge."""

from __future__ import annotations

import pytest

from tests.browser.desk.conftest import Desk
from tests.browser.desk.outage import CARD, Outage, all_sent, item, paired, said, scan

# A browser takes its time: proofs beside the suite.
pytestmark = pytest.mark.slow


def test_stations_and_what_they_have_not_sent(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    annex = paired(opened(outage.address), outage, name="Annex <b>")
    scan(desk, CARD, item(1), item(2), "%UNDO")
    said(desk, "ready", "Taken back")
    scan(annex, "%RETURN", item(3))
    said(annex, "saved", item(3))
    all_sent(desk)
    all_sent(annex)
    overview = opened(f"{outage.address}/overview", answers=(403,))
    overview.fill("[name=code]", "0000-0000")
    overview.keyboard.press("Enter")
    overview.get_by_text("This is not the code").wait_for()
    overview.fill("[name=code]", outage.capture.code)
    overview.keyboard.press("Enter")
    rows = overview.locator("#stations tr")
    rows.first.wait_for()
    first, second = rows.all_inner_texts()
    assert first.split()[:6] == ["Annex", "<b>", "MAIN/FRONT", "0", "1", "0"]
    assert second.split()[:6] == ["Front", "desk", "MAIN/FRONT", "1", "0", "1"]
    assert overview.locator("#counts dd").all_inner_texts() == ["2", "1", "1", "0"]
    assert overview.locator("#stations .wrong").count() == 0


def test_closing_tells_what_comes_next_and_who_is_still_open(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    all_sent(desk)
    # The annex sends nothing any more.
    annex = paired(opened(outage.address), outage, name="Annex")
    all_sent(annex)
    annex.route("**/api/events", lambda route: route.abort())
    scan(annex, "%RETURN", item(2))
    annex.wait_for_selector("#sending[data-state=down]")
    overview = opened(f"{outage.address}/overview", init_script=_THREE_MINUTES_LATER)
    overview.fill("[name=code]", outage.capture.code)
    overview.keyboard.press("Enter")
    overview.get_by_role("button", name="Close the session").click()
    overview.get_by_role("dialog").get_by_label("Pairing code").fill(outage.capture.code)
    overview.keyboard.press("Enter")
    overview.get_by_role("heading", name="What next").wait_for()
    assert "Wait for these stations" in overview.inner_text("#open-stations")
    assert "Annex" in overview.inner_text("#open-stations")
    assert overview.locator("#steps code").all_inner_texts() == [*outage.capture.next_steps]


# What the server says of the time, as if the stations had been silent since.
_THREE_MINUTES_LATER = """
    const json = Response.prototype.json;
    Response.prototype.json = async function () {
        const said = await json.call(this);
        if (said?.stations) said.now_ms += 180_000;
        return said;
    };
"""
