"""What a scan-in answers and does when all is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from almareplay.simulator.world import Request

if TYPE_CHECKING:
    from tests.simulator.conftest import Alma


class TestScanIn:
    def test_closes_the_loan(self, alma: Alma) -> None:
        item, patron = alma.item(), alma.patron()
        loan_id = alma.lend(patron, item).json()["loan_id"]
        scanned = alma.scan_in(item, register_in_house_use="false").json()
        assert scanned["item_data"]["process_type"]["value"] == ""
        assert scanned["item_data"]["awaiting_reshelving"] is False
        assert scanned["item_data"]["requested"] is None
        assert scanned["additional_info"] == (
            "Item's destination is: Reshelve to STACKS. Request/Process Type: . Requester: . "
            "Requester ID: . Place in Queue: 0"
        )
        effect = alma.effects(item)[-1]
        assert (effect.type, effect.loan_id) == ("return", loan_id)
        assert effect.patron_id == patron.primary_id

    def test_counts_an_in_house_use_unless_told_not_to(self, alma: Alma) -> None:
        item = alma.item()
        alma.scan_in(item, register_in_house_use="false")
        assert (alma.types(item), item.in_house_uses) == (["scan"], 0)
        alma.scan_in(item)
        assert (alma.types(item)[1:], item.in_house_uses) == (["scan", "in_house_use"], 1)

    def test_sends_an_item_of_another_library_home(self, alma: Alma) -> None:
        item = alma.item(library="ANNEX")
        scanned = alma.scan_in(item).json()
        assert scanned["item_data"]["process_type"]["value"] == "TRANSIT"
        assert scanned["item_data"]["base_status"]["value"] == "0"
        assert scanned["additional_info"] == (
            "Item's destination is: Annex Library. Request/Process Type: Transit for reshelving. "
            "Requester: . Requester ID: . Place in Queue: 1"
        )
        home = alma.scan_in(item, library="ANNEX", register_in_house_use="false").json()
        assert home["item_data"]["base_status"]["value"] == "1"

    def test_sends_an_item_on_from_a_desk_that_does_not_reshelve(self, alma: Alma) -> None:
        scanned = alma.scan_in(alma.item(), circ_desk="NO_SHELF").json()
        assert scanned["item_data"]["process_type"]["value"] == "TRANSIT"

    def test_wakes_a_hold(self, alma: Alma) -> None:
        item, reader, waiting = alma.item(), alma.patron(), alma.patron(last_name="Novak")
        request = Request(waiting.primary_id, item.barcode, "MAIN", "33001")
        alma.simulator.world.requests.append(request)
        alma.lend(reader, item)
        processing = alma.scan_in(item).json()
        assert processing["item_data"]["process_type"]["value"] == "REQUESTED"
        shelved = alma.scan_in(item, place_on_hold_shelf="true", request_id="33001").json()
        assert shelved["item_data"]["process_type"]["value"] == "HOLDSHELF"
        assert "On Hold Shelf" in shelved["additional_info"]
        assert f"Requester ID: {waiting.primary_id}." in shelved["additional_info"]
        assert alma.lend(waiting, item).status_code == 200
        assert request not in alma.simulator.world.requests

    def test_sends_a_requested_item_to_its_pickup_library(self, alma: Alma) -> None:
        item, waiting = alma.item(), alma.patron()
        alma.simulator.world.requests.append(Request(waiting.primary_id, item.barcode, "ANNEX"))
        scanned = alma.scan_in(item).json()
        assert scanned["item_data"]["process_type"]["value"] == "TRANSIT"
        assert "destination is: Annex Library." in scanned["additional_info"]

    def test_hands_an_item_to_a_department(self, alma: Alma) -> None:
        item = alma.item()
        params = {"op": "scan", "library": "MAIN", "department": "ACQ_DEPT"}
        scanned = alma.http.post(alma.path(item), params=params).json()
        assert scanned["item_data"]["process_type"]["value"] == "WORK_ORDER_DEPARTMENT"
        done = alma.http.post(alma.path(item), params={**params, "done": "true"}).json()
        assert done["item_data"]["process_type"]["value"] == "TRANSIT"
