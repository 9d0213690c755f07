"""Stars: a link is made, Telegram asks before anybody pays, what was paid is committed and then acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import telegram
from telegram.request import HTTPXRequest

from adapters.telegram.sandbox.till import NotPaid, Receipt
from hub.domain.errors import NotAllowed, Rejected
from hub.domain.invoice import STARS, Charge, Invoice
from hub.domain.reply import Button, Part
from hub.ports.adapter import Invoices

from .telegram_kit import TelegramKit
from .telegram_spec import answer_faults, call_faults, faults
from .test_telegram_wire import fields

MONTH = Invoice("order:7", "Pro", "The plan Pro, for 30 days.", 500, renewed=True)
ONCE = Invoice("order:8", "Credit", "Credit for 5 dollars.", 250)


@pytest.fixture(params=[TelegramKit.start, TelegramKit.by_webhook], ids=["polling", "webhook"])
async def kit(request: pytest.FixtureRequest) -> AsyncIterator[TelegramKit]:
    make: Callable[[], Awaitable[TelegramKit]] = request.param
    kit = await make()
    yield kit
    described(kit)
    await kit.stop()


def described(kit: TelegramKit) -> None:
    """Everything that went over the wire is as Telegram describes it."""
    for call in kit.platform.calls:
        if "Invoice" in call.method or "Star" in call.method or "Checkout" in call.method:
            assert call_faults(call.method, call.fields, call.files) == []
            assert call.answer is None or answer_faults(call.method, call.answer) == []


async def offered(kit: TelegramKit, invoice: Invoice, label: str = "Buy") -> None:
    """The invoice, under a button in Ann's chat."""
    assert isinstance(kit.adapter, Invoices)
    url = await kit.adapter.invoice(kit.address, invoice)
    await kit.adapter.send(kit.address, Part("For you", (Button(label, url=url, translate=False),)), f"t-{label}")


async def taken(kit: TelegramKit, count: int) -> list[Charge]:
    """What the house has been paid, once it is so many."""
    async with asyncio.timeout(5):
        while len(kit.room.charges) < count:
            await asyncio.sleep(0.005)
    return list(kit.room.charges.values())


async def paid(kit: TelegramKit, invoice: Invoice) -> Receipt:
    """Ann has stars, is offered it, and pays."""
    kit.person.stars = max(kit.person.stars, 10 * invoice.price)
    await offered(kit, invoice)
    return await kit.person.pays("Buy")


async def test_the_house_is_asked_and_then_paid(kit: TelegramKit) -> None:
    kit.person.stars = 600
    receipt_before = kit.room.charges
    assert receipt_before == {}
    await offered(kit, MONTH)
    receipt = await kit.person.pays("Buy")
    assert kit.person.stars == 100
    (charge,) = await taken(kit, 1)
    assert (charge.id, charge.payload, charge.price, charge.currency) == (receipt.id, "order:7", 500, STARS)
    assert charge.address == kit.address
    assert charge.sender.user == str(kit.person.id)
    assert charge.until - charge.at == pytest.approx(30 * 86_400_000, abs=5_000)
    (asked,) = kit.room.asked
    assert (asked.id, asked.payload, asked.price, asked.currency) == ("", "order:7", 500, STARS)
    assert (asked.address, asked.sender) == (charge.address, charge.sender)
    assert kit.room.inbox == [], "a payment is no message"


async def test_nothing_is_paid_unless_the_house_says_yes(kit: TelegramKit) -> None:
    kit.person.stars, kit.person.language = 600, "de"
    await offered(kit, ONCE)
    kit.room.sells = NotAllowed("stars_later")
    with pytest.raises(NotPaid, match="nichts wurde abgebucht"):
        await kit.person.pays("Buy")
    kit.room.sells, kit.room.store_down = None, True
    with pytest.raises(NotPaid, match="nichts wurde abgebucht"):
        await kit.person.pays("Buy")
    kit.room.store_down = False
    assert (kit.person.stars, kit.room.charges) == (600, {})
    await kit.person.pays("Buy")
    assert (await taken(kit, 1))[0].until == 0


async def test_whoever_has_not_enough_pays_nothing_and_nobody_is_asked(kit: TelegramKit) -> None:
    kit.person.stars = 499
    await offered(kit, MONTH)
    with pytest.raises(NotPaid, match="not enough stars"):
        await kit.person.pays("Buy")
    assert kit.room.asked == []


async def test_what_could_not_be_kept_comes_again(kit: TelegramKit) -> None:
    """Between the yes and the payment the store goes down: nothing is acknowledged, and nothing lost or taken twice."""
    kit.person.stars = 600
    await offered(kit, MONTH)
    paying = asyncio.create_task(kit.person.pays("Buy"))
    async with asyncio.timeout(5):
        while not kit.room.asked:
            await asyncio.sleep(0)
    kit.room.store_down = True
    receipt = await paying
    await asyncio.sleep(0.05)
    assert kit.room.charges == {}
    kit.room.store_down = False
    assert [charge.id for charge in await taken(kit, 1)] == [receipt.id]


async def test_a_charge_told_again_is_the_same_charge(kit: TelegramKit) -> None:
    await paid(kit, MONTH)
    (charge,) = await taken(kit, 1)
    await kit.again()
    await kit.says("hello")
    assert list(kit.room.charges.values()) == [charge]


async def test_paid_twice_is_two_charges(kit: TelegramKit) -> None:
    first = await paid(kit, ONCE)
    second = await kit.person.pays("Buy")
    assert [charge.id for charge in await taken(kit, 2)] == [first.id, second.id]
    assert {charge.payload for charge in kit.room.charges.values()} == {"order:8"}


