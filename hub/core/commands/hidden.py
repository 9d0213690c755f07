"""Commands that no list shows: what platforms call for a person. Knows their arguments; must not know platforms."""

from __future__ import annotations

from hub.core.commands import money, team
from hub.core.commands.desk import Desk
from hub.core.money.wall import use
from hub.core.notices import render, words
from hub.domain.address import ChatKind
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn

LISTED = 5
"""How many conversations stand at home."""


async def home(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`home`: what a person has here, on one page: plan and usage, the model that answers, teams, conversations."""
    here, language = turn.conversation, turn.inbound.sender.language
    current = desk.routing.route(turn)[0].name
    buttons = [use(name, language) for name in desk.routing.admitted(turn) if name != current]
    listed = had = ""
    if turn.inbound.address.kind is ChatKind.PRIVATE:
        used = await money.usage(desk, turn, "")
        mine = await desk.store.teams_of(here.tenant, turn.account.id) if turn.account.teams else ()
        shares = [f"- {team.line(one, language)}" for one in mine]
        had = "\n\n".join(filter(None, (render(used.notice) if used.notice else "", "\n".join(shares))))
        lines = await desk.store.conversations(here.tenant, here.account_id, here.id, LISTED)
        names = [(line, line.title or words("untitled", language)) for line in lines if line.messages]
        listed = "\n".join(f"- {name} ({line.messages})" for line, name in names)
        buttons += [*used.buttons, Button("button_link", "link", "list"), Button("button_settings", "settings")]
        buttons += [Button(name[:40], "chats", f"#{line.id}", translate=False) for line, name in names]
    arguments = {
        "current": current,
        "usage": had,
        "list": listed or words("no_chats", language),
    }
    return Reply(notice=Notice("home", arguments, language), buttons=tuple(buttons))
