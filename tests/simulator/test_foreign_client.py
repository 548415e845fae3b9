"""A client that somebody else wrote for live Alma works against the stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import niquests
import pytest
from almapy import AlmaClient
from almapy.exceptions import (
    BarcodeNotFoundError,
    CannotRenewError,
    ItemAlreadyLoanedToUserError,
    LoanBlockedError,
    MMSIdNotFoundError,
    ThresholdError,
    UserNotFoundError,
)

from almareplay.simulator.faults import Fault
from almareplay.simulator.world import Block, Patron

if TYPE_CHECKING:
    from tests.simulator.conftest import Alma


def with_almapy(alma: Alma, work: Callable[[AlmaClient], Awaitable[None]]) -> None:
    async def run() -> None:
        session = niquests.AsyncSession(
            base_url=f"{alma.simulator.url}/almaws/v1", disable_http2=True, disable_http3=True
        )
        async with session:
            await work(AlmaClient("test-key", client=session, retry_attempts=1))

    asyncio.run(run())


def test_an_item_goes_out_and_comes_back(alma: Alma) -> None:
    item, patron = alma.item(library="ANNEX"), alma.patron()

    async def work(client: AlmaClient) -> None:
        found: Any = await client.bibs.get_item(item.barcode)
        ids = (found.bib_data.mms_id, found.holding_data.holding_id, found.item_data.pid)
        assert ids == (item.mms_id, item.holding_id, item.pid)
        user: Any = await client.users.get_user(patron.identifiers["BARCODE"])
        assert user.primary_id == patron.primary_id
        loan: Any = await client.users.loans.create_loan(
            user.primary_id, item.barcode, "FRONT", "MAIN"
        )
        active: Any = await client.bibs.loans.get_loans(*ids)
        assert [one.loan_id for one in active.item_loan] == [loan.loan_id]
        renewed: Any = await client.users.loans.renew_loan(user.primary_id, loan.loan_id)
        assert renewed.loan_date == loan.loan_date
        moved: Any = await client.users.loans.change_loan_due_date(
            user.primary_id, loan.loan_id, "2031-01-02Z"
        )
        assert moved.due_date == "2031-01-02T22:00:00.000Z"
        scanned: Any = await client.bibs.scan_in(*ids, library="MAIN", circ_desk="FRONT")
        assert scanned.item_data.process_type.value == "TRANSIT"
        assert "Annex Library" in scanned.additional_info
        none: Any = await client.bibs.loans.get_loans(*ids)
        assert none.total_record_count == 0
        complete: Any = await client.bibs.loans.get_loans(*ids, loan_status="Complete")
        assert complete.item_loan[0].return_date
        fines: Any = await client.users.fines.get_fines(user.primary_id)
        assert fines.total_sum == 0

    with_almapy(alma, work)
    assert alma.types(item) == ["loan", "renew", "due_date", "return"]


def test_configuration_is_understood(alma: Alma) -> None:
    async def work(client: AlmaClient) -> None:
        desks: Any = await client.config.libraries.get_circ_desks("MAIN")
        assert desks.circ_desk[0].code == "FRONT"

    with_almapy(alma, work)


def test_refusals_are_understood(alma: Alma) -> None:
    item, patron = alma.item(), alma.patron()
    blocked = Patron("blocked", blocks=[Block("Loan", "Overdue items", "See desk", "Calder")])
    alma.simulator.world.add_patron(blocked)

    async def work(client: AlmaClient) -> None:
        loans = client.users.loans
        with pytest.raises(BarcodeNotFoundError) as no_item:
            await client.bibs.get_item("404404")
        assert no_item.value.barcode == "404404"
        with pytest.raises(UserNotFoundError) as no_user:
            await client.users.get_user("nobody")
        assert no_user.value.user_id == "nobody"
        with pytest.raises(LoanBlockedError) as block:
            await loans.create_loan("blocked", item.barcode, "FRONT", "MAIN")
        words = block.value
        assert (words.type, words.description) == ("Loan", "Overdue items")
        assert (words.note, words.scope) == ("See desk", "Calder")
        with pytest.raises(MMSIdNotFoundError) as no_bib:
            await client.bibs.get_item_by_pid("99123456789", item.holding_id, item.pid)
        assert no_bib.value.mms == "99123456789"
        await loans.create_loan(patron.primary_id, item.barcode, "FRONT", "MAIN")
        with pytest.raises(ItemAlreadyLoanedToUserError):
            await loans.create_loan(patron.primary_id, item.barcode, "FRONT", "MAIN")
        loan_id = alma.effects(item)[0].loan_id
        patron.blocks.append(Block("Loan", "Overdue items"))
        with pytest.raises(CannotRenewError):
            await loans.renew_loan(patron.primary_id, loan_id)
        alma.simulator.faults.set([Fault("per_second")])
        with pytest.raises(ThresholdError):
            await client.users.get_user(patron.primary_id)

    with_almapy(alma, work)
