"""The one registry of commands. Knows each command's name, function and manners; must not know what they do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hub.core.commands import choices, conversations, group, hidden, link, money, person, plan, stars, team, turns
from hub.core.commands.desk import Command, Desk, privately
from hub.core.notices import LANGUAGES, in_code, words
from hub.domain.errors import BadCommand
from hub.domain.inbound import Called, Content, Pressed, Said
from hub.domain.reply import Notice, Reply
from hub.domain.turn import Turn
from hub.ports.adapter import MenuCommand
from hub.text.alike import nearest

_TYPED = re.compile(r"/([a-zA-Z_]{1,32})(?:@\w+)?(?:\s+(.*))?$", re.DOTALL)


async def _help(desk: Desk, turn: Turn, argument: str) -> Reply:
    language = turn.inbound.sender.language
    return Reply(notice=Notice("help", {"commands": listed(language)}, language))


def listed(language: str) -> str:
    """Every command that people can type with its line, as CommonMark."""
    return "\n".join(f"- `/{command.name}` {words(command.describe, language)}" for command in COMMANDS.values())


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("help", _help, overtakes=True),
        Command("new", conversations.new, overtakes=True),
        Command("chats", privately("chats", conversations.chats), overtakes=True),
        Command("model", choices.model, overtakes=True),
        Command("stop", turns.stop, overtakes=True),
        Command("retry", turns.retry),
        Command("why", turns.why),
        Command("usage", privately("usage", money.usage), overtakes=True),
        Command("settings", privately("settings", choices.settings), overtakes=True),
        Command("plan", privately("plan", plan.plan), overtakes=True),
        Command("link", link.link, overtakes=True),
        Command("export", privately("export", person.export), overtakes=True),
        Command("forget", privately("forget", person.forget)),
        Command("group", group.group, overtakes=True),
        Command("team", team.team, overtakes=True),
    )
}
"""What people can type."""

HIDDEN: dict[str, Command] = {
    command.name: command
    for command in (
        Command("home", hidden.home, overtakes=True),
        Command("resume", money.resume),
        Command("paysupport", privately("paysupport", stars.paysupport), overtakes=True),
    )
}
"""What platforms call for people; no list shows it."""


def find(name: str) -> Command:
    """The command called `name`. Raises BadCommand that names the nearest one."""
    command = COMMANDS.get(name) or HIDDEN.get(name)
    if command is None:
        raise BadCommand(name=in_code(name), nearest=nearest(name, COMMANDS, least=0.6) or "help")
    return command


def read(content: Content) -> Content:
    """A message that is a typed command call as the call it is: `/model demo`, and `/help@bot` as groups write it."""
    if isinstance(content, Said) and content.text.startswith("/") and (typed := _TYPED.match(content.text.strip())):
        return Called(typed[1].lower(), (typed[2] or "").strip())
    return content


def overtakes(content: Content) -> bool:
    """True for what must not wait behind a running answer; an unknown command need not wait to be told so."""
    if isinstance(content, Called | Pressed):
        command = COMMANDS.get(content.command) or HIDDEN.get(content.command)
        return command is None or command.overtakes
    return False


def menu(models: Iterable[str] = ()) -> list[MenuCommand]:
    """The commands as platforms publish them; `models`: those people may choose."""
    choices = {"model": tuple(models)}
    return [
        MenuCommand(
            command.name,
            {language: words(command.describe, language) for language in LANGUAGES},
            choices.get(command.name, ()),
        )
        for command in COMMANDS.values()
    ]
