"""`/export` and `/forget`: what is held of a person, and its end. Knows what is said; must not know tables."""

from __future__ import annotations

import time
from urllib.parse import quote

from hub.core.commands.desk import Desk
from hub.core.operations.person import LIFE_MS, PATH, Exports
from hub.domain.errors import NotAllowed
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn


async def export(desk: Desk, turn: Turn, argument: str) -> Reply:
    """A link to everything that is held, good for a quarter of an hour."""
    if not desk.rules.public_url:
        raise NotAllowed("export_ask_operator", account=turn.account.id)
    exports = Exports(desk.store, await desk.store.house_secret("export"))
    word = exports.word(turn.account.tenant, turn.account.id, time.time_ns() // 1_000_000)
    link = f"{desk.rules.public_url}{PATH}?word={quote(word)}"
    return _say(turn, Notice("export_offer", {"link": link, "minutes": LIFE_MS // 60_000}))


async def forget(desk: Desk, turn: Turn, argument: str) -> Reply:
    """Asks first; `yes` erases all but this very answer, which goes a little later."""
    plan = await desk.store.has_running_plan(turn.account.tenant, turn.account.id)
    if plan:
        raise NotAllowed("forget_plan_first", plan=plan)
    if argument.strip().lower() == "no":
        return _say(turn, Notice("forget_kept"))
    if argument.strip().lower() != "yes":
        buttons = Button("button_forget", "forget", "yes"), Button("button_cancel", "forget", "no")
        return _say(turn, Notice("forget_sure"), *buttons)
    gone = await desk.store.erase(turn.account.tenant, turn.account.id, keep_turn=turn.id)
    return _say(turn, Notice("forget_done", {"messages": gone.messages, "files": gone.files}))


def _say(turn: Turn, notice: Notice, *buttons: Button) -> Reply:
    return Reply(notice=Notice(notice.key, notice.arguments, turn.inbound.sender.language), buttons=buttons)
