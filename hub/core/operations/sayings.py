"""What people are told about their payments, where they asked for them. Knows words; must not know how anybody pays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from hub.core.money.amounts import day, dollars
from hub.core.notices import words
from hub.domain.payment import Ending, Order, PaymentLine, Standing, SubscriptionLine
from hub.domain.reply import Button, Notice, Reply

ENDED = "ended"

USAGE = Button("button_usage", "usage")


def about_payment(line: PaymentLine, order: Order | None) -> Reply | None:
    """What changed about credit that was bought; None: there is nobody to tell."""
    if order is None or order.forgotten:
        return None
    language, change = order.sender.language, line.credit - line.told
    if change < 0:
        return Reply(notice=Notice("credit_taken_back", {"amount": dollars(-change, language)}, language))
    key = "credit_given_back" if line.told or line.refunded else "credit_bought"
    receipt = words("receipt_link", language, url=line.receipt) if line.receipt else ""
    arguments = {"amount": dollars(change, language), "receipt": receipt}
    if key == "credit_given_back":
        return Reply(notice=Notice("credit_given_back", {"amount": arguments["amount"]}, language))
    return Reply(notice=Notice("credit_bought", arguments, language), buttons=(USAGE,))


async def about_subscription(
    line: SubscriptionLine,
    ending: Ending | None,
    order: Order | None,
    portal: Callable[[], Awaitable[str]],
    now: int,
) -> tuple[str, Reply | None]:
    """The standing that is told by this, and what is said of it; None: nothing, or nobody."""
    told, plan = line.told, {"plan": line.plan}
    order = None if order is not None and order.forgotten else order
    over = ending is not None or line.standing is Standing.ENDED
    if not line.plan or line.standing is Standing.WAITING or (line.spare and not over):
        return told, None
    language = order.sender.language if order is not None else "en"
    until = {"until": day(line.ends, language)}
    if line.spare:
        state, notice = ENDED, Notice("plan_second", plan, language)
    elif ending is Ending.RETURNED:
        state, notice = ENDED, Notice("plan_returned", plan, language)
    elif line.standing is Standing.ACTIVE:
        key = "plan_active" if not told or told == ENDED else "plan_changed"
        state, notice = f"active:{line.plan}", Notice(key, plan | until, language)
    elif line.standing is Standing.BEHIND:
        state = f"behind:{line.starts}"
        link = await portal() if told != state and order is not None else ""
        notice = Notice("plan_behind", {"plan": line.plan, "until": day(line.until, language), "url": link}, language)
    else:
        state, notice = ENDED, Notice("plan_ended", plan, language)
    if state == told or order is None or (state == ENDED and not told and not line.spare):
        return state, None
    return state, Reply(notice=replace(notice, language=language), buttons=(USAGE,))


def for_team(reply: Reply, team: str) -> Reply:
    """The same about what belongs to a team."""
    notice = reply.notice
    assert notice is not None, "all that is said here are notices"
    text = words(notice.key, notice.language, **notice.arguments)
    return replace(reply, notice=Notice("payment_of_team", {"team": team, "text": text}, notice.language))
