"""The HTTP door: who asks, with what, and what they get. Knows headers and bodies; must not know what a call does."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from adapters.discord.sandbox.town import Bot, File, Town
from adapters.discord.sandbox.trouble import Call, Fault, Problem, Trouble


@dataclass
class Request:
    """One call as the routes see it; `bot` is None where an interaction's token speaks for itself."""

    bot: Bot | None
    ids: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any] | list[Any] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)

    @property
    def fields(self) -> dict[str, Any]:
        """The body of a call that takes an object."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def me(self) -> Bot:
        """The bot that asks. Raises Problem."""
        if self.bot is None:
            raise Problem(401, 0, "401: Unauthorized")
        return self.bot


Serve = Callable[[Request], Awaitable[tuple[int, Any]]]


class Door:
    """Makes an HTTP handler of a route: limits, faults, authorization, record."""

    def __init__(self, town: Town, trouble: Trouble) -> None:
        self._town, self._trouble = town, trouble

    def open(self, shape: str, serve: Serve, *, bare: bool = False) -> Callable[[web.Request], Awaitable[web.Response]]:
        """`serve` behind the door; `bare`: no bot need be named."""

        async def answer(request: web.Request) -> web.Response:
            bot = self._who(request)
            call = Call(request.method, shape, request.path, bot.id if bot else "", None, time.monotonic())
            call.query = dict(request.query)
            self._trouble.calls.append(call)
            fault = self._trouble.fault(call.name)
            if fault is not None and fault.slow:
                await asyncio.sleep(fault.slow)
            if fault is not None and fault.drop:
                return _dropped(request)
            if fault is not None and fault.status:
                return self._broken(call, fault)
            if not bare and (bot is None or bot.revoked):
                return _told(call, 401, {"message": "401: Unauthorized", "code": 0}, {})
            ids = dict(request.match_info)
            headers, wait, everywhere = self._trouble.limits.take(call.name, _major(shape, ids), call.bot)
            if wait:
                return self._too_many(call, wait, headers, everywhere=everywhere)
            try:
                body, files = await self._body(request)
                call.body = body
                status, made = await serve(Request(bot, ids, call.query, body, files))
            except Problem as problem:
                status, made = problem.status, {"message": problem.message, "code": problem.code}
            if fault is not None and fault.lose_answer:
                return _dropped(request)
            return _told(call, status, made, headers)

        return answer

    def _who(self, request: web.Request) -> Bot | None:
        token = request.headers.get("Authorization", "").removeprefix("Bot ")
        return next((bot for bot in self._town.bots() if bot.token == token), None) if token else None

    async def _body(self, request: web.Request) -> tuple[Any, list[File]]:
        if request.content_type == "multipart/form-data":
            form = await request.post()
            told = form.get("payload_json", "{}")
            told = json.loads(bytes(told) if isinstance(told, bytearray) else str(told))
            files = [
                File(self._town.snowflake(), part.filename, part.content_type, part.file.read())
                for part in form.values()
                if isinstance(part, web.FileField)
            ]
            return told, files
        whole = await request.read()
        try:
            return (json.loads(whole) if whole else {}), []
        except ValueError:
            raise Problem(400, 50109, "The request body contains invalid JSON.") from None

    def _broken(self, call: Call, fault: Fault) -> web.Response:
        if fault.status == 429:
            scope = {"X-RateLimit-Scope": "shared"} if fault.shared else {}
            return self._too_many(call, fault.after, scope, everywhere=fault.everywhere, page=fault.page)
        if fault.page:
            return _page(call, fault.status)
        return _told(call, fault.status, {"message": f"{fault.status}: on purpose", "code": fault.code}, {})

    def _too_many(
        self, call: Call, after: float, headers: dict[str, str], *, everywhere: bool, page: bool = False
    ) -> web.Response:
        self._trouble.refusals += 1
        told = {"Retry-After": str(max(1, round(after))), "Via": "1.1 google", "X-RateLimit-Scope": "user", **headers}
        if page:
            return _page(call, 429, {"Retry-After": str(after)})
        if everywhere:
            told |= {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
        body = {"message": "You are being rate limited.", "code": 0, "retry_after": round(after, 3)}
        body["global"] = everywhere
        return _told(call, 429, body, told)


def _told(call: Call, status: int, made: Any, headers: dict[str, str]) -> web.Response:
    call.status, call.answer = status, made
    if status == 204:
        return web.Response(status=204, headers=headers)
    # Discord names no charset, and discord.py compares the whole header.
    told = {**headers, "Content-Type": "application/json"}
    return web.Response(status=status, body=json.dumps(made).encode(), headers=told)


def _page(call: Call, status: int, headers: dict[str, str] | None = None) -> web.Response:
    """What Cloudflare says in Discord's place: no JSON."""
    call.status = status
    return web.Response(status=status, text="<html>error code</html>", content_type="text/html", headers=headers)


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _major(shape: str, ids: dict[str, str]) -> str:
    if not shape.startswith(("channels/", "guilds/", "webhooks/", "interactions/")):
        return ""
    return "/".join(list(ids.values())[: 2 if shape.startswith("webhooks/") else 1])
