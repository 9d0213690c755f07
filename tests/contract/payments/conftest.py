"""A gateway that speaks to a stand-in by the real SDK, and orders to pay."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hub.domain.address import Address
from hub.domain.inbound import Sender
from hub.domain.payment import Goods, Offer, Order, OrderState
from hub.ports.gateway import Checkout, Happening
from providers.payments.stripe import create
from providers.payments.stripe.config import StripeConfig
from providers.payments.stripe.provider import StripeGateway
from providers.payments.stripe.sandbox import StripeSandbox

TOPUP = Offer(Goods.TOPUP, "10", 1_000, "usd", 10_000_000)
PRO = Offer(Goods.PLAN, "pro", 2_000, "usd", interval="month")

_numbers = itertools.count(1)


@pytest.fixture
async def stripe() -> AsyncIterator[StripeSandbox]:
    async with StripeSandbox() as sandbox:
        yield sandbox


def config_for(stripe: StripeSandbox, **changes: Any) -> StripeConfig:
    return StripeConfig(**{"secret_key": stripe.secret_key, "webhook_secret": stripe.webhook_secret,
                           "api_base": stripe.url, "timeout": 5.0, **changes})  # fmt: skip


@pytest.fixture
async def gateway(stripe: StripeSandbox) -> AsyncIterator[StripeGateway]:
    made = create(config_for(stripe))
    yield made
    await made.close()


def checkout(offer: Offer = TOPUP, **changes: Any) -> Checkout:
    """A wish to pay that nobody had before."""
    number = next(_numbers)
    order = Order(
        number, 1, 3, Address(1, "web", "site", "chat"), Sender("ann", "Ann", "de"), offer.goods, offer.name, "stripe",
        OrderState.OPEN, 0,
    )  # fmt: skip
    given = {"order": order, "offer": offer, "title": "Ten dollars", "key": f"key-{number}", "customer": "",
             "back": "https://hub.example/back", "away": "https://hub.example/away", "language": "de"}  # fmt: skip
    return Checkout(**(given | changes))


def about(kind: str, object_: str) -> Happening:
    return Happening("evt", kind, object_, 0)
