"""Payments are applied by object: order, repetition and concurrency change nothing, on both databases."""

import asyncio
import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.inbound import Said
from hub.domain.money import EntryKind, Unit
from hub.domain.payment import (
    ORDER_MS,
    DisputeRank,
    DisputeSeen,
    Ending,
    Goods,
    NewOrder,
    Offer,
    Order,
    OrderState,
    PaymentSeen,
    Seen,
    Standing,
    SubscriptionSeen,
    remaining_credit,
)
from hub.domain.reply import Notice, Reply
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person

NOW = 1_800_000_000_000
DAY = 86_400_000
PRICE, CREDIT = 1_000, 10_000_000
OFFER = Offer(Goods.TOPUP, "10", PRICE, "usd", CREDIT)
PRO = Offer(Goods.PLAN, "pro", 2_000, "usd", interval="month")

_numbers = itertools.count(1)


async def an_order(store: StoreOn, tenant: int = 1, offer: Offer = OFFER, user: str = "") -> Order:
    """Somebody new who set out to pay."""
    person = Person(store, tenant, user or f"buyer-{next(_numbers)}")
    await person.does(Said("hi"))
    account = await store.account_of(tenant, "web", person.sender.user)
    number = next(_numbers)
    new = NewOrder(
        account, person.address, person.sender, offer.goods, offer.name, f"digest-{number}", "stripe", NOW + ORDER_MS
    )
    (order_id,) = await store.make_orders([new], NOW)
    assert await store.start_order(tenant, order_id, offer, f"cs_{number}", "https://pay.example/1", "", NOW)
    order = await store.order(tenant, order_id)
    assert order is not None
    return order


def paid(order: Order, **changes: Any) -> PaymentSeen:
    """Its checkout as the gateway tells it once it is paid."""
    seen = PaymentSeen(
        order.object, True, order.price, order.price, "usd", order.id, order.account_id, customer="cus_1"
    )
    seen = replace(seen, **changes)
    return replace(seen, disputes=tuple(replace(one, object=f"{one.object}-{order.id}") for one in seen.disputes))


async def free(store: StoreOn, order: Order) -> int:
    """What the buyer can spend."""
    lines = await store.balances(order.tenant, order.account_id)
    return next((line.free for line in lines if line.unit is Unit.MICRO), 0)


async def apply(store: StoreOn, order: Order, seen: PaymentSeen, ticket: int = 1) -> None:
    await store.apply_seen(order.tenant, "stripe", Seen((seen,)), ticket, NOW)


async def agrees(store: StoreOn) -> bool:
    wrong, _ = await store.verify(0, 1000)
    return wrong == ()


@pytest.mark.parametrize("tenant", [1, 2])
async def test_a_paid_checkout_is_credited_once(store: StoreOn, tenant: int) -> None:
    order = await an_order(store, tenant)
    assert await free(store, order) == 0
    for _ in range(3):
        await apply(store, order, paid(order))
    assert await free(store, order) == CREDIT
    again = await store.order(tenant, order.id)
    assert again is not None
    assert again.state is OrderState.PAID
    assert [line.credit for line in await store.payments_of(tenant, order.account_id, 9)] == [CREDIT]
    assert await store.payments_of(3 - tenant, order.account_id, 9) == ()
    assert await store.customer_of(tenant, order.account_id, "stripe") == "cus_1"
    assert await agrees(store)


FACTS = {
    "unpaid": {"paid": False},
    "completed": {},
    "async_succeeded": {},
    "refunded 300": {"refunded": 300},
    "refunded all": {"refunded": PRICE},
    "asked about": {"disputes": (DisputeSeen("du", 400, DisputeRank.INQUIRY),)},
    "disputed": {"disputes": (DisputeSeen("du", 400, DisputeRank.OPEN),)},
    "lost": {"disputes": (DisputeSeen("du", 400, DisputeRank.LOST),)},
    "won": {"disputes": (DisputeSeen("du", 400, DisputeRank.WON),)},
    "second dispute": {"disputes": (DisputeSeen("du2", 600, DisputeRank.OPEN),)},
}
"""What events say, each by itself: a look at the object tells more, and never less than the newest of them."""


def truth(names: list[str]) -> int:
    """The credit that a multiset of facts comes to, told independently of the verb."""
    if not any(name != "unpaid" for name in names):
        return 0
    back = max((300 if name == "refunded 300" else PRICE if name == "refunded all" else 0) for name in names)
    if ("disputed" in names or "lost" in names) and "won" not in names:
        back += 400
    back += 600 if "second dispute" in names else 0
    return remaining_credit(CREDIT, PRICE, back)


