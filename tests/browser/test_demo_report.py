"""The HTML report that the demo writes, in a real browser."""

from __future__ import annotations

import functools

import pytest

from almareplay.cli.main import app
from almareplay.cli.workflows.demos import stand_in
from almareplay.simulator import server
from tests.browser.conftest import Opener

# A browser takes its time: a proof beside the suite.
pytestmark = pytest.mark.slow


# Before there is a browser: the demo needs the thread's event loop for itself.
@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    with pytest.MonkeyPatch.context() as faster:
        faster.setattr(server, "Simulator", functools.partial(server.Simulator, per_second=0))
        faster.setattr(stand_in, "_LATENCY", 0)
        pace = "ALMAREPLAY_REQUESTS_PER_SECOND=500\n"
        faster.setattr(stand_in, "_SETTINGS", stand_in._SETTINGS + pace)
        app.main(["demo", str(folder)], standalone_mode=False)
    return (folder / "report.html").as_uri()


def test_the_report_of_the_demo(address: str, opened: Opener) -> None:
    page = opened(address)
    assert page.inner_text("h1") == (
        "Run 'main': 43 of 52 loans and returns captured between 14 Sep 2026 09:02 and 11:39 "
        "are in Alma or needed no change; 9 rows need somebody."
    )
    assert page.inner_text("#found") == "52 rows, 9 to do"
    assert "24880000199999" in page.inner_text("#patron_not_found")
    page.get_by_label("Item", exact=True).fill("eq-laptop")
    assert page.inner_text("#found") == "4 of 52 rows found, 1 to do"
    assert "the kind is S" in page.inner_text("#invalid")
