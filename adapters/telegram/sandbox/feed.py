"""Updates on their way to one bot: long polling or webhook. Knows Telegram's rules of delivery; must not know chats.

An update is confirmed when getUpdates is called with a higher offset, or when the webhook answers 2xx. The webhook gets
a chat's updates one after the other; a refused one is repeated after 1 s, then twice as long each time, at most a
minute or two, for a day. `speed` divides all these times.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from adapters.telegram.sandbox.state import Refused

Json = dict[str, Any]

NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds that a bot gets only when it names them."""

_LIFE = 86_400.0
_LONGEST_POLL = 50


@dataclass
class Hook:
    """A webhook that is set."""

    url: str
    secret: str
    max_connections: int


class Feed:
    """One bot's updates that are not confirmed, oldest first."""

    def __init__(self) -> None:
        self.waiting: dict[int, Json] = {}
        self.allowed: frozenset[str] | None = None
        self.hook: Hook | None = None
        self.next_id = 1000
        self.speed = 1.0
        self.twice = False
        """Deliver everything to the webhook a second time."""
        self.last_error = ""
        self.last_error_at = 0
        self.pushes: list[tuple[int, int]] = []
        """(update_id, status) of every delivery to the webhook; status 0: no answer."""
        self._handed: set[int] = set()
        self._news = asyncio.Event()
        self._poll = 0
        self._pushing: dict[object, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None

    def push(self, kind: str, content: Json, update_id: int | None = None) -> int | None:
        """Something happened; None when the bot has not asked for such things."""
        wanted = kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT
        if not wanted:
            return None
        number = self.next_id if update_id is None else update_id
        self.next_id = number + 1
        return self.put(number, {"update_id": number, kind: content})

    def put(self, number: int, update: Json) -> int:
        """Queue any JSON as an update, mangled ones too."""
        self.waiting[number] = update
        self._news.set()
        if self.hook is not None:
            self._push_on()
        return number

    async def updates(self, offset: int, limit: int, timeout: int, allowed: list[str] | None) -> list[Json]:
        """Answer getUpdates. Raises Refused 409: a webhook is set, or somebody else polls."""
        if self.hook is not None:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if allowed is not None:
            self.allowed = frozenset(allowed) or None
        self._poll += 1
        mine = self._poll
        self._news.set()
        if offset < 0:
            for number in list(self.waiting)[:offset]:
                del self.waiting[number]
        elif offset:
            # after an idle week the numbers go on anywhere: only what was handed out can be confirmed
            for number in [known for known in self._handed if known < offset]:
                self.waiting.pop(number, None)
                self._handed.discard(number)
        ends = time.monotonic() + min(timeout, _LONGEST_POLL) / self.speed
        while not self.waiting:
            self._news = asyncio.Event()
            left = ends - time.monotonic()
            if left <= 0:
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)
            if self._poll != mine:
                raise Refused(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
        handed = dict(list(self.waiting.items())[: min(max(limit, 1), 100)])
        self._handed |= set(handed)
        return list(handed.values())

    def set_hook(self, hook: Hook | None, *, drop: bool) -> None:
        """Do setWebhook and deleteWebhook."""
        for task in self._pushing.values():
            task.cancel()
        self._pushing.clear()
        self.hook = hook
        self._poll += 1
        self._news.set()
        if drop:
            self.waiting.clear()
        if hook is not None:
            self._push_on()

    async def close(self) -> None:
        """Deliver nothing more."""
        tasks = list(self._pushing.values())
        self.set_hook(None, drop=False)
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _push_on(self) -> None:
        for update in self.waiting.values():
            chat = _chat_of(update)
            if chat not in self._pushing or self._pushing[chat].done():
                self._pushing[chat] = asyncio.create_task(self._push_chat(chat))

    async def _push_chat(self, chat: object) -> None:
        while (number := self._first(chat)) is not None:
            began, pause = time.monotonic(), 1.0
            while number in self.waiting:
                status, asked = await self._deliver(self.waiting[number])
                self.pushes.append((number, status))
                if 200 <= status < 300:
                    if self.twice:
                        await self._deliver(self.waiting[number])
                    self.waiting.pop(number, None)
                    break
                self.last_error = f"Wrong response from the webhook: {status}" if status else "Connection refused"
                self.last_error_at = int(time.time())
                if time.monotonic() - began > _LIFE / self.speed:
                    self.waiting.pop(number, None)
                    break
                await asyncio.sleep(min(asked or pause, 3600.0) / self.speed)
                pause = min(2 * pause, random.uniform(60, 120))

    def _first(self, chat: object) -> int | None:
        return next((number for number, update in self.waiting.items() if _chat_of(update) == chat), None)

    async def _deliver(self, update: Json) -> tuple[int, float]:
        """Status and the Retry-After that was asked for."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self.hook.max_connections if self.hook else 40)
            self._session = aiohttp.ClientSession(connector=connector)
        hook = self.hook
        assert hook is not None
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        try:
            async with self._session.post(
                hook.url, json=update, headers=headers, timeout=aiohttp.ClientTimeout(total=60)
            ) as answer:
                await answer.read()
                after = answer.headers.get("Retry-After", "")
                return answer.status, float(after) if after.isdigit() else 0.0
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0, 0.0


def _chat_of(update: Json) -> object:
    for content in update.values():
        if isinstance(content, dict):
            chat = content.get("chat") or (content.get("message") or {}).get("chat")
            if isinstance(chat, dict):
                return chat.get("id")
    return None
