"""Stars, told in whatever order: what was given back is over, what was paid later stays, and what has run out can be
bought anew and forgotten."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.core.money.shop import Shop
from hub.core.money.stars import GATEWAY, MONTH_MS, StarTill, payload_of
from hub.core.operations.following import Following
from hub.domain.address import Address
from hub.domain.errors import ForPerson
from hub.domain.inbound import Accepted, Inbound, Said, Sender
from hub.domain.invoice import STARS, Charge
from hub.domain.money import Unit
from hub.domain.payment import DAY_MS, ORDER_MS, Goods, NewOrder, Offer, Seen, Standing, SubscriptionSeen
from storage.store import StoreOn, open_store
from tests.contract.payments.selling import PLANS, now_ms

PRO = Offer(Goods.PLAN, "pro", 500, STARS, interval="month")
NEVER = 2**53
CREDIT = Offer(Goods.TOPUP, "5", 300, STARS, 5_000_000)

_numbers = itertools.count(1)


class Purse:
    """Somebody who pays in Stars."""

    def __init__(self, store: StoreOn) -> None:
        self.store, self.wakes = store, 0
        name = f"{next(_numbers) + 70_000}"
        self.address, self.sender = Address(1, "telegram", "1", name), Sender(name, "Ann", "en")
        following = Following(store, Shop(), PLANS, self._accept, self._told)
        self.till = StarTill(store, lambda: iter((PRO, CREDIT)), following)
        self.account = 0

    async def _accept(self, inbound: Inbound) -> Accepted:
        return await self.store.accept(inbound, overtakes=False, bound=9)

    def _told(self) -> None:
        self.wakes += 1

    async def says(self, text: str) -> None:
        await self.store.accept(
            Inbound(self.address, self.sender, f"e{next(_numbers)}", Said(text)), overtakes=False, bound=9
        )
        self.account = await self.store.account_of(1, "telegram", self.sender.user)

    async def offered(self, offer: Offer, account: int = 0) -> Charge:
        """What would be asked about."""
        await self.says("hi")
        new = NewOrder(
            account or self.account, self.address, self.sender, offer.goods, offer.name, f"d{next(_numbers)}",
            GATEWAY, now_ms() + ORDER_MS,
        )  # fmt: skip
        (order,) = await self.store.make_orders([new], now_ms())
        return Charge(self.address, self.sender, payload_of(order), offer.price, STARS)

    async def charge(self, offer: Offer, account: int = 0) -> Charge:
        """Offered, asked about, and about to be paid."""
        asking = await self.offered(offer, account)
        await self.till.ask(asking)
        return replace(asking, id=f"stx{next(_numbers)}", at=now_ms())

    async def plan(self) -> str:
        found = await self.store.find_account(1, self.account)
        assert found is not None
        return found.plan

    async def free(self) -> int:
        lines = await self.store.balances(1, self.account)
        return next((line.free for line in lines if line.unit is Unit.MICRO), 0)

    async def told(self) -> list[str]:
        items = await self.store.due(["telegram"], now_ms() + 1000, 100)
        return [item.reply.notice.key for item in items if item.reply.notice and item.address == self.address]


@pytest.fixture
async def ann(tmp_path: Path) -> AsyncIterator[Purse]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield Purse(store)
    await store.close()


async def test_what_was_given_back_stays_back_when_its_payment_is_told_later(ann: Purse) -> None:
    charge = await ann.charge(PRO)
    await ann.till.refunded(charge)
    await ann.till.paid(charge)
    assert await ann.plan() == ""
    assert await ann.told() == []
    bought = await ann.charge(CREDIT)
    await ann.till.refunded(bought)
    await ann.till.paid(bought)
    assert await ann.free() == 0


async def test_a_month_given_back_ends_not_the_one_that_was_paid_after_it(ann: Purse) -> None:
    first = await ann.charge(PRO)
    await ann.till.paid(first)
    assert await ann.plan() == "pro"
    assert ann.wakes == 1, "what is told goes out at once"
    renewed = replace(first, id="renewed", at=first.at + MONTH_MS)
    await ann.till.paid(renewed)
    await ann.till.refunded(first)
    assert await ann.plan() == "pro"
    await ann.till.refunded(renewed)
    assert await ann.plan() == ""


async def test_who_pays_for_a_plan_is_asked_for_no_second_one(ann: Purse) -> None:
    """Of two offers that stand in the chat one is paid; or the plan is paid elsewhere, by somebody it was linked to."""
    paid, credit = await ann.charge(PRO), await ann.charge(CREDIT)
    assert await ann.till.paid(paid)
    with pytest.raises(ForPerson, match="stars_has_plan"):
        await ann.charge(PRO)
    assert await ann.till.paid(credit)
    bob = Purse(ann.store)
    await bob.says("hi")
    seen = SubscriptionSeen("sub_1", Standing.ACTIVE, "pro", now_ms(), NEVER, NEVER, account_id=bob.account, alone=True)
    await ann.store.apply_seen(1, "stripe", Seen((), seen), 1, now_ms())
    cy = Purse(ann.store)
    await cy.says("hi")
    offered = await cy.offered(PRO)
    assert await ann.store.merge(1, bob.account, cy.account)
    with pytest.raises(ForPerson, match="stars_has_plan"):
        await cy.till.ask(offered)


async def test_a_month_given_back_after_accounts_were_linked_ends_not_the_later_one(ann: Purse) -> None:
    first = await ann.charge(PRO)
    assert await ann.till.paid(first)
    kept = Purse(ann.store)
    await kept.says("hi")
    assert await ann.store.merge(1, kept.account, ann.account)
    assert await ann.till.paid(replace(first, id="renewed anew", at=first.at + MONTH_MS))
    await ann.till.refunded(first)
    assert await kept.plan() == "pro"


async def test_a_month_told_late_takes_nothing_from_the_one_that_runs(ann: Purse) -> None:
    """Nobody listened when it was paid, and the list of transactions comes after the renewal's own update."""
    first, other = replace(await ann.charge(PRO), at=now_ms() - MONTH_MS), await ann.charge(PRO)
    renewed = replace(first, id="later", at=now_ms())
    assert await ann.till.paid(renewed)
    (running,) = await ann.store.subscriptions_of(1, ann.account)
    assert await ann.till.paid(first)
    assert not await ann.till.paid(first)
    assert await ann.store.subscriptions_of(1, ann.account) == (running,)
    assert len(await ann.store.payments_of(1, ann.account, 9)) == 2
    assert await ann.till.paid(replace(other, at=now_ms() - 2 * MONTH_MS))
    assert await ann.till.refunded(first)
    assert await ann.plan() == "pro"
    assert await ann.store.subscriptions_of(1, ann.account) == (running,)
    assert await ann.till.refunded(renewed)
    assert await ann.plan() == ""


async def test_a_plan_that_was_not_renewed_keeps_nobody_from_being_forgotten(ann: Purse) -> None:
    charge, long_ago = await ann.charge(PRO), replace(await ann.charge(PRO), at=now_ms() - 40 * DAY_MS)
    await ann.till.paid(charge)
    assert await ann.store.has_running_plan(1, ann.account) == "pro"
    await ann.till.refunded(charge)
    await ann.till.paid(long_ago)
    assert await ann.store.has_running_plan(1, ann.account) == ""


async def test_a_payment_for_a_team_names_it(ann: Purse) -> None:
    await ann.says("hi")
    team = await ann.store.create_team(1, "Rowers", ann.account, "k")
    await ann.till.paid(await ann.charge(CREDIT, team))
    items = await ann.store.due(["telegram"], now_ms() + 1000, 100)
    (notice,) = [item.reply.notice for item in items if item.reply.notice]
    assert notice.key == "payment_of_team"
    assert notice.arguments["team"] == "Rowers"
    assert "$5.00" in str(notice.arguments["text"])
