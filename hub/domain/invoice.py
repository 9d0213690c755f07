"""Money that a platform itself takes. Knows invoices and charges in its own coin; must not know our prices."""

from __future__ import annotations

from hub.domain.address import Address
from hub.domain.inbound import Sender
from hub.domain.value import dataclass

STARS = "xtr"
"""Currency of Telegram Stars; its smallest coin is one star."""

PAYLOAD_BYTES = 128
"""Most bytes of an invoice's payload (Bot API: createInvoiceLink)."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """What somebody is asked to pay. `payload` is our word for it, and comes back with every charge for it.

    `price` in the platform's own coin. `renewed`: paid anew every 30 days until the person cancels it.
    """

    payload: str
    title: str
    description: str
    price: int
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """Somebody's payment for an invoice, or that they are about to pay (then `id` is empty).

    `address`: their private chat, or where they paid. `id` is the platform's, unique for ever. `price` in the smallest
    coin of `currency`; `at`: when, in milliseconds since 1970; `until`: up to when a renewed one is paid by it, 0: it
    is not renewed.
    """

    address: Address
    sender: Sender
    payload: str
    price: int
    currency: str
    id: str = ""
    at: int = 0
    until: int = 0
