"""Calls about bots, applications, commands and where the gateway is. Must not know channels.

Knows who may publish which commands.
"""

from __future__ import annotations

import re
from typing import Any

from adapters.discord.sandbox import payloads
from adapters.discord.sandbox.door import Request
from adapters.discord.sandbox.town import Town
from adapters.discord.sandbox.trouble import Problem

_NAME = re.compile(r"^[-_'\w]{1,32}$")
COMMAND, MESSAGE_ENTRY = 1, 3


class Directory:
    """Everything that is about bots themselves."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.gateway_url = ""

    async def me(self, asked: Request) -> tuple[int, Any]:
        """GET users/@me"""
        return 200, payloads.own_user(asked.me)

    async def application(self, asked: Request) -> tuple[int, Any]:
        """GET applications/@me and oauth2/applications/@me"""
        return 200, payloads.application(asked.me)

    async def gateway(self, asked: Request) -> tuple[int, Any]:
        """GET gateway"""
        return 200, {"url": self.gateway_url}

    async def gateway_for_bots(self, asked: Request) -> tuple[int, Any]:
        """GET gateway/bot"""
        bot = asked.me
        left = max(0, bot.identify_budget - bot.identifies)
        limit = {"total": 1000, "remaining": left, "reset_after": 300 if not left else 0, "max_concurrency": 1}
        return 200, {"url": self.gateway_url, "shards": 1, "session_start_limit": limit}

    async def guilds(self, asked: Request) -> tuple[int, Any]:
        """GET users/@me/guilds"""
        mine = [one for one in self._town.guilds.values() if asked.me.id in one.members]
        return 200, [
            {"id": one.id, "name": one.name, "icon": None, "owner": False, "permissions": "0", "features": []}
            for one in mine
        ]

    async def commands(self, asked: Request) -> tuple[int, Any]:
        """GET commands"""
        self._own(asked)
        return 200, asked.me.commands

    async def overwrite(self, asked: Request) -> tuple[int, Any]:
        """PUT commands: all of them at once"""
        self._own(asked)
        bot, given = asked.me, asked.body
        if not isinstance(given, list) or len(given) > 110:
            raise Problem(400, 30032, "Maximum number of application commands reached")
        for one in given:
            self._check(one)
        bot.commands = [
            {
                "id": self._town.snowflake(),
                "application_id": bot.id,
                "version": self._town.snowflake(),
                "default_member_permissions": None,
                "type": COMMAND,
                "description": "",
                "nsfw": False,
                **one,
            }
            for one in given
        ]
        self._town.changed()
        return 200, bot.commands

    def _own(self, asked: Request) -> None:
        if asked.ids["application"] != asked.me.id:
            raise Problem(403, 20012, "You are not authorized to perform this action on this application")

    def _check(self, one: dict[str, Any]) -> None:
        kind, name = one.get("type", COMMAND), str(one.get("name", ""))
        described = len(str(one.get("description", "")))
        good = bool(_NAME.match(name)) and name == name.lower() and 1 <= described <= 100
        if kind == MESSAGE_ENTRY:
            good = 1 <= len(name) <= 32 and not described
        for option in one.get("options", []):
            good = good and bool(_NAME.match(str(option.get("name", "")))) and bool(option.get("description"))
        if not good:
            raise Problem(400, 50035, f"Invalid Form Body: command {name}")
