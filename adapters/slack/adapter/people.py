"""Who writes, in which language. Knows users.info and its cache; must not know what they write."""

from __future__ import annotations

import asyncio
import logging
import time

from adapters.slack.adapter.bots import Installed
from adapters.slack.adapter.recent import Recent
from adapters.slack.wire.calls import Calls
from hub.domain.address import Address
from hub.domain.errors import AdapterError, Forbidden
from hub.domain.inbound import Sender

REMEMBERED = 20_000
"""People, and places, whose language is remembered."""

FRESH = 86_400.0
"""Seconds after which somebody is looked up again; `UNKNOWN`, when Slack did not tell."""

UNKNOWN = 300.0

PATIENCE = 0.8
"""Seconds for a question to Slack on the way in: the acknowledgement waits for it, and Slack waits 3 s for that."""

RUNS = ("is_admin", "is_owner", "is_primary_owner")
"""What users.info says of those who run the workspace."""

log = logging.getLogger("parley.slack")


class People:
    """Names and languages."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._known: Recent[tuple[str, str], tuple[float, Sender]] = Recent(REMEMBERED)
        self._spoken: Recent[Address, str] = Recent(REMEMBERED)

    async def known(self, bot: Installed, sender: Sender) -> Sender:
        """`sender` with name and language; as given when Slack does not say."""
        key = (bot.me.id, sender.user)
        until, found = self._known.find(key) or (0.0, sender)
        if time.monotonic() < until:
            return found
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._calls.ask(bot.token, "users.info", user=sender.user, include_locale="true")
        except (AdapterError, TimeoutError) as error:
            log.info("a person of Slack is not looked up: %s", error)
            self._known.put(key, (time.monotonic() + UNKNOWN, sender))
            return sender
        user = answer.get("user")
        told = user if isinstance(user, dict) else {}
        name = str(told.get("real_name") or told.get("name") or sender.name)
        found = Sender(sender.user, name, str(told.get("locale") or sender.language))
        self._known.put(key, (time.monotonic() + FRESH, found))
        return found

    async def runs(self, bot: Installed, user: str, channel: str) -> bool:
        """Whether `user` runs the workspace, or made `channel` if one is named. Raises AdapterError."""
        told = (await self._calls.ask(bot.token, "users.info", user=user)).get("user")
        person = told if isinstance(told, dict) else {}
        if person.get("team_id", bot.team) == bot.team and any(person.get(name) for name in RUNS):
            return True
        if not channel:
            return False
        try:
            told = (await self._calls.ask(bot.token, "conversations.info", channel=channel)).get("channel")
        except Forbidden:
            # an app that was installed before it asked for channels:read
            return False
        return isinstance(told, dict) and told.get("creator") == user

    def heard(self, address: Address, language: str) -> None:
        """Somebody wrote there in a workspace set to `language`."""
        self._spoken.put(address, language)

    def language(self, address: Address) -> str:
        """The language of whoever wrote there last."""
        return self._spoken.find(address) or "en"
