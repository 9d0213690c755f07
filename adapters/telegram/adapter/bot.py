"""One of our bots. Knows its token, name and calls; must not know what is said or who says it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from adapters.telegram.config import TelegramBot
from adapters.telegram.errors import Moved
from adapters.telegram.parse import Me
from adapters.telegram.parse.read import PLATFORM
from adapters.telegram.wire.calls import SECONDS, Calls
from hub.domain.address import Address, ChatKind
from hub.domain.errors import Rejected, StoreDown
from hub.ports.house import Notebook

if TYPE_CHECKING:
    from telegram import Bot as SdkBot

T = TypeVar("T")

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

    async def call(self, method: str, fields: Mapping[str, Any], seconds: float = SECONDS) -> msgspec.Raw:
        """One hot call. Raises as Calls.call."""
        return await self._calls.call(self._token, method, fields, seconds)

    async def call_in(self, address: Address, method: str, fields: Mapping[str, Any]) -> msgspec.Raw:
        """A call about a chat, as in_chat."""
        return await self.in_chat(address, lambda chat: self.call(method, {"chat_id": chat, **fields}))

    async def in_chat(self, address: Address, work: Callable[[int], Awaitable[T]]) -> T:
        """`work` with the id of a chat; once more with its new one, if the group has become a supergroup meanwhile."""
        try:
            return await work(self.chat(address))
        except Moved as moved:
            try:
                await self.has_moved(address.chat, str(moved.chat))
            except StoreDown:
                log.info("a group's new id is not written down: the store is down, and Telegram will say it again")
            return await work(self.chat(address))

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

    async def has_moved(self, old: str, new: str) -> None:
        """A group has a new id: what is on its way to the old one goes there too. Raises StoreDown."""
        self._now[old] = new
        if self._notebook is not None:
            here = Address(self.me.tenant, PLATFORM, self.id, old, kind=ChatKind.GROUP)
            await self._notebook.moved(here, new)
