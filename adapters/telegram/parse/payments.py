"""Updates about money. Knows which they are; must not know what is sold."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.telegram.parse.read import PLATFORM, Me, address_of, sender_of
from adapters.telegram.wire.stars import INVOICE, Transaction
from adapters.telegram.wire.update import Message, RefundedPayment, SuccessfulPayment, Update
from hub.domain.address import Address
from hub.domain.invoice import STARS, Charge


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody is about to pay, and Telegram waits for our word on the `query`."""

    query: str
    charge: Charge


@dataclass(frozen=True, slots=True)
class Paid:
    """Somebody has paid."""

    charge: Charge


@dataclass(frozen=True, slots=True)
class Refunded:
    """Somebody has their money back."""

    charge: Charge


Payment = Asking | Paid | Refunded


def payment_of(update: Update, me: Me) -> Payment | None:
    """What happened about money, None when it is about something else."""
    if (query := update.pre_checkout_query) is not None:
        # It names no chat; who pays has a private one.
        place = Address(me.tenant, PLATFORM, str(me.id), str(query.sender.id))
        who, currency = sender_of(query.sender), query.currency.lower()
        charge = Charge(place, who, query.invoice_payload, query.total_amount, currency)
        return Asking(query.id, charge)
    message = update.message
    if message is None or message.sender is None:
        return None
    if message.successful_payment is not None:
        return Paid(_charge(message, message.successful_payment, me))
    return Refunded(_charge(message, message.refunded_payment, me)) if message.refunded_payment is not None else None


def listed_payment(one: Transaction, me: Me) -> Paid | Refunded | None:
    """The same from the list of transactions, None for what is no invoice's. It names no chat."""
    partner = one.source or one.receiver
    if partner is None or partner.user is None or partner.transaction_type != INVOICE:
        return None
    place = Address(me.tenant, PLATFORM, str(me.id), str(partner.user.id))
    at = one.date * 1000
    until = at + partner.subscription_period * 1000 if partner.subscription_period else 0
    who, payload = sender_of(partner.user), partner.invoice_payload or ""
    charge = Charge(place, who, payload, one.amount, STARS, one.id, at, until)
    return Paid(charge) if one.source is not None else Refunded(charge)


def _charge(message: Message, told: SuccessfulPayment | RefundedPayment, me: Me) -> Charge:
    assert message.sender is not None
    until = told.subscription_expiration_date if isinstance(told, SuccessfulPayment) else None
    return Charge(
        address_of(message.chat, me, message),
        sender_of(message.sender),
        told.invoice_payload,
        told.total_amount,
        told.currency.lower(),
        told.telegram_payment_charge_id,
        message.date * 1000,
        (until or 0) * 1000,
    )
