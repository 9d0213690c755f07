"""One of our bots. Knows its token, name and calls; must not know what is said or who says it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from adapters.telegram.config import TelegramBot
from adapters.telegram.errors import Moved
from adapters.telegram.parse import Me
from adapters.telegram.wire.calls import SECONDS, Calls
from hub.domain.address import Address
from hub.domain.errors import Rejected, StoreDown
from hub.ports.house import Notebook

if TYPE_CHECKING:
    from telegram import Bot as SdkBot

log = logging.getLogger("parley.telegram")


def secret_of(given: TelegramBot, key_for: Callable[[str], bytes]) -> str:
    """What Telegram has to show at the webhook: as set, else made from the house's own key."""
    secret = given.webhook_secret
    return secret.get_secret_value() if secret else key_for(f"telegram-webhook:{given.id}").hex()


class Bot:
    """One bot while the hub runs. `drafts`, `rich`: its server knows them; `secret`: what a webhook must show."""

    def __init__(self, given: TelegramBot, calls: Calls, secret: str, notebook: Notebook | None = None) -> None:
        self.id = given.id
        self.me = Me(int(given.id), tenant=given.tenant)
        self.drafts = True
        self.rich = True
        self.secret = secret
        self._token = given.token.get_secret_value()
        self._calls = calls
        self._notebook = notebook
        self._now: dict[str, str] = {}
        self._once: dict[str, str] = {}

    async def call(self, method: str, fields: Mapping[str, Any], seconds: float = SECONDS) -> msgspec.Raw:
        """One hot call. Raises as Calls.call."""
        return await self._calls.call(self._token, method, fields, seconds)

    async def call_in(self, address: Address, method: str, fields: Mapping[str, Any]) -> msgspec.Raw:
        """A call about a chat. A group that has become a supergroup meanwhile is called by its new id."""
        try:
            return await self.call(method, {"chat_id": self.chat(address), **fields})
        except Moved as moved:
            await self.has_moved(address.chat, str(moved.chat))
            return await self.call(method, {"chat_id": self.chat(address), **fields})

    async def download(self, path: str, limit: int) -> bytes:
        """A file by its file_path. Raises as Calls.download."""
        return await self._calls.download(self._token, path, limit)

    def sdk(self) -> SdkBot:
        """The SDK's bot, for what is not hot. Importing it takes a quarter of a second once."""
        from adapters.telegram.wire.sdk import sdk_bot

        return sdk_bot(self._calls, self._token)

    async def learn(self) -> None:
        """Ask Telegram who we are. Raises AdapterError."""
        from adapters.telegram.wire.sdk import our_errors

        with our_errors():
            found = await self.sdk().get_me()
        self.me = Me(found.id, found.username or "", self.me.tenant)

    def chat(self, address: Address) -> int:
        """The chat's id as Telegram knows it now. Raises Rejected: no address of ours."""
        try:
            return int(self._now.get(address.chat, address.chat))
        except ValueError:
            raise Rejected("not an address of Telegram") from None

    def chat_at_first(self, chat: str) -> str:
        """The id under which we came to know a chat, so that a conversation goes on after its group has moved."""
        return self._once.get(chat, chat)

    async def has_moved(self, old: str, new: str) -> None:
        """Keep that a group has a new id. Not being able to write it down is no harm: Telegram will say it again."""
        self._moved(old, new)
        if self._notebook is None:
            return
        try:
            await self._notebook.write("telegram", f"moved:{self.id}", json.dumps(self._now))
        except StoreDown:
            log.info("a group's new id is not written down: the store is down")

    async def remember(self) -> None:
        """Read which groups have moved. Raises StoreDown."""
        if self._notebook is not None:
            written = await self._notebook.read("telegram", f"moved:{self.id}")
            for old, new in json.loads(written or "{}").items():
                self._moved(old, new)

    def _moved(self, old: str, new: str) -> None:
        self._now[old] = new
        self._once[new] = old
