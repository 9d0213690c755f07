"""The webhook. Knows who may come in and what Telegram is answered; must not know what an update means.

The secret is compared before anything of the body is read. An answer is empty: Telegram would take a body for a call.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Mapping

from aiohttp import web

from adapters.telegram.adapter.arrivals import Arrivals, Held
from adapters.telegram.adapter.bot import Bot
from hub.domain.errors import StoreDown
from hub.ports.adapter import Accept

BODY_LIMIT = 1024 * 1024
"""Bytes of an update; Telegram's are a few thousand."""

BODY_SECONDS = 20.0
"""How long an update may take to arrive."""

STORE_RETRY = 5
"""Seconds after which Telegram comes again when the store is down; it obeys up to an hour."""

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name

log = logging.getLogger("parley.telegram")


class Door:
    """Takes pushed updates, for every bot. `accept` is None until the adapter runs."""

    def __init__(self, bots: Mapping[str, Bot], arrivals: Arrivals) -> None:
        self.accept: Accept | None = None
        self._bots = bots
        self._arrivals = arrivals

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answers 2xx only once the update is committed."""
        bot = self._shown(request.match_info.get("bot", ""), request.headers.get(SECRET_HEADER, ""))
        if bot is None:
            return _closing(401)
        if self.accept is None:
            return web.Response(status=503, headers={"Retry-After": "1"})
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body, whole = await _read(request)
        except (TimeoutError, web.RequestPayloadError):
            return _closing(400)
        try:
            if not whole:
                # refused, it would come again for a day and hold up its chat
                await self._arrivals.put_aside(bot, body, "too long")
                return _closing(200)
            await self._arrivals.take(bot, body, self.accept)
        except StoreDown:
            log.warning("bot %s: the store is down; messages wait at Telegram", bot.id)
            return web.Response(status=503, headers={"Retry-After": str(STORE_RETRY)})
        except Held as held:
            return web.Response(status=503, headers={"Retry-After": str(max(1, round(held.after)))})
        return web.Response()

    def _shown(self, number: str, secret: str) -> Bot | None:
        """Whose secret it is; every one is compared, so that time tells nothing."""
        found = None
        shown = secret.encode("utf-8", "surrogateescape")
        for bot in self._bots.values():
            if hmac.compare_digest(bot.secret.encode(), shown) and number in ("", bot.id) and found is None:
                found = bot
        return found


async def _read(request: web.Request) -> tuple[bytes, bool]:
    """The body, and whether that is all of it."""
    chunks: list[bytes] = []
    size = 0
    while size <= BODY_LIMIT and (chunk := await request.content.readany()):
        size += len(chunk)
        chunks.append(chunk)
    return b"".join(chunks), size <= BODY_LIMIT


def _closing(status: int) -> web.Response:
    answer = web.Response(status=status)
    answer.force_close()
    return answer
