"""`/plan`: what there is, what one has, and how to pay for it. Knows plans, offers, links; must not know a gateway."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.core.commands.desk import Desk
from hub.core.commands.stars import star_buttons
from hub.core.money.amounts import price, until
from hub.core.money.bid import spender_of
from hub.core.money.shop import links, offers
from hub.core.money.stars import running
from hub.core.money.wares import asked, gives, titled
from hub.core.notices import words
from hub.domain.invoice import STARS
from hub.domain.payment import ORDER_MS, Goods, Offer, PaymentLine, Standing, SubscriptionLine
from hub.domain.plan import Plan
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn

RECEIPTS = 3
"""How many payments are listed."""

TOPUP = "topup"
"""`/plan topup`: credit alone."""


async def plan(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/plan`: the plans, what they give and cost, credit, one's own payments, each with the link to pay or change."""
    language, shop, plans = turn.inbound.sender.language, desk.rules.shop, desk.rules.plans
    payer, only_credit = spender_of(turn).payer, argument.strip().lower() == TOPUP
    own = await running(desk.store, payer.tenant, payer.id, desk.meter.now())
    said = [_yours(desk, desk.meter.plan(payer), own, language)]
    in_stars = desk.rules.in_stars(turn.inbound.address.platform)
    if not only_credit:
        listed = "\n".join(f"- {_plan_line(one, language, in_stars=in_stars)}" for one in plans.values())
        said.append(words("plan_offers", language, list=listed))
    if in_stars:
        stars = await star_buttons(desk, turn, plans=not only_credit and not own, topups=True)
        said.append(words("plan_in_stars" if stars else "plan_not_sold", language))
        return _say("\n\n".join(said), language, stars)
    if not shop.is_open or not desk.rules.sells(turn.inbound.address.platform):
        return _say("\n\n".join([*said, words("plan_not_sold", language)]), language)
    for_sale = [one for one in offers(shop, plans) if one.goods is Goods.TOPUP or not only_credit]
    current = {line.plan for line in own}
    # who pays for a plan already changes it at the gateway, which reckons the difference
    wanted = [one for one in for_sale if one.goods is Goods.TOPUP or not current]
    managed = bool(await desk.store.customer_of(payer.tenant, payer.id, shop.gateway))
    goods = [(one.goods, one.name) for one in wanted] + [(Goods.PORTAL, "")] * managed
    urls = await links(desk.store, shop, turn, goods, desk.meter.now()) if goods else []
    labels = [_label(one, language) for one in wanted] + [words("button_manage", language)] * managed
    paid = await desk.store.payments_of(payer.tenant, payer.id, RECEIPTS)
    if receipts := "\n".join(_receipt(line, language) for line in paid if line.receipt):
        said.append(words("plan_receipts", language, list=receipts))
    if urls:
        said.append(words("plan_links_live", language, minutes=ORDER_MS // 60_000))
    buttons: tuple[Button, ...] = ()
    if shop.public_url.startswith("https://"):
        buttons = tuple(Button(label, translate=False, url=url) for label, url in zip(labels, urls, strict=True))
    elif urls:
        said.append("\n".join(f"- [{label}]({url})" for label, url in zip(labels, urls, strict=True)))
    return _say("\n\n".join(said), language, buttons)


def _say(text: str, language: str, buttons: tuple[Button, ...] = ()) -> Reply:
    return Reply(notice=Notice("plan", {"text": text}, language), buttons=buttons)


def _yours(desk: Desk, current: Plan, own: tuple[SubscriptionLine, ...], language: str) -> str:
    """The plan one is on, and until when."""
    line = next((one for one in own if one.plan == current.name), None)
    if line is None:
        return words("plan_yours", language, plan=current.name)
    if line.standing is Standing.BEHIND:
        when = until(line.until, desk.meter.now(), language)
        return words("plan_yours_late", language, plan=current.name, when=when)
    when = until(line.ends, desk.meter.now(), language)
    return words("plan_yours_cancels" if line.cancels else "plan_yours_renews", language, plan=current.name, when=when)


def _plan_line(one: Plan, language: str, *, in_stars: bool) -> str:
    coins, currency, interval = (one.stars, STARS, "month") if in_stars else (one.price, one.currency, one.interval)
    if not coins:
        return words("plan_line", language, plan=one.name, gives=gives(one, language))
    cost = asked(coins, currency, interval, language)
    return words("plan_line_price", language, plan=one.name, gives=gives(one, language, interval), price=cost)


def _label(one: Offer, language: str) -> str:
    cost = asked(one.price, one.currency, one.interval, language)
    return words("button_buy", language, title=titled(one, language), price=cost)


def _receipt(line: PaymentLine, language: str) -> str:
    day = datetime.fromtimestamp(line.created / 1000, UTC)
    return f"- [{day:%Y-%m-%d}: {price(line.amount, line.currency, language)}]({line.receipt})"
