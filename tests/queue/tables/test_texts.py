"""Texts that a database might not hold, or cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from almareplay.outcomes import Outcome, Result
from almareplay.queue.loading.files import CaptureFile, load_file
from almareplay.queue.replaying.attempts import Write, store_intent
from almareplay.queue.replaying.binding import binding_of
from almareplay.queue.replaying.hold import release_hold, take_hold
from almareplay.queue.replaying.journal import store_result
from almareplay.transactions import AlmaInstance, InvalidRow, Reason
from tests.queue.settled import held

if TYPE_CHECKING:
    from tests.queue.conftest import Station

LONG = "n" * 300


def test_a_nul_in_a_capture_is_left_out(station: Station) -> None:
    station.load("12:00 L i\x00tem1 p\x001", file="de\x00sk.dat")
    invalid = InvalidRow(Reason("no_item"), "annex.dat", 1, item_barcode="i\x002")
    load_file(station.queue, station.run, CaptureFile("annex.dat", "00", "x"), [invalid])
    (row,) = station.pending()
    assert (row.item_barcode, row.item_key, row.patron_id) == ("item1", "item1", "p1")
    assert [each.source_file for each in station.report()] == ["desk.dat", "annex.dat"]
    assert "\0" not in str(station.report())
    # Said again without it, it is the same row.
    assert station.load("12:00 L item1 p1", file="again.dat").duplicates == 1


def test_a_nul_in_an_answer_of_alma_is_left_out(station: Station) -> None:
    station.load("12:00 L i1 p1")
    with held(station) as hold:
        answer = Result(Outcome.REFUSED, "40\x001", "no\x00 such", "E\x001", loan_id="\x007")
        store_result(station.queue, hold, 1, answer)
    (row,) = station.report()
    assert (row.alma_code, row.alma_message, row.loan_id) == ("401", "no such", "7")


def test_long_names_are_kept_whole(station: Station) -> None:
    station.run = station.queue.start_run(LONG)
    station.load("12:00 L i1 p1")
    alma = AlmaInstance(LONG, LONG, "production", f"{LONG}.example.org")
    hold = take_hold(station.queue, station.run, alma)
    store_intent(station.queue, hold, 1, Write.LOAN, None)
    release_hold(station.queue, hold)
    assert binding_of(station.queue, station.queue.run(LONG)).alma == alma
