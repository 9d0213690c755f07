"""Commands about choices. Knows the models people may choose; must not know providers."""

from __future__ import annotations

from hub.core.commands.desk import Desk
from hub.core.money.bid import spender_of
from hub.core.notices import in_code
from hub.domain.errors import BadCommand, NotAllowed
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn


async def model(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/model`: the models, with a button each; `/model NAME`: remember the choice, here and for new conversations."""
    language = turn.inbound.sender.language
    names = desk.routing.admitted(turn)
    if not argument:
        current = desk.routing.route(turn)[0].name
        listed = "\n".join(f"- **`{name}`**" if name == current else f"- `{name}`" for name in names)
        buttons = tuple(Button(name, "model", name, translate=False) for name in names if name != current)
        return Reply(notice=Notice("models", {"list": listed, "current": current}, language), buttons=buttons)
    if argument not in desk.rules.models:
        nearest = desk.routing.nearest(argument)
        raise BadCommand("unknown_model_near" if nearest else "unknown_model", name=in_code(argument), nearest=nearest)
    if argument not in names:
        plan = desk.meter.plan(spender_of(turn).payer).name
        raise NotAllowed("model_not_on_plan", name=in_code(argument), plan=plan, models=", ".join(names))
    here = turn.conversation
    await desk.store.choose_model(here.tenant, here.account_id, here.id, argument)
    return Reply(notice=Notice("model_chosen", {"name": argument}, language))
