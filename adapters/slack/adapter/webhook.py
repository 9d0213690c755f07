"""POST /hooks/slack. Knows signatures, forms and statuses; must not know what the payloads mean.

The signature is checked before anything is parsed; the body is read no further than `LARGEST`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from urllib.parse import parse_qsl

from aiohttp import web

from adapters.slack.adapter.arrivals import Arrivals
from adapters.slack.adapter.bots import Door
from adapters.slack.parse.events import read_callback
from adapters.slack.wire.signature import is_signed
from hub.domain.errors import BadInput
from hub.ports.house import House

LARGEST = 1024 * 1024
"""Bytes of one request; Slack's largest events stay below a tenth of it."""

BODY_SECONDS = 20.0
"""How long a request may take to arrive; Slack itself gives up after three."""

AGAIN = 5
"""Seconds after which Slack may try again; it keeps its own schedule anyway."""

log = logging.getLogger("parley.slack")


class Webhook:
    """The one route for events, slash commands and interactions."""

    def __init__(self, arrivals: Arrivals, doors: dict[str, Door], house: House) -> None:
        self._arrivals, self._doors, self._house = arrivals, doors, house

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer once what came is committed."""
        if self._arrivals.accept is None:
            return _later()
        when, signature = (request.headers.get(f"X-Slack-{name}") for name in ("Request-Timestamp", "Signature"))
        if not when or not signature:
            return web.Response(status=401)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _within(request)
        except (TimeoutError, web.RequestPayloadError):
            return _closing(400)
        if body is None:
            return _closing(413)
        for secret, door in self._doors.items():
            if is_signed(secret, when, signature, body):
                return await self._dispatch(door, body, request.content_type)
        return web.Response(status=401)

    async def _dispatch(self, door: Door, body: bytes, content_type: str) -> web.Response:
        if content_type != "application/x-www-form-urlencoded":
            challenge = _challenge(body)
            if challenge:
                return web.json_response({"challenge": challenge})
            return web.Response() if await self._arrivals.take(door, "events_api", body) else _later()
        fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if "payload" in fields:
            payload = fields["payload"].encode("utf-8", "replace")
            return web.Response() if await self._arrivals.take(door, "interactive", payload) else _later()
        if "command" not in fields:
            return web.Response()
        if await self._arrivals.take(door, "slash_commands", json.dumps(fields).encode()):
            return web.Response()
        # Slack does not repeat a slash command, so the person has to know.
        return web.json_response({"response_type": "ephemeral", "text": self._house.words("store_down", "en")})


def _later() -> web.Response:
    return web.Response(status=503, headers={"Retry-After": str(AGAIN)})


def _closing(status: int) -> web.Response:
    """The rest of such a body is not waited for."""
    answer = web.Response(status=status)
    answer.force_close()
    return answer


def _challenge(body: bytes) -> str:
    try:
        callback = read_callback(body)
    except BadInput:
        return ""
    return callback.challenge if callback.type == "url_verification" else ""


async def _within(request: web.Request) -> bytes | None:
    if (request.content_length or 0) > LARGEST:
        return None
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)
