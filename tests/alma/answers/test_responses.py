from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almareplay.alma.answers import fees, institution, patron, responses
from almareplay.alma.answers.responses import ItemIds, ItemState, ScanIn

LOAN: dict[str, Any] = {
    "loan_id": "71",
    "circ_desk": {"value": "FRONT", "desc": "Front desk"},
    "library": {"value": "MAIN", "desc": "Main Library"},
    "user_id": "berta",
    "item_barcode": "B1",
    "due_date": "2026-04-10T18:00:00Z",
    "loan_date": "2026-03-13T17:31:39.800Z",
    "loan_status": "ACTIVE",
    "process_status": "NORMAL",
    "title": "A title",
    "mms_id": "99",
    "item_policy": {"value": None, "description": None},
}


def item(
    process_type: Any = "", base_status: str = "1", info: Any = None, **holding: Any
) -> dict[str, Any]:
    return {
        "bib_data": {"mms_id": "99", "title": "Lichens"},
        "holding_data": {"holding_id": "22", "call_number": "QH 1"} | holding,
        "item_data": {
            "pid": "23",
            "base_status": {"value": base_status},
            "process_type": {"value": process_type, "desc": "In Process"},
            "library": {"value": "MAIN", "desc": "Main Library"},
            "location": {"value": "STACKS", "desc": "Open stacks"},
            "modification_date": "2026-03-13Z",
            "requested": True,
        },
        "additional_info": info,
    }


def test_reads_a_loan() -> None:
    loan = responses.read_loan(LOAN)
    assert loan is not None
    assert (loan.loan_id, loan.user_id, loan.item_barcode) == ("71", "berta", "B1")
    assert (loan.library, loan.circ_desk, loan.title) == ("MAIN", "FRONT", "A title")
    assert loan.loan_date == datetime(2026, 3, 13, 17, 31, 39, 800_000, tzinfo=UTC)
    assert loan.due_date == datetime(2026, 4, 10, 18, tzinfo=UTC)
    assert loan.return_date is None
    assert (loan.loan_status, loan.process_status) == ("ACTIVE", "NORMAL")
    assert (loan.mms_id, loan.last_renew_status) == ("99", "")
    assert loan.body == LOAN
    assert "berta" not in repr(loan)


def test_a_loan_that_is_over_keeps_no_body() -> None:
    loan = responses.read_loan(LOAN | {"return_date": "2026-03-14T17:31:39Z"})
    assert loan is not None
    assert loan.body == {}


@pytest.mark.parametrize("odd", [None, "", "soon", 17, [], {}, True, "9999-12-31T23:59:59-10:00"])
def test_an_odd_field_of_a_loan_is_empty(odd: Any) -> None:
    loan = responses.read_loan({"loan_id": 71, "due_date": odd, "library": odd and [odd]})
    assert loan is not None
    assert (loan.loan_id, loan.due_date, loan.library, loan.user_id) == ("71", None, "", "")


def test_a_time_with_another_zone_or_none_becomes_utc() -> None:
    for written in ("2026-04-10T20:00:00+02:00", "2026-04-10T18:00:00"):
        loan = responses.read_loan(LOAN | {"due_date": written})
        assert loan is not None
        assert loan.due_date == datetime(2026, 4, 10, 18, tzinfo=UTC)


def test_no_loans_only_where_alma_says_so() -> None:
    assert responses.read_loans({"total_record_count": 0}) == ([], 0)
    assert responses.read_loans({"total_record_count": "0", "item_loan": None}) == ([], 0)
    assert responses.read_loans({"item_loan": []}) == ([], None)
    for unclear in ({}, {"total_record_count": 1}, {"item_loan": "x"}, {"item_loan": [None]}):
        assert responses.read_loans(unclear) is None
    assert responses.read_loans({"item_loan": [LOAN, {"user_id": "x"}]}) is None


def test_one_loan_may_stand_without_a_list() -> None:
    read = responses.read_loans({"item_loan": LOAN, "total_record_count": 1})
    assert read is not None
    assert [loan.loan_id for loan in read[0]] == ["71"]


INFO = (
    "Item's destination is: {}. Request/Process Type: {}. Requester: Beispiel, Berta. "
    "Requester ID: P-0815. Place in Queue: 1"
)
NOBODY = (
    "Item's destination is: {}. Request/Process Type: {}. Requester: . Requester ID: . "
    "Place in Queue: 1"
)