async def test_every_order_of_all_facts_comes_to_the_same_balance(store: StoreOn) -> None:
    names = ["completed", "refunded 300", "disputed", "won"]
    seen = set()
    for permutation in itertools.permutations(names):
        order = await an_order(store)
        for ticket, name in enumerate(permutation, 1):
            await apply(store, order, paid(order, **FACTS[name]), ticket)
        seen.add(await free(store, order))
    assert seen == {truth(names)} == {7_000_000}
    assert await agrees(store)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(FACTS)), min_size=1, max_size=8))
async def test_any_multiset_in_any_order_comes_to_the_same_balance(store: StoreOn, names: list[str]) -> None:
    order = await an_order(store)
    for ticket, name in enumerate(names, 1):
        await apply(store, order, paid(order, **FACTS[name]), ticket)
    assert await free(store, order) == truth(names)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(FACTS)), min_size=2, max_size=5))
async def test_fifty_copies_at_once_come_to_the_same_balance(store: StoreOn, names: list[str]) -> None:
    order = await an_order(store)
    looks = [paid(order, **FACTS[names[at % len(names)]]) for at in range(50)]
    await asyncio.gather(*(apply(store, order, seen, at) for at, seen in enumerate(looks, 1)))
    assert await free(store, order) == truth(names)
    lines = await store.entries(order.tenant, order.account_id, 0, 1000)
    assert sum(line.granted - line.used for line in lines) == truth(names)


async def test_credit_that_was_spent_is_owed_and_comes_back(store: StoreOn) -> None:
    order = await an_order(store)
    await apply(store, order, paid(order))
    await store.adjust(order.tenant, order.account_id, Unit.MICRO, -CREDIT, "spent", "as if spent")
    await apply(store, order, paid(order, refunded=PRICE), 2)
    assert await free(store, order) == -CREDIT
    (line,) = await store.balances(order.tenant, order.account_id)
    assert line.beyond == CREDIT
    kinds = [entry.kind for entry in await store.entries(order.tenant, order.account_id, 0, 100)]
    assert kinds[-1] is EntryKind.REFUND
    other = await an_order(store)
    await apply(store, other, paid(other, disputes=(DisputeSeen("du_x", PRICE, DisputeRank.OPEN),)))
    await store.adjust(other.tenant, other.account_id, Unit.MICRO, -5, "spent more", "as if spent")
    assert await free(store, other) == -5
    await apply(store, other, paid(other, disputes=(DisputeSeen("du_x", PRICE, DisputeRank.WON),)), 2)
    assert await free(store, other) == CREDIT - 5
    assert await agrees(store)


@pytest.mark.parametrize(
    "wrong",
    [
        {"asked": PRICE - 1},
        {"asked": PRICE * 100},
        {"currency": "jpy"},
        {"object": "cs_of_somebody_else"},
        {"order_id": 0},
        {"order_id": 999_999},
        {"account_id": 999_999},
        {"account_id": -1},
        {"paid": False},
    ],
    ids=str,
)
async def test_what_is_not_as_ordered_gives_nothing_and_is_seen(store: StoreOn, wrong: dict[str, Any]) -> None:
    order = await an_order(store)
    await apply(store, order, paid(order, **wrong))
    assert await free(store, order) == 0
    assert await store.payments_of(order.tenant, order.account_id, 9) == (), "it may be a stranger's, with a receipt"
    odd = await store.odd_payments(order.tenant, 9)
    assert not odd or await store.customer_of(order.tenant, order.account_id, "stripe") == ""
    assert len(odd) == (0 if wrong == {"paid": False} else 1)
    assert await store.odd_payments(3 - order.tenant, 9) == ()
    still = await store.order(order.tenant, order.id)
    assert still is not None
    assert still.state is OrderState.STARTED


async def test_another_customer_or_price_than_the_orders_gives_nothing(store: StoreOn) -> None:
    first = await an_order(store)
    person = await store.order(1, first.id)
    assert person is not None
    new = NewOrder(first.account_id, first.address, first.sender, Goods.TOPUP, "10", "another", "stripe", NOW)
    (number,) = await store.make_orders([new], NOW)
    named = replace(OFFER, price_id="price_1")
    await store.start_order(1, number, named, "cs_named", "https://pay.example/2", "cus_mine", NOW)
    order = await store.order(1, number)
    assert order is not None
    for wrong in ({"customer": "cus_other"}, {"customer": "cus_mine", "price_id": "price_2"}):
        await apply(store, order, paid(order, **wrong))
        assert await free(store, order) == 0
    await apply(store, order, paid(order, customer="cus_mine", price_id="price_1"))
    assert await free(store, order) == CREDIT


