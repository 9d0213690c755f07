"""Commands about choices. Knows the models and languages people may choose; must not know providers."""

from __future__ import annotations

import logging

from hub.core.commands.desk import Desk
from hub.core.money.bid import spender_of
from hub.core.money.wall import UPGRADE
from hub.core.notices import LANGUAGES, in_code, words
from hub.domain.address import Address
from hub.domain.errors import AdapterError, BadCommand, NotAllowed
from hub.domain.money import Unit
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn
from hub.ports.adapter import OwnMenu

AS_SET = "auto"
"""What stands for the language that a person's platform says."""

log = logging.getLogger("parley.commands")


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


async def settings(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/settings`: what a person can set here, each with its button; `/settings language TAG`: what is spoken."""
    what, _, wanted = argument.partition(" ")
    if what.lower() == "language":
        return await _language(desk, turn, wanted.strip().lower())
    language, chosen = turn.inbound.sender.language, turn.account.speaks
    current, plan = desk.routing.route(turn)[0].name, desk.meter.plan(spender_of(turn).payer)
    buttons = [Button("button_model", "model"), Button("button_language", "settings", "language")]
    buttons += [Button("button_usage", "usage")]
    buttons += [UPGRADE] if desk.rules.sells(turn.inbound.address.platform) else []
    buttons += [Button("button_link", "link", "list")]
    key = "settings_free" if plan.unit is Unit.MICRO and desk.rules.all_free else "settings"
    speaks = words("speaks_chosen", language, name=_named(chosen)) if chosen else words("speaks_as_set", language)
    arguments = {"model": current, "plan": plan.name, "speaks": speaks}
    return Reply(notice=Notice(key, arguments, language), buttons=tuple(buttons))


async def _language(desk: Desk, turn: Turn, wanted: str) -> Reply:
    """Which there are, or that one of them holds from now on, on every platform of the account."""
    language, account = turn.inbound.sender.language, turn.account
    if not wanted:
        others = [one for one in LANGUAGES if one != account.speaks]
        buttons = [Button(_named(one), "settings", f"language {one}", translate=False) for one in others]
        buttons += [Button("button_language_auto", "settings", f"language {AS_SET}")] if account.speaks else []
        listed = "\n".join(f"- `{one}` {_named(one)}" for one in LANGUAGES)
        return Reply(notice=Notice("languages", {"list": listed, "auto": AS_SET}, language), buttons=tuple(buttons))
    chosen = "" if wanted == AS_SET else wanted
    if chosen and chosen not in LANGUAGES:
        raise BadCommand("unknown_language", name=in_code(wanted[:20]), known=", ".join(LANGUAGES), auto=AS_SET)
    await desk.store.choose_language(account.tenant, account.id, chosen)
    await _show_menu(desk, turn.inbound.address, chosen)
    if not chosen:
        return Reply(notice=Notice("language_as_set", {}, language))
    return Reply(notice=Notice("language_chosen", {"name": _named(chosen)}, chosen))


async def _show_menu(desk: Desk, address: Address, language: str) -> None:
    """The menu of commands in that language, where a chat can have its own."""
    from hub.core.commands.registry import menu

    adapter: object = desk.adapters.get(address.platform)
    if isinstance(adapter, OwnMenu):
        try:
            await adapter.publish_at(address, menu(), language)
        except AdapterError as error:
            log.info("the menu of a chat on %s stays as it is: %s", address.platform, error)


def _named(language: str) -> str:
    """A language's name in itself."""
    return words("language_name", language)
