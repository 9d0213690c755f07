"""Against a stand-in that this project did not write: localstripe, as far as it reaches (no checkout, no prices)."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from hub.domain.errors import PaymentError
from hub.domain.payment import Standing
from hub.ports.gateway import Happening
from providers.payments.stripe import create
from providers.payments.stripe.config import StripeConfig
from providers.payments.stripe.provider import StripeGateway
from providers.payments.stripe.wire import invoice_seen, subscription_seen
from tests.contract.payments.conftest import about, checkout
from tests.kit.hub import free_port

SECRET = "whsec_localstripe0123456789"


class Elsewhere:
    """A running localstripe, the gateway in front of it, and the webhooks it sent."""

    def __init__(self, url: str) -> None:
        self.url, self.brought = url, list[tuple[str, bytes]]()
        self.gateway: StripeGateway = create(StripeConfig("sk_test_localstripe", SECRET, url, timeout=5.0))

    async def hook(self, request: web.Request) -> web.Response:
        self.brought.append((request.headers.get("Stripe-Signature", ""), await request.read()))
        return web.Response(text="ok")

    async def until(self, count: int) -> list[Happening]:
        """What the first `count` webhooks tell us."""
        async with asyncio.timeout(10):
            while len(self.brought) < count:
                await asyncio.sleep(0.02)
        told = [self.gateway.verify(body, signature, int(time.time() * 1000)) for signature, body in self.brought]
        return [one for one in told if one is not None]


@pytest.fixture
async def elsewhere(tmp_path: Path) -> AsyncIterator[Elsewhere]:
    port = free_port()
    program = Path(sys.executable).parent / "localstripe"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "--port", str(port), "--from-scratch"], cwd=tmp_path, stdout=log, stderr=log, env=dict(os.environ)
        )
    here = Elsewhere(f"http://127.0.0.1:{port}")
    app = web.Application()
    app.router.add_post("/hook", here.hook)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    hook = "http://{}:{}/hook".format(*runner.addresses[0][:2])
    events = ["customer.subscription.created", "customer.subscription.deleted", "invoice.payment_failed"]
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(20):
            while True:
                try:
                    config = {"url": hook, "secret": SECRET, "events": events}
                    await session.post(f"{here.url}/_config/webhooks/ours", json=config)
                    break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)
        yield here
    finally:
        await here.gateway.close()
        await runner.cleanup()
        process.kill()
        process.wait()


async def customer_with_card(v1: Any, number: str) -> str:
    customer = (await v1.customers.create_async({"email": "ann@example.org"})).id
    card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    method = (await v1.payment_methods.create_async({"type": "card", "card": card})).id
    await v1.payment_methods.attach_async(method, {"customer": customer})
    await v1.customers.update_async(customer, {"invoice_settings": {"default_payment_method": method}})
    return str(customer)


async def test_subscriptions_webhooks_and_refusals(elsewhere: Elsewhere) -> None:
    gateway, v1 = elsewhere.gateway, elsewhere.gateway.client.v1
    product = (await v1.products.create_async({"name": "Pro"})).id
    await v1.plans.create_async(
        {"amount": 2_000, "currency": "usd", "interval": "month", "product": product, "id": "pro"}
    )
    notes = {"parley_plan": "pro", "parley_account": "3"}
    items: Any = [{"plan": "pro"}]
    good = await customer_with_card(v1, "4242424242424242")
    bought = (await v1.subscriptions.create_async({"customer": good, "items": items, "metadata": notes})).to_dict()

    (created,) = await elsewhere.until(1)
    assert (created.kind, created.object) == ("customer.subscription.created", bought["id"])
    standing = subscription_seen(bought, {})
    assert (standing.plan, standing.standing, standing.price, standing.account_id) == ("pro", Standing.ACTIVE, 2_000, 3)
    assert (standing.object, standing.customer) == (bought["id"], good)
    assert 28 <= (standing.ends - standing.starts) / 86_400_000 <= 31
    assert subscription_seen(bought, {"pro": "team"}).plan == "team", "a price that the operator named is of that plan"
    invoice = (await v1.invoices.retrieve_async(bought["latest_invoice"])).to_dict()
    payment = invoice_seen(invoice, invoice["charge"], (), 3)
    assert (payment.paid, payment.amount, payment.asked, payment.currency) == (True, 2_000, 2_000, "usd")
    assert (payment.subscription, payment.refunded, payment.customer) == (bought["id"], 0, good)
    await v1.refunds.create_async({"charge": invoice["charge"]["id"], "amount": 500})
    charge = (await v1.charges.retrieve_async(invoice["charge"]["id"])).to_dict()
    assert invoice_seen(invoice, charge, (), 3).refunded == 500

    bad = await customer_with_card(v1, "4000000000000341")
    declined = (await v1.subscriptions.create_async({"customer": bad, "items": items, "metadata": notes})).to_dict()
    assert subscription_seen(declined, {}).standing is Standing.WAITING

    await v1.subscriptions.cancel_async(bought["id"])
    ended = (await v1.subscriptions.retrieve_async(bought["id"])).to_dict()
    assert subscription_seen(ended, {}).standing is Standing.ENDED
    kinds = [one.kind for one in await elsewhere.until(4)]
    assert "customer.subscription.deleted" in kinds

    with pytest.raises(PaymentError):
        await gateway.read(about("invoice.paid", "in_unknown"))
    with pytest.raises(PaymentError):
        await gateway.checkout(checkout())
