"""Our bots: which token speaks for which address. Knows auth.test; must not know what is said."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

from adapters.slack.config import SlackBot, SlackConfig
from adapters.slack.errors import TOKENS, code_of
from adapters.slack.parse.place import Me
from adapters.slack.wire.calls import Calls
from hub.domain.address import Address
from hub.domain.errors import AdapterError, Forbidden

ASK_AGAIN = 60.0
"""Seconds before a token that Slack refused is asked about again."""

log = logging.getLogger("parley.slack")


@dataclass(frozen=True, slots=True)
class Installed:
    """A bot that Slack knows."""

    me: Me
    team: str
    token: str


@dataclass(frozen=True, slots=True)
class Door:
    """The bots that one connection or signing secret can be about, and what they are called in a log."""

    name: str
    bots: tuple[SlackBot, ...]


class Bots:
    """Every bot of the config, looked up once each."""

    def __init__(self, config: SlackConfig, calls: Calls) -> None:
        self._bots = config.bots
        self._numbers = {_token(bot): number for number, bot in enumerate(config.bots, 1)}
        self._calls = calls
        self._known: dict[str, Installed] = {}
        self._by_id: dict[str, Installed] = {}
        self._refused: dict[str, tuple[float, AdapterError]] = {}
        self._asking = asyncio.Lock()
        secret = "app_token" if config.mode == "socket" else "signing_secret"
        groups: dict[str, list[SlackBot]] = {}
        for bot in config.bots:
            groups.setdefault(getattr(bot, secret).get_secret_value(), []).append(bot)
        self.doors = {key: Door(self._name(group[0]), tuple(group)) for key, group in groups.items()}
        """By app token or signing secret."""

    async def of(self, address: Address) -> Installed:
        """Who speaks at `address`. Raises Unreachable and the like, Forbidden when it is no bot of ours any more."""
        found = self._by_id.get(address.bot)
        if found is not None and found.me.tenant == address.tenant:
            return found
        trouble: AdapterError = Forbidden(f"no Slack bot {address.bot} is set up any more")
        for bot in self._bots:
            try:
                found = await self._ask(bot)
            except AdapterError as error:
                trouble = trouble if isinstance(error, Forbidden) else error
                continue
            if (found.me.id, found.me.tenant) == (address.bot, address.tenant):
                return found
        raise trouble

    async def serving(self, door: Door, team: str) -> Installed | None:
        """The bot behind `door` in workspace `team`. Raises AdapterError while it is not known who it is."""
        trouble: AdapterError | None = None
        for bot in door.bots:
            try:
                found = self._known.get(_token(bot)) or await self._ask(bot)
            except AdapterError as error:
                if not _is_refused(error):
                    trouble = error
                continue
            if found.team == team or (len(door.bots) == 1 and not team):
                return found
        if trouble is not None:
            raise trouble
        return None

    async def greet(self, door: Door) -> None:
        """Look every bot of `door` up, and say in the log what is wrong with which."""
        for bot in door.bots:
            try:
                found = await self._ask(bot)
                log.info("%s is %s", self._name(bot), found.me.id)
            except AdapterError as error:
                if code_of(error) in TOKENS:
                    log.error(
                        "%s: Slack refuses the bot token (%s). Copy the Bot User OAuth Token from OAuth & Permissions "
                        "of the app and set bot_token; the other bots go on.", self._name(bot), code_of(error),
                    )  # fmt: skip
                else:
                    log.warning("%s: %s", self._name(bot), error)

    def _name(self, bot: SlackBot) -> str:
        return f"Slack bot {self._numbers[_token(bot)]}" if len(self._bots) > 1 else "the Slack bot"

    async def _ask(self, bot: SlackBot) -> Installed:
        token = _token(bot)
        async with self._asking:
            if token in self._known:
                return self._known[token]
            at, error = self._refused.get(token, (0.0, None))
            if error is not None and time.monotonic() - at < ASK_AGAIN:
                raise error
            try:
                told = await self._calls.ask(token, "auth.test")
            except AdapterError as error:
                if _is_refused(error):
                    self._refused[token] = (time.monotonic(), error)
                raise
            team, user = str(told.get("team_id", "")), str(told.get("user_id", ""))
            me = Me(bot.tenant, f"{team}:{user}", user, str(told.get("bot_id", "")), bot.agent)
            found = self._known[token] = self._by_id[me.id] = Installed(me, team, token)
            return found


def _is_refused(error: AdapterError) -> bool:
    return isinstance(error, Forbidden) or code_of(error) in TOKENS


def _token(bot: SlackBot) -> str:
    return bot.bot_token.get_secret_value()
