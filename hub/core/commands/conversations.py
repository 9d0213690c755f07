"""Commands about conversations. Knows a new one, the list, another one; must not know how they are stored."""

from __future__ import annotations

from hub.core.commands.desk import Desk
from hub.core.notices import words
from hub.domain.address import ChatKind
from hub.domain.errors import BadCommand
from hub.domain.reply import Button, Notice, Reply
from hub.domain.turn import Turn

LISTED = 10
"""How many conversations are listed."""


async def new(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/new`: an empty conversation at this address; the former one stays in the list, which groups do not have."""
    address = turn.inbound.address
    await desk.store.new_conversation(turn.conversation.tenant, turn.conversation.id, address)
    key = "new_conversation_group" if address.kind is ChatKind.GROUP else "new_conversation"
    return Reply(notice=Notice(key, {}, turn.inbound.sender.language))


async def chats(desk: Desk, turn: Turn, argument: str) -> Reply:
    """`/chats`: the list, with a button each; `/chats 3`: go on with the third."""
    language = turn.inbound.sender.language
    here = turn.conversation
    lines = await desk.store.conversations(here.tenant, here.account_id, here.id, LISTED)
    if not argument:
        names = [line.title or words("untitled", language) for line in lines]
        listed = "\n".join(
            f"{number}. {'**' + name + '**' if line.current else name} ({line.messages})"
            for number, (line, name) in enumerate(zip(lines, names, strict=True), 1)
        )
        buttons = tuple(
            Button(f"{number}. {name}"[:40], "chats", f"#{line.id}", translate=False)
            for number, (line, name) in enumerate(zip(lines, names, strict=True), 1)
            if not line.current
        )
        return Reply(notice=Notice("chats", {"list": listed}, language), buttons=buttons)
    chosen = _chosen(argument, [line.id for line in lines])
    if not await desk.store.switch_conversation(here.tenant, here.account_id, turn.inbound.address, chosen):
        raise BadCommand("no_such_chat", number=argument)
    title = next((line.title for line in lines if line.id == chosen), "") or words("untitled", language)
    return Reply(notice=Notice("chat_switched", {"title": title}, language))


def _chosen(argument: str, listed: list[int]) -> int:
    """The conversation that `3` (third in the list) or `#17` (a button's id) names; 0 for none."""
    if argument.startswith("#") and argument[1:].isdecimal():
        return int(argument[1:18])
    number = int(argument[:9]) if argument.isdecimal() else 0
    return listed[number - 1] if 1 <= number <= len(listed) else 0
