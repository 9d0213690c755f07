"""Commands that no list shows: what platforms call for a person. Knows their arguments; must not know platforms."""

from __future__ import annotations

from hub.core.commands.desk import Desk
from hub.core.notices import words
from hub.domain.address import ChatKind
from hub.domain.inbound import Inbound
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn
from hub.ports.store import Store

LISTED = 5
"""How many conversations stand at home."""

OPINIONS = {"good": True, "bad": False, "none": None}


async def rate(desk: Desk, turn: Turn, argument: str) -> None:
    """`rate good REF`: what a person thinks of the answer there; about anything else nothing is said."""
    await keep_opinion(desk.store, turn.inbound, argument)


async def keep_opinion(store: Store, inbound: Inbound, argument: str) -> None:
    """Keep `good REF`, `bad REF` or `none REF`, if an answer of ours is shown there."""
    opinion, _, ref = argument.partition(" ")
    if opinion in OPINIONS and ref:
        await store.rate(inbound.address, ref, inbound.sender.user, OPINIONS[opinion])


async def home(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`home`: what a person has here, on one page: the model that answers, their conversations, the commands."""
    here, language = turn.conversation, turn.inbound.sender.language
    current = desk.routing.route(turn)[0].name
    buttons = [Button(name, "model", name, translate=False) for name in desk.rules.models if name != current]
    listed = ""
    if turn.inbound.address.kind is ChatKind.PRIVATE:
        lines = await desk.store.conversations(here.tenant, here.account_id, here.id, LISTED)
        names = [(line, line.title or words("untitled", language)) for line in lines if line.messages]
        listed = "\n".join(f"- {name} ({line.messages})" for line, name in names)
        buttons += [Button(name[:40], "chats", f"#{line.id}", translate=False) for line, name in names]
    arguments = {"current": current, "list": listed or words("no_chats", language), "commands": desk.commands(language)}
    return Reply(notice=Notice("home", arguments, language), buttons=tuple(buttons))