async def test_a_subscription_is_paid_anew_without_a_question(kit: TelegramKit) -> None:
    receipt = await paid(kit, MONTH)
    renewed = kit.platform.till.renew(receipt)
    assert renewed is not None
    _, charge = await taken(kit, 2)
    assert (charge.id, charge.payload) == (renewed.id, "order:7")
    assert charge.until > charge.at
    assert len(kit.room.asked) == 1
    kit.person.stars = 0
    assert kit.platform.till.renew(renewed) is None, "an empty purse ends it"


async def test_stars_go_back_once(kit: TelegramKit) -> None:
    receipt = await paid(kit, ONCE)
    await taken(kit, 1)
    before = kit.person.stars
    await kit.adapter.refund(kit.address, str(kit.person.id), receipt.id)
    await kit.adapter.refund(kit.address, str(kit.person.id), receipt.id)
    assert kit.person.stars == before + 250
    async with asyncio.timeout(5):
        while not kit.room.refunds:
            await asyncio.sleep(0.005)
    assert [(charge.id, charge.price) for charge in kit.room.refunds.values()] == [(receipt.id, 250)]
    with pytest.raises(Rejected, match="CHARGE_NOT_FOUND"):
        await kit.adapter.refund(kit.address, str(kit.person.id), "nobody's")
    with pytest.raises(Rejected, match="no user"):
        await kit.adapter.refund(kit.address, "ann", receipt.id)


async def test_what_no_update_told_is_found_in_the_list(kit: TelegramKit) -> None:
    """More than a page of it; each once, also when it is listed again; and what went back by another hand."""
    till = kit.platform.till
    first = await paid(kit, MONTH)
    await taken(kit, 1)
    till.silent, kit.person.stars = True, 103 * 500
    missed = [till.renew(first) for _ in range(103)]
    assert missed[0] is not None
    await kit.adapter.refund(kit.address, str(kit.person.id), missed[0].id)
    await kit.again_run()
    charges = await taken(kit, 104)
    assert [charge.id for charge in charges[1:]] == [one.id for one in missed if one is not None]
    assert (charges[1].payload, charges[1].address) == ("order:7", kit.address)
    assert charges[1].until - charges[1].at == 30 * 86_400_000
    place = ("telegram", f"stars:{kit.platform.bot.id}")

    async def done(count: int) -> None:
        async with asyncio.timeout(5):
            while not kit.room.notes.get(place, "").startswith(f'{{"done":{count},'):
                await asyncio.sleep(0.005)

    await done(105)
    assert list(kit.room.refunds) == [missed[0].id]
    seen = len(kit.platform.called("getStarTransactions"))
    owner, known = till.transactions[0]
    till.transactions.append((owner, {**known, "amount": 7}))
    till.renew(first)
    await kit.again_run()
    await done(107)
    assert [call.fields["offset"] for call in kit.platform.called("getStarTransactions")[seen:]] == ["104"]
    assert [name for _, name in kit.room.notes if name.startswith("unparsed:")], "what cannot be is put aside"
    del till.transactions[:-1]
    await kit.again_run()
    await done(1)
    assert len(kit.room.charges) == 105


async def test_updates_about_money_are_as_described(kit: TelegramKit) -> None:
    fed: list[object] = []
    feed, put = kit.platform.bot.feed, kit.platform.bot.feed.put
    feed.put = lambda number, update: (fed.append(update), put(number, update))[1]  # type: ignore[method-assign]
    receipt = await paid(kit, MONTH)
    await kit.adapter.refund(kit.address, str(kit.person.id), receipt.id)
    assert len(fed) == 3
    assert [fault for update in fed for fault in faults(update, "Update")] == []
    read = [telegram.Update.de_json(update, None) for update in fed]  # type: ignore[arg-type]
    assert read[0].pre_checkout_query is not None
    assert read[1].message is not None
    assert read[1].message.successful_payment is not None
    assert read[1].message.successful_payment.is_first_recurring
    assert read[2].message is not None
    assert read[2].message.refunded_payment is not None


async def test_the_same_calls_by_the_sdk() -> None:
    kit = await TelegramKit.start()
    try:
        base = kit.platform.url
        request = HTTPXRequest(httpx_kwargs={"trust_env": False})
        async with telegram.Bot(kit.platform.token, f"{base}/bot", f"{base}/file/bot", request=request) as sdk:
            for invoice, period in ((MONTH, 2_592_000), (ONCE, None)):
                prices = [telegram.LabeledPrice(invoice.title, invoice.price)]
                given = (invoice.title, invoice.description, invoice.payload, "XTR", prices, "")
                await kit.adapter.invoice(kit.address, invoice)
                await sdk.create_invoice_link(*given, subscription_period=period)
                ours, theirs = fields(kit, "createInvoiceLink")[-2:]
                assert ours == theirs
            receipt = await paid(kit, ONCE)
            (answer,) = kit.platform.called("answerPreCheckoutQuery")
            with pytest.raises(telegram.error.BadRequest, match="too old"):
                await sdk.answer_pre_checkout_query(answer.fields["pre_checkout_query_id"], ok=True)
            ours, theirs = fields(kit, "answerPreCheckoutQuery")
            assert ours == theirs
            await kit.adapter.refund(kit.address, str(kit.person.id), receipt.id)
            with pytest.raises(telegram.error.BadRequest, match=r"(?i)already_refunded"):
                await sdk.refund_star_payment(kit.person.id, receipt.id)
            ours, theirs = fields(kit, "refundStarPayment")
            assert ours == theirs
    finally:
        described(kit)
        await kit.stop()