@pytest.mark.parametrize(
    ("process_type", "base_status", "info", "destination", "requested"),
    [
        ("", "1", None, "reshelve", False),
        ("", "0", None, "reshelve", False),
        ("HOLDSHELF", "0", INFO.format("On Hold Shelf", "Patron request"), "hold shelf", True),
        (
            "TRANSIT",
            "0",
            INFO.format("St. Mary's Library", "Transit"),
            "transit: St. Mary's Library",
            True,
        ),
        ("TRANSIT", "0", INFO.format("Annex hold shelf", ""), "transit: Annex hold shelf", True),
        ("TRANSIT", "0", NOBODY.format("Annex", "Transit for reshelving"), "transit: Annex", False),
        ("TRANSIT", "0", NOBODY.format("Annex", "Patron item request"), "transit: Annex", True),
        ("TRANSIT", "0", None, "transit", False),
        ("TRANSIT", "0", "Berta Beispiel waits", "transit", False),
        ("TRANSIT", "0", {"odd": 1}, "transit", False),
        ("REQUESTED", "0", INFO.format("Hold Shelf Processing", ""), "hold shelf", True),
        ("REQUESTED", "0", NOBODY.format("Abholregal", ""), "Abholregal", True),
        ("WORK_ORDER_DEPARTMENT", "0", None, "in process", False),
        ("WORK_ORDER_DEPARTMENT", "0", INFO.format("Bindery", "Work order"), "Bindery", False),
    ],
)
def test_says_where_a_scanned_item_must_go_and_not_who_waits(
    process_type: str, base_status: str, info: Any, destination: str, requested: bool
) -> None:
    scan = responses.read_scan_in(item(process_type, base_status, info))
    shelf = ("Lichens", "QH 1", "Open stacks")
    assert scan == ScanIn(destination, process_type, "MAIN", requested, *shelf, item_pid="23")
    assert "Berta" not in repr(scan)
    assert "P-0815" not in repr(scan)


def test_a_scan_without_the_item_says_nothing() -> None:
    assert responses.read_scan_in({"additional_info": INFO}) is None


def test_reads_an_item() -> None:
    assert responses.read_item_ids(item()) == ItemIds("99", "22", "23")
    assert responses.read_item_ids({"item_data": {"pid": "23"}}) is None
    assert responses.read_item_state(item("LOAN", "0")) == ItemState(
        "0", "LOAN", "MAIN", True, "Lichens", "QH 1", "Open stacks", date(2026, 3, 13)
    )
    assert responses.read_item_state({}) is None


def test_a_temporary_item_policy_goes_before_the_permanent_one() -> None:
    lent = item(temp_policy={"value": "RESERVE"}, in_temp_location=False)
    lent["item_data"]["policy"] = {"value": "BOOK", "desc": "Book"}
    for away, policy in ((False, "BOOK"), (True, "RESERVE")):
        lent["holding_data"]["in_temp_location"] = away
        state = responses.read_item_state(lent)
        assert state is not None
        assert state.policy == policy


def test_an_item_is_looked_for_where_it_stands_now() -> None:
    moved = item(
        in_temp_location=True,
        temp_library={"value": "ANNEX", "desc": "Annex"},
        temp_location={"value": "RES", "desc": None},
        temp_call_number="R 7",
    )
    state = responses.read_item_state(moved)
    assert state is not None
    assert (state.call_number, state.location) == ("R 7", "Annex, RES")
    moved["item_data"]["alternative_call_number"] = "R 7 copy 2"
    scan = responses.read_scan_in(moved)
    assert scan is not None
    assert scan.call_number == "R 7 copy 2"


@pytest.mark.parametrize(
    "location",
    [
        "/almaws/v1/bibs/99/holdings/22/items/23",
        "https://api-eu.example/almaws/v1/bibs/99/holdings/22/items/23?view=brief#x",
        "http://elsewhere/bibs/99/holdings/22/items/23/",
    ],
)
def test_reads_the_ids_in_a_location(location: str) -> None:
    assert responses.read_location(location) == ItemIds("99", "22", "23")


@pytest.mark.parametrize("location", ["", "/login", "/bibs/99/holdings/22", "http://[oops/items/1"])
def test_another_location_has_no_ids(location: str) -> None:
    assert responses.read_location(location) is None


@pytest.mark.parametrize(
    ("status", "read"),
    [
        ({"value": "401193;", "desc": "Renewed Successfully"}, "401193;"),
        ({"value": None, "desc": ""}, ""),
        (None, ""),
    ],
)
def test_reads_what_alma_says_of_a_renewal(status: Any, read: str) -> None:
    loan = responses.read_loan(LOAN | {"last_renew_status": status})
    assert loan is not None
    assert loan.last_renew_status == read


@pytest.mark.parametrize(
    "due", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", 1e300]
)
def test_a_time_of_no_century_that_matters_is_none(due: Any) -> None:
    loan = responses.read_loan(LOAN | {"due_date": due})
    assert loan is not None
    assert loan.due_date is None


def test_what_cannot_be_stored_is_left_out_of_texts() -> None:
    loan = responses.read_loan(LOAN | {"title": "A\0 ti\ud800tle", "user_id": 10**5000})
    assert loan is not None
    assert (loan.title, loan.user_id) == ("A ti?tle", "")


NAMES = (
    "loan_id due_date library user_id item_loan total_record_count item_data bib_data pid value "
    "process_type additional_info primary_id status expiry_date user_block user_identifier "
    "institution environment_type circ_desk fee id balance original_amount"
)
names = st.sampled_from(NAMES.split())
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(names, values, max_size=6))
def test_no_body_crashes_a_reader(body: dict[str, Any]) -> None:
    all_of_them = {**vars(responses), **vars(fees), **vars(institution), **vars(patron)}
    readers = [reader for name, reader in all_of_them.items() if name.startswith("read_")]
    results = [read(body) for read in readers if read is not responses.read_location]
    assert len(results) == 11