def standing(order: Order, **changes: Any) -> SubscriptionSeen:
    seen = SubscriptionSeen(
        f"sub_{order.id}", Standing.ACTIVE, "pro", NOW, NOW + 30 * DAY, NOW + 35 * DAY, 2_000, order_id=order.id,
        account_id=order.account_id, customer="cus_1",
    )  # fmt: skip
    return replace(seen, **changes)


async def plan_of(database: Database, order: Order) -> tuple[Any, ...]:
    rows = await database.sql(f"SELECT plan, plan_anchor, plan_until FROM accounts WHERE id = {order.account_id}")
    return tuple(rows[0])


async def test_a_subscription_gives_its_plan_and_takes_it_back(database: Database, store: StoreOn) -> None:
    from storage.rows import now_ms

    start = now_ms()
    order = await an_order(store, offer=PRO)
    first = paid(order, subscription=f"sub_{order.id}")
    live = standing(order, starts=start, ends=start + 30 * DAY, until=start + 35 * DAY)

    async def see(what: SubscriptionSeen, ticket: int, *payments: PaymentSeen, at: int = start) -> None:
        await store.apply_seen(1, "stripe", Seen(payments or (first,), what), ticket, at)

    await see(replace(live, standing=Standing.WAITING, until=0), 1, replace(first, paid=False))
    assert (await plan_of(database, order))[0] == ""
    await see(live, 2)
    assert await plan_of(database, order) == ("pro", start, start + 35 * DAY)
    await see(replace(live, standing=Standing.ENDED, until=0), 1)
    assert (await plan_of(database, order))[0] == "pro", "what was seen earlier does not undo what was seen later"
    disputed = replace(first, disputes=(DisputeSeen(f"du_{order.id}", 2_000, DisputeRank.OPEN),))
    await see(live, 3, disputed)
    assert (await plan_of(database, order))[0] == ""
    won = replace(first, disputes=(DisputeSeen(f"du_{order.id}", 2_000, DisputeRank.WON),))
    await see(live, 4, won)
    assert (await plan_of(database, order))[0] == "pro"
    await see(replace(live, plan="enterprise", price=9_000), 5)
    assert (await plan_of(database, order))[0] == "enterprise"
    await see(replace(live, plan="enterprise", standing=Standing.ENDED, until=0), 6)
    assert await plan_of(database, order) == ("", 0, 0)
    assert await store.subscriptions_of(1, order.account_id) == ()


async def test_a_subscription_whose_first_payment_was_not_as_ordered_gives_no_plan(
    database: Database, store: StoreOn
) -> None:
    order = await an_order(store, offer=PRO)
    cheap = paid(order, asked=1, subscription=f"sub_{order.id}")
    await store.apply_seen(1, "stripe", Seen((cheap,), standing(order)), 1, NOW)
    assert (await plan_of(database, order))[0] == ""
    assert await store.customer_of(1, order.account_id, "stripe") == "", "whose page would that be?"


async def test_a_plan_that_an_operator_gave_is_not_taken_by_an_end(database: Database, store: StoreOn) -> None:
    order = await an_order(store, offer=PRO)
    await store.apply_seen(1, "stripe", Seen((paid(order),), standing(order)), 1, NOW)
    await store.set_plan(1, order.account_id, "enterprise", 0, 0)
    await store.apply_seen(1, "stripe", Seen((), standing(order, standing=Standing.ENDED, until=0)), 2, NOW)
    assert (await plan_of(database, order))[0] == "enterprise"


async def test_what_was_given_by_hand_gives_way_to_what_is_bought_after_it_alone(
    database: Database, store: StoreOn
) -> None:
    order = await an_order(store, offer=PRO)
    await store.apply_seen(1, "stripe", Seen((paid(order),), standing(order)), 1, NOW)
    await store.set_plan(1, order.account_id, "pro", 7, 0)
    renewed = standing(order, starts=NOW + 30 * DAY, ends=NOW + 60 * DAY, until=NOW + 65 * DAY)
    for ticket, seen in enumerate((renewed, replace(renewed, standing=Standing.BEHIND)), 2):
        await store.apply_seen(1, "stripe", Seen((), seen), ticket, NOW)
        assert await plan_of(database, order) == ("pro", 7, 0), "the same plan by hand is not the subscription's"
    await store.apply_seen(1, "stripe", Seen((), replace(renewed, standing=Standing.ENDED, until=0)), 4, NOW)
    assert await plan_of(database, order) == ("pro", 7, 0)
    other = replace(standing(order), object="sub_next", plan="enterprise")
    await store.apply_seen(1, "stripe", Seen((), other), 5, NOW)
    assert (await plan_of(database, order))[0] == "enterprise", "what somebody buys is what they are on"


