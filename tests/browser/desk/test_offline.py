"""A desk whose server is away, whose network is cut, or whose browser is closed meanwhile: every
scan is in the queue exactly once afterwards, in the desk's order."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from almareplay.capture import files
from tests.browser.conftest import NAMES
from tests.browser.desk.conftest import Desk, watched
from tests.browser.desk.outage import CARD, LIBRARY_HOST, Outage, all_sent, item, paired, said, scan

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route


# A browser takes its time: proofs beside the suite.
pytestmark = pytest.mark.slow


def test_an_answer_that_is_lost_stores_nothing_twice(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    lost: list[dict[str, Any]] = []

    def lose_first(route: Route) -> None:
        # The server has stored it; the desk never hears of that.
        if not lost and (route.request.post_data_json or {}).get("events"):
            lost.append(route.fetch().json())
            route.abort()
        else:
            route.continue_()

    all_sent(desk)
    desk.route("**/api/events", lose_first)
    scan(desk, CARD, item(1), item(2))
    said(desk, "saved", item(2))
    all_sent(desk)
    assert len(lost[0]["stored"]) >= 1
    assert outage.items() == [item(1), item(2)]


def test_the_clock_of_a_station_may_be_wrong(outage: Outage, opened: Desk) -> None:
    four_minutes_slow = "const now = Date.now; Date.now = () => now() - 240_000;"
    desk = opened(outage.address, init_script=four_minutes_slow)
    paired(desk, outage)
    all_sent(desk)
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    all_sent(desk)
    outage.stop()
    scan(desk, item(2))
    said(desk, "saved", item(2))
    outage.start()
    all_sent(desk)
    for event in outage.events():
        assert abs(event.clock_offset_ms - 240_000) < 1_000
        assert abs(event.captured_at * 1000 - (event.station_time_ms + 240_000)) < 2_000
        assert abs((event.received_at.timestamp()) - event.captured_at) < 30


def test_an_event_that_the_server_refuses_holds_up_no_other(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    scan(desk, CARD)
    said(desk, "ready", "card read")
    outage.stop()
    scan(desk, item(1), item(2), item(3))
    said(desk, "saved", item(3))
    desk.evaluate(
        """async () => {
            const { openStore } = await import("/app/store.js");
            const store = await openStore();
            const [, { sequence, event }] = await store.rows("June outage");
            await store.change(new Map([[sequence, { event: { ...event, kind: "gift" } }]]));
        }"""
    )
    outage.start()
    desk.wait_for_selector("#sending[data-state=wrong]")
    assert outage.items() == [item(1), item(3)]
    assert "refused it" in desk.inner_text("#scans")


def test_what_cannot_be_sent_is_saved_as_a_file(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address, accept_downloads=True), outage)
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    all_sent(desk)
    outage.stop()
    scan(desk, item(2), "%RETURN", item(3), item(4), "%UNDO")
    said(desk, "ready", "Taken back")

    def saved(kind: str) -> list[str]:
        desk.click("#tool-export")
        desk.get_by_label(kind).check()
        with desk.expect_download() as download:
            desk.get_by_role("button", name="Save", exact=True).click()
        return Path(download.value.path()).read_bytes().decode().splitlines()

    about, *events = map(json.loads, saved("JSON Lines"))
    assert {**about, "station": ""} == {
        "almareplay_capture": 1,
        "session": "June outage",
        "station": "",
        "name": "Front desk",
        "library": "MAIN",
        "circ_desk": "FRONT",
        "timezone": "Europe/Berlin",
    }
    assert [(each["event"], each["item_barcode"]) for each in events] == [
        *(("scan", item(number)) for number in (2, 3, 4)),
        ("void", ""),
    ]
    loan, back = saved(".dat")
    assert (loan[12:13], loan[13:93].rstrip(), loan[93:]) == ("L", item(2), CARD)
    assert (back[12:13], back[13:93].rstrip(), back[93:]) == ("R", item(3), "")
    outage.start()
    all_sent(desk)
    assert len(outage.events()) == 5


def test_leaving_with_unsent_scans_is_asked_about(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    outage.stop()
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    desk.on("dialog", stay)
    with desk.expect_event("dialog"):
        desk.close(run_before_unload=True)
    assert asked == ["beforeunload"]
    outage.start()
    all_sent(desk)


def test_a_newer_page_is_let_in_by_the_clerk_and_nothing_is_lost(
    outage: Outage, opened: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = paired(opened(outage.address), outage)
    desk.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    outage.stop()
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    monkeypatch.setattr(files, "page_version", lambda: "9.9+newer")
    files.page_files.cache_clear()
    try:
        outage.start()
        all_sent(desk)
        desk.evaluate("navigator.serviceWorker.getRegistration().then((kept) => kept.update())")
        desk.get_by_role("button", name="Load it").click()
        desk.locator("meta[name=version][content='9.9+newer']").wait_for(state="attached")
        desk.wait_for_selector("html.ready")
        desk.locator("#scans", has_text=item(1)).wait_for()
        scan(desk, CARD, item(2))
        said(desk, "saved", item(2))
        all_sent(desk)
        assert outage.items() == [item(1), item(2)]
    finally:
        files.page_files.cache_clear()


def test_scans_of_another_session_are_kept_for_a_file(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    scan(desk, CARD)
    said(desk, "ready")
    desk.evaluate(
        """async () => {
            const { openStore } = await import("/app/store.js");
            const store = await openStore();
            await store.add("May outage", { id: "old", event: "scan", item_barcode: "1" });
        }"""
    )
    desk.reload()
    notice = desk.locator(".notice", has_text="1 scan of the session “May outage” was never sent")
    with desk.expect_download() as download:
        notice.get_by_role("button", name="Save").click()
    about, event = map(json.loads, Path(download.value.path()).read_text("utf-8").splitlines())
    assert (about["session"], event["id"]) == ("May outage", "old")
    notice.get_by_role("button", name="Delete").click()
    desk.get_by_role("dialog").get_by_role("button", name="Delete").click()
    notice.wait_for(state="detached")
    all_sent(desk)
    assert outage.items() == []


def test_without_a_certificate_it_scans_and_says_what_it_cannot(
    outage: Outage, browser: Browser
) -> None:
    rules = f"--host-resolver-rules=MAP {LIBRARY_HOST} 127.0.0.1"
    program = next(filter(None, map(shutil.which, NAMES)))
    insecure = browser.browser_type.launch(executable_path=program, args=["--no-sandbox", rules])
    desk = watched(insecure.new_page(), f"http://{LIBRARY_HOST}:{outage.port}", [])
    assert desk.evaluate("isSecureContext") is False
    paired(desk, outage)
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    all_sent(desk)
    assert "certificate is not installed" in desk.inner_text("#notices")
    insecure.close()
    assert outage.items() == [item(1)]


def test_a_second_window_of_a_station_does_not_scan(outage: Outage, opened: Desk) -> None:
    first = paired(opened(outage.address), outage)
    second = first.context.new_page()
    second.goto(outage.address)
    second.wait_for_selector("body[data-page=elsewhere]")
    scan(second, CARD, item(1))
    first.close()
    second.wait_for_selector("body[data-page=desk]")
    scan(second, CARD, item(2))
    said(second, "saved", item(2))
    all_sent(second)
    assert outage.items() == [item(2)]


def test_closing_the_session_ends_the_desk_and_clears_it(outage: Outage, opened: Desk) -> None:
    desk = paired(opened(outage.address), outage)
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    all_sent(desk)
    with desk.context.expect_page() as opening:
        desk.click("#tool-overview")
    overview = opening.value
    overview.get_by_role("button", name="Close the session").click()
    overview.get_by_role("dialog").get_by_label("Pairing code").fill(outage.capture.code)
    overview.keyboard.press("Enter")
    overview.wait_for_selector("#next:not([hidden])")
    assert "almareplay load --session 'June outage'" in overview.inner_text("#steps")
    desk.bring_to_front()
    scan(desk, item(2))
    desk.wait_for_selector("#field:disabled")
    desk.get_by_text("everything from this station has been sent").wait_for()
    kept = """async () => {
        const { openStore } = await import("/app/store.js");
        return (await (await openStore()).rows("June outage")).length;
    }"""
    assert desk.evaluate(kept) == 0
    assert outage.items() == [item(1), item(2)]


@pytest.fixture
def profile() -> Iterator[list[BrowserContext]]:
    """Browsers that keep what they have when they are closed."""
    opened: list[BrowserContext] = []
    yield opened
    for context in opened:
        context.close()


def browser_of(browser: Browser, folder: Path) -> BrowserContext:
    program = next(filter(None, map(shutil.which, NAMES)))
    return browser.browser_type.launch_persistent_context(
        str(folder), executable_path=program, args=["--no-sandbox"]
    )


def test_the_browser_is_closed_and_opened_while_the_server_is_away(
    outage: Outage, browser: Browser, profile: list[BrowserContext], tmp_path: Path
) -> None:
    def page_in(context: BrowserContext) -> Page:
        profile.append(context)
        return watched(context.pages[0], outage.address, [])

    desk = paired(page_in(browser_of(browser, tmp_path / "profile")), outage)
    desk.evaluate("navigator.serviceWorker.ready")
    scan(desk, CARD, item(1))
    said(desk, "saved", item(1))
    all_sent(desk)
    outage.stop()
    scan(desk, item(2), item(3))
    said(desk, "saved", item(3))
    profile.pop().close()
    desk = page_in(browser_of(browser, tmp_path / "profile"))
    desk.wait_for_selector("#sending[data-state=down]")
    assert "2 scans kept here" in desk.inner_text("#sending")
    # Nobody knows who is at the desk now.
    assert "card" in desk.inner_text("#prompt")
    scan(desk, CARD, item(4))
    said(desk, "saved", item(4))
    outage.start()
    all_sent(desk)
    assert outage.items() == [item(number) for number in (1, 2, 3, 4)]
    assert [each.sequence for each in outage.events()] == [1, 2, 3, 4]
