"""What is for sale, in a person's words. Knows plans, offers and amounts; must not know who buys, or how it is paid."""

from __future__ import annotations

from hub.core.money.amounts import amount, dollars, price
from hub.core.notices import words
from hub.domain.money import Unit
from hub.domain.payment import Goods, Offer
from hub.domain.plan import Period, Plan


def titled(offer: Offer, language: str) -> str:
    """Such as `Plan pro`, or `$5.00 of credit`."""
    if offer.goods is Goods.PLAN:
        return words("title_plan", language, plan=offer.name)
    return words("title_topup", language, amount=dollars(offer.credit, language))


def asked(coins: int, currency: str, interval: str, language: str) -> str:
    """Such as `$20 a month`; `interval` is month, year, or empty for what is paid once."""
    cost = price(coins, currency, language)
    if not interval:
        return cost
    return words("price_a_year" if interval == "year" else "price_a_month", language, price=cost)


def gives(plan: Plan, language: str, interval: str = "") -> str:
    """What is in a plan; how often is said unless that is as often as it is paid, in `interval`."""
    if plan.allowance is None:
        return words("gives_unlimited", language)
    if not plan.allowance:
        return words("gives_nothing", language)
    size = amount(plan.allowance, plan.unit, language)
    if plan.unit is Unit.MICRO:
        size = words("gives_worth", language, amount=size)
    if plan.period is Period.ROLLING:
        return words("gives_rolling", language, amount=size, hours=plan.hours)
    often = "in_it" if plan.period.value == interval else plan.period.value.replace("-", "_")
    return words(f"gives_{often}", language, amount=size)
