"""Commands about what may be spent. Knows plan, balance and what is for sale; must not know how anybody pays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from hub.core.commands.desk import Desk
from hub.core.money.amounts import amount, bar, counted, day, until
from hub.core.money.bid import price_of, spender_of
from hub.core.money.wall import TOP_UP, UPGRADE
from hub.core.notices import words
from hub.core.prompt import Asked
from hub.domain.completion import Role, Usage
from hub.domain.conversation import Account
from hub.domain.model import Model
from hub.domain.money import Source, Unit, WindowShare
from hub.domain.plan import Period, Plan
from hub.domain.reply import Notice, Reply
from hub.domain.turn import Turn
from hub.domain.usage import UsageLine
from hub.domain.windows import HOUR_MS

LISTED = 3
"""How many models are named with what they took."""

QUESTION = Usage(600, output=300)
"""What a question takes of somebody who has not asked any yet, to say in questions what remains."""

ENOUGH = 100_000
"""Questions beyond which their number tells nothing."""


async def usage(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/usage`: the plan, how much of it is left in everyday words, what took most, and when it begins anew."""
    language, payer = turn.inbound.sender.language, spender_of(turn).payer
    plan, model = desk.meter.plan(payer), desk.routing.route(turn)[0]
    if plan.unit is Unit.MICRO and desk.rules.all_free:
        return Reply(notice=Notice("usage_free_house", {"model": model.name}, language))
    said = [words("usage_plan", language, plan=plan.name)]
    payer = desk.meter.as_paid(payer)
    plan, running = desk.meter.plan(payer), await desk.meter.running(payer)
    used = await desk.store.used(payer.tenant, payer.id, _since(desk, payer, plan, running), desk.meter.now() + 1)
    said += _allowance(desk, plan, running, used, model, language)
    if model.free and plan.unit is Unit.MICRO:
        said.append(words("usage_free_model", language, model=model.name))
    if named := "\n".join(_models(used, language)):
        said.append(words("usage_models", language, list=named))
    if besides := "\n".join([line async for line in _besides(desk, payer, language)]):
        said.append(words("usage_besides", language, list=besides))
    platform = turn.inbound.address.platform
    ways = (UPGRADE,) * desk.rules.sells(platform) + (TOP_UP,) * desk.rules.sells_credit(platform)
    return Reply(notice=Notice("usage", {"text": "\n\n".join(said)}, language), buttons=ways)


def _since(desk: Desk, payer: Account, plan: Plan, running: WindowShare) -> int:
    """When the window began that is running; one that opens with use began its hours before its end."""
    return running.ends - plan.hours * HOUR_MS if plan.period is Period.ROLLING else desk.meter.window(payer).begins


def _allowance(
    desk: Desk, plan: Plan, running: WindowShare, used: Sequence[UsageLine], model: Model, language: str
) -> Iterator[str]:
    """Bar, what is left, and when it begins anew."""
    if plan.allowance is None:
        yield words("usage_unlimited", language, used=amount(running.used, plan.unit, language))
        return
    if not plan.allowance:
        yield words("usage_prepaid", language)
        return
    left = max(0, running.amount - running.used)
    yield bar(running.used, running.amount)
    remains = words(
        "usage_left", language, left=amount(left, plan.unit, language), all=amount(running.amount, plan.unit, language)
    )
    questions = left // max(1, _question(plan, used, model, desk.meter.now()))
    if plan.unit is not Unit.MESSAGES and 0 < questions < ENOUGH:
        remains += " " + words("usage_questions", language, count=counted(questions, language))
    yield remains
    yield words("usage_anew", language, when=until(running.ends, desk.meter.now(), language))


def _question(plan: Plan, used: Sequence[UsageLine], model: Model, now: int) -> int:
    """What a question of this person takes on average, in the unit of the plan."""
    mine = [line for line in used if line.unit is plan.unit and line.charged]
    if calls := sum(line.calls for line in mine):
        return sum(line.charged for line in mine) // calls
    if plan.unit is Unit.TOKENS:
        return QUESTION.input + QUESTION.output
    price = price_of(model, now)
    return price.cost(QUESTION) if price else 0


def _models(used: Sequence[UsageLine], language: str) -> Iterator[str]:
    for line in used[:LISTED]:
        cost = amount(line.charged, line.unit, language)
        yield words("usage_model", language, model=line.model, calls=counted(line.calls, language), cost=cost)


async def _besides(desk: Desk, payer: Account, language: str) -> AsyncIterator[str]:
    """What was bought or given and is not spent yet."""
    for line in await desk.store.balances(payer.tenant, payer.id):
        kept = [grant for grant in line.grants if grant.source is not Source.PLAN and grant.left]
        for expires in sorted({grant.expires for grant in kept}):
            left = amount(sum(grant.left for grant in kept if grant.expires == expires), line.unit, language)
            yield "- " + (words("usage_expires", language, left=left, day=day(expires, language)) if expires else left)


async def resume(desk: Desk, turn: Turn, argument: str) -> Asked | None:
    """`resume`: ask the last question anew if it has no answer; called for a person once it can be paid for."""
    last = await desk.store.last_exchange(turn.conversation.id)
    if len(last) != 1 or last[0].role is not Role.USER:
        return None
    return Asked(last[0].text, last[0].attachments, (last[0].id,))
