"""Mails about payments. Knows what each says; must not know how anybody pays or how mail is sent.

Every one has a key of the payment's own, so that it goes once however often the payment is looked at.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hub.domain.mail import NewMail, Template
from hub.domain.payment import Order, PaymentLine, SubscriptionLine, price_text
from hub.domain.plan import Plan


def receipt(tenant: int, line: PaymentLine, order: Order | None) -> NewMail | None:
    """What was paid, to whoever has an e-mail address; None: nothing was, or nobody is known to have."""
    if not line.paid or not line.account_id or not line.amount or line.odd:
        return None
    told: dict[str, str | int] = {
        "amount": price_text(line.amount, line.currency),
        "what": order.name if order is not None else "Parley",
        "reference": line.object,
        "link": line.receipt,
    }
    return NewMail(f"receipt:{line.gateway}:{line.object}", Template.RECEIPT, told, line.account_id, tenant=tenant)


def renewal(tenant: int, line: SubscriptionLine, plan: Plan | None) -> NewMail | None:
    """That the payment for what goes on has failed; None: nobody is known to pay."""
    if not line.account_id or plan is None:
        return None
    until = datetime.fromtimestamp(line.until / 1000, UTC).strftime("%Y-%m-%d")
    told: dict[str, str | int] = {
        "amount": price_text(plan.price, plan.currency),
        "plan": line.plan,
        "until": until,
    }
    key = f"renewal:{line.gateway}:{line.object}:{line.starts}"
    return NewMail(key, Template.RENEWAL, told, line.account_id, tenant=tenant)
