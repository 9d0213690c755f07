"""What somebody is told whose question is not covered. Knows every way on that exists; must not know who refused it."""

from __future__ import annotations

from hub.core import metrics
from hub.core.money.amounts import until
from hub.core.money.bid import Spender
from hub.core.money.guard import PERSON, is_guard
from hub.core.money.meter import Meter
from hub.core.notices import words
from hub.core.outcome import RETRY
from hub.core.rules import Rules
from hub.domain.money import Allowance, Refusal
from hub.domain.plan import Plan
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn
from hub.domain.windows import DAY_MS

UPGRADE = Button("button_upgrade", "plan")
TOP_UP = Button("button_top_up", "plan", "topup")


def use(model: str, language: str) -> Button:
    """What chooses a model, among buttons that do something else."""
    return Button(words("button_use", language, name=model), "model", model, translate=False)


async def wall(turn: Turn, refusal: Refusal, spender: Spender, meter: Meter, rules: Rules) -> Reply:
    """The one notice of a turn that is not covered: why, that the question is kept, and what can be done."""
    metrics.UNCOVERED.add(meter.plan(spender.payer).name)
    language, now = turn.inbound.sender.language, meter.now()
    if is_guard(refusal.scope):
        key = "wall_guard_person" if refusal.scope.startswith(PERSON) else "wall_guard"
        tomorrow = until(now - now % DAY_MS + DAY_MS, now, language)
        return Reply(notice=Notice(key, {"when": tomorrow}, language), buttons=(RETRY,))
    if refusal.scope:
        return Reply(notice=Notice("wall_cap", {}, language), buttons=(RETRY,))
    ways, buttons = await _ways(turn, spender, meter, rules)
    listed = "\n".join(f"- {way}" for way in ways) or words("wall_no_way", language)
    plan = meter.plan(spender.payer)
    return Reply(notice=Notice("wall", {"plan": plan.name, "ways": listed}, language), buttons=buttons)


async def _ways(turn: Turn, spender: Spender, meter: Meter, rules: Rules) -> tuple[list[str], tuple[Button, ...]]:
    """What can be done, a line each, and the buttons for it: only what exists here."""
    language, plan = turn.inbound.sender.language, meter.plan(spender.payer)
    ways: list[str] = []
    buttons: list[Button] = []
    platform = turn.inbound.address.platform
    if rules.sells(platform):
        if dearer := _dearer(rules, plan, platform):
            ways.append(words("wall_upgrade", language, plans=", ".join(one.name for one in dearer)))
            buttons.append(UPGRADE)
        if rules.sells_credit(platform):
            ways.append(words("wall_top_up", language))
            buttons.append(TOP_UP)
    allowance = meter.allowance(spender.payer)
    if _comes_again(allowance):
        running = await meter.running(spender.payer)
        ways.append(words("wall_wait", language, when=until(running.ends, meter.now(), language)))
    for name in [name for name, model in rules.models.items() if model.free and plan.admits(name)][:2]:
        ways.append(words("wall_free_model", language, name=name))
        buttons.append(use(name, language))
    return ways, (*buttons, RETRY)


def _dearer(rules: Rules, plan: Plan, platform: str) -> list[Plan]:
    """Plans for sale on `platform` that cost more than `plan`."""
    if rules.in_stars(platform):
        return [one for one in rules.plans.values() if one.stars > plan.stars]
    return [one for one in rules.plans.values() if one.price > plan.price]


def _comes_again(allowance: Allowance) -> bool:
    """Whether waiting helps: a plan without an allowance of its own lives on what is bought."""
    return allowance.amount is None or allowance.amount > 0