async def test_of_two_subscriptions_that_begin_at_once_one_is_spare(database: Database, store: StoreOn) -> None:
    for _ in range(4):
        order = await an_order(store, offer=PRO)
        both = [replace(standing(order, alone=True), object=f"sub_{name}_{order.id}", order_id=0) for name in "ab"]
        done = await asyncio.gather(
            *(store.apply_seen(1, "stripe", Seen((), seen), ticket, NOW) for ticket, seen in enumerate(both * 3, 1))
        )
        assert {one.ending for one in done} == {None, Ending.SECOND}
        assert len({one.subscription.object for one in done if one.ending and one.subscription}) == 1
        assert len(await store.subscriptions_of(1, order.account_id)) == 1
        assert (await plan_of(database, order))[0] == "pro"


async def test_payments_follow_who_was_joined(database: Database, store: StoreOn) -> None:
    order = await an_order(store)
    keeper = await an_order(store)
    assert await store.merge(1, keeper.account_id, order.account_id)
    await apply(store, order, paid(order))
    moved = await store.order(1, keeper.id)
    assert moved is not None
    assert await free(store, moved) == CREDIT
    assert len(await store.payments_of(1, keeper.account_id, 9)) == 1
    await apply(store, order, paid(order, refunded=PRICE), 2)
    assert await free(store, moved) == 0
    assert await agrees(store)


async def test_an_event_is_dealt_with_once(store: StoreOn) -> None:
    ticket = await store.note_event(1, "stripe", "evt_1", "invoice.paid", "in_1", NOW)
    assert ticket > 0
    assert await store.note_event(1, "stripe", "evt_1", "invoice.paid", "in_1", NOW) == ticket
    assert await store.note_event(2, "stripe", "evt_1", "invoice.paid", "in_1", NOW) > ticket
    assert [row[1:4] for row in await store.open_events(1, "stripe", 0, 9)] == [("evt_1", "invoice.paid", "in_1")]
    await store.end_event(ticket, "")
    assert await store.note_event(1, "stripe", "evt_1", "invoice.paid", "in_1", NOW) == 0
    assert await store.open_events(1, "stripe", 0, 9) == ()
    assert await store.forget_events(NOW, 9) == 0
    assert await store.forget_events(NOW + 1, 9) == 1


async def test_what_is_told_is_told_once(database: Database, store: StoreOn) -> None:
    order = await an_order(store)
    await apply(store, order, paid(order))
    (line,) = await store.payments_of(1, order.account_id, 9)
    reply = Reply(notice=Notice("credit_given_back", {"amount": "$1"}, "de"))
    said = await asyncio.gather(*(store.say_payment(1, line, reply) for _ in range(5)))
    assert sorted(said) == [False, False, False, False, True]
    assert await database.number("SELECT count(*) FROM outbox WHERE state = 'pending'") == 1


async def test_a_link_is_followed_once_and_forgotten_when_nobody_does(store: StoreOn) -> None:
    order = await an_order(store)
    assert not await store.start_order(1, order.id, OFFER, "cs_second", "https://pay.example/3", "", NOW)
    assert order.object != "cs_second"
    found = await store.orders_waiting(1, "stripe", NOW, 0, 9)
    assert [one.id for one in found] == [order.id]
    assert await store.orders_waiting(1, "stripe", NOW + 1, 0, 9) == ()
    await store.end_order(1, order.id)
    assert await store.orders_waiting(1, "stripe", NOW, 0, 9) == ()
    new = NewOrder(order.account_id, order.address, order.sender, Goods.TOPUP, "10", "old", "stripe", NOW)
    await store.make_orders([new], NOW)
    assert await store.find_order("old") is not None
    await store.make_orders([replace(new, digest="new")], NOW + 2 * DAY)
    assert await store.find_order("old") is None
    assert await store.find_order("new") is not None
    begun = await an_order(store)
    late = replace(new, account_id=begun.account_id, address=begun.address, digest="later")
    await store.make_orders([late], NOW + 59 * DAY)
    assert await store.order(1, begun.id) is not None, "its money may still come"
    await store.make_orders([replace(late, digest="last")], NOW + 61 * DAY)
    assert await store.find_order(f"digest-{begun.object.removeprefix('cs_')}") is None
