"""The commands as Discord's menu. Knows its fields and languages; must not know what a command does.

`commands` makes the JSON that is published: every command of the house, `/ask` for places where we cannot read along,
and the entry in a message's own menu. Everything can be installed on a server or by one person, and used everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from adapters.discord.parse.inbound import ASK
from hub.ports.adapter import MenuCommand

Words = Callable[[str, str], str]
"""A notice by key in a language."""

CHAT_INPUT, MESSAGE_ENTRY = 1, 3
TEXT_OPTION, FILE_OPTION = 3, 11

WITHOUT_ARGUMENT = frozenset({"help", "new", "stop", "retry", "usage", "plan", "why", "export"})
"""Commands that take no argument, so that none is asked for."""

EVERYWHERE = {"integration_types": [0, 1], "contexts": [0, 1, 2]}
"""For servers and for single persons; on servers, in our direct messages, in private ones of others."""

LANGUAGES = (
    *("id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl", "pt-BR"),
    *("ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja", "zh-TW", "ko"),
)
"""Languages that Discord's own screen can be in."""

DESCRIPTION_LIMIT = 100
NAME_LIMIT = 32
CHOICES = 25
CHOICE_LIMIT = 100


class Menu:
    """The commands that are published, and what can be typed after them."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.choices: dict[str, tuple[str, ...]] = {}
        """By command, what to suggest as its argument."""

    def take(self, commands: Iterable[MenuCommand]) -> list[dict[str, Any]]:
        """The JSON to publish; choices are kept for suggesting."""
        made = []
        for command in commands:
            self.choices[command.name] = command.choices
            made.append(self._command(command))
        return [*made, self._ask(), self._about()]

    def suggest(self, command: str, typed: str) -> list[str]:
        """What of a command's choices fits what is typed, the best first."""
        typed = typed.casefold()
        fitting = [one for one in self.choices.get(command, ()) if typed in one.casefold() and len(one) <= CHOICE_LIMIT]
        return sorted(fitting, key=lambda one: not one.casefold().startswith(typed))[:CHOICES]

    def _command(self, command: MenuCommand) -> dict[str, Any]:
        described = dict(command.describe)
        entry: dict[str, Any] = {
            "name": command.name,
            "type": CHAT_INPUT,
            **_described(described.get("en") or command.name, described),
            **EVERYWHERE,
        }
        if command.name not in WITHOUT_ARGUMENT:
            words = {language: self._words("discord_argument", language) for language in described}
            option: dict[str, Any] = {
                "name": "argument",
                "type": TEXT_OPTION,
                "required": False,
                **_described(self._words("discord_argument", "en"), words),
            }
            if self.choices[command.name]:
                option["autocomplete"] = True
            entry["options"] = [option]
        return entry

    def _ask(self) -> dict[str, Any]:
        words, languages = self._words, ("de", "es", "en")

        def told(key: str) -> dict[str, Any]:
            return _described(words(key, "en"), {language: words(key, language) for language in languages})

        return {
            "name": ASK,
            "type": CHAT_INPUT,
            **told("discord_ask"),
            **EVERYWHERE,
            "options": [
                {"name": "prompt", "type": TEXT_OPTION, "required": True, **told("discord_prompt")},
                {"name": "file", "type": FILE_OPTION, "required": False, **told("discord_file")},
            ],
        }

    def _about(self) -> dict[str, Any]:
        words = self._words
        names = {tag: words("discord_about", tag)[:NAME_LIMIT] for tag in LANGUAGES if _language(tag) in ("de", "es")}
        return {
            "name": words("discord_about", "en")[:NAME_LIMIT],
            "type": MESSAGE_ENTRY,
            "name_localizations": names,
            **EVERYWHERE,
        }


def mark(commands: list[dict[str, Any]]) -> str:
    """Short mark of a menu: the same menu need not be published twice."""
    return hashlib.sha256(msgspec.json.encode(commands)).hexdigest()[:32]


def _described(words: str, by_language: dict[str, str]) -> dict[str, Any]:
    others = {tag: by_language[_language(tag)] for tag in LANGUAGES if by_language.get(_language(tag))}
    return {
        "description": words[:DESCRIPTION_LIMIT],
        "description_localizations": {tag: line[:DESCRIPTION_LIMIT] for tag, line in others.items()},
    }


def _language(tag: str) -> str:
    return tag.partition("-")[0]
