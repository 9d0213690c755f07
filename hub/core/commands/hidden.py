"""Commands that no list shows: what platforms call for a person. Knows their arguments; must not know platforms."""

from __future__ import annotations

from hub.core.commands.desk import Desk
from hub.core.notices import words
from hub.domain.address import ChatKind
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn

LISTED = 5
"""How many conversations stand at home."""


async def home(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`home`: what a person has here, on one page: the model that answers, their conversations, the commands."""
    here, language = turn.conversation, turn.inbound.sender.language
    current = desk.routing.route(turn)[0].name
    buttons = [Button(name, "model", name, translate=False) for name in desk.routing.admitted(turn) if name != current]
    listed = ""
    if turn.inbound.address.kind is ChatKind.PRIVATE:
        lines = await desk.store.conversations(here.tenant, here.account_id, here.id, LISTED)
        names = [(line, line.title or words("untitled", language)) for line in lines if line.messages]
        listed = "\n".join(f"- {name} ({line.messages})" for line, name in names)
        buttons += [Button(name[:40], "chats", f"#{line.id}", translate=False) for line, name in names]
    arguments = {"current": current, "list": listed or words("no_chats", language), "commands": desk.commands(language)}
    return Reply(notice=Notice("home", arguments, language), buttons=tuple(buttons))
