"""The Web API's front door. Knows encodings, tokens, scopes and misbehaviour; must not know what any method does."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from aiohttp import web

from adapters.slack.sandbox.world import App, Json, World

Method = Callable[[App, Json], Awaitable[Json]]

SPEAKS_JSON = ("chat.", "views.", "assistant.threads.set", "agents.", "reactions.", "apps.", "conversations.open")
"""Methods that read a JSON body; others see no arguments in one."""

NESTED = {"blocks", "view", "prompts", "files", "chunks", "metadata", "loading_messages"}
"""Arguments that are JSON inside a query or a form."""

FLOORS = {"chat.postMessage": 1.0}
"""Least seconds between two calls to one channel when limits are enforced; ten calls may come at once."""

BURST = 10

TIERS = {"chat.startStream": 20, "chat.update": 50, "chat.appendStream": 100}
"""Calls a minute in a whole workspace when limits are enforced."""


class Refusal(Exception):
    """A logical error: HTTP 200 with ok false."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **more}


@dataclass
class Call:
    """One call that was made. `status`: the HTTP status it was answered with."""

    method: str
    arguments: Json
    app: App | None
    at: float
    encoding: str
    answer: Json = field(default_factory=dict)
    status: int = 200


@dataclass
class Fault:
    """What a call runs into. `error` with 200: a logical error; `hang`: seconds before anything happens.

    `lost`: the call takes effect and its answer never arrives."""

    status: int = 200
    error: str = ""
    after: int = 1
    hang: float = 0.0
    lost: bool = False
    body: str = ""


class Api:
    """Answers POST and GET /api/{method}. Everything is recorded in `calls`."""

    def __init__(self, world: World) -> None:
        self.methods: dict[str, Method] = {}
        self.calls: list[Call] = []
        self.limits = False
        self._world = world
        self._faults: dict[str, deque[Fault]] = {}
        self._budgets: dict[tuple[str, str], tuple[float, float]] = {}

    def misbehave(self, method: str, fault: Fault, times: int = 1) -> None:
        """The next `times` calls of `method` (`*`: of any) run into `fault`."""
        self._faults.setdefault(method, deque()).extend([fault] * times)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        method = request.match_info["method"]
        arguments, encoding = await self._arguments(request, method)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or str(arguments.pop("token", ""))
        app = next((app for app in self._world.apps if token in (app.bot_token, app.app_token)), None)
        call = Call(method, arguments, app, monotonic(), encoding)
        self.calls.append(call)
        queue = self._faults.get(method) or self._faults.get("*")
        fault = queue.popleft() if queue else None
        if fault is not None:
            await asyncio.sleep(fault.hang)
            if fault.lost:
                call.answer = await self._answer(call, token)
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            if fault.status != 200 or fault.body:
                return self._failed(call, fault)
        if self.limits and (wait := self._over_limit(call)):
            return self._failed(call, Fault(429, after=wait))
        call.answer = {"ok": False, "error": fault.error} if fault and fault.error else await self._answer(call, token)
        headers = {"x-oauth-scopes": ",".join(sorted(app.scopes))} if app and token == app.bot_token else {}
        return web.json_response(call.answer, headers=headers)

    async def _answer(self, call: Call, token: str) -> Json:
        if not token:
            return {"ok": False, "error": "not_authed"}
        if call.app is None:
            return {"ok": False, "error": "invalid_auth"}
        if (call.method == "apps.connections.open") != (token == call.app.app_token):
            return {"ok": False, "error": "not_allowed_token_type"}
        serve = self.methods.get(call.method)
        if serve is None:
            return {"ok": False, "error": "unknown_method", "req_method": call.method}
        needed = scope_of(call.method)
        if needed and needed not in call.app.scopes:
            provided = ",".join(sorted(call.app.scopes))
            return {"ok": False, "error": "missing_scope", "needed": needed, "provided": provided}
        try:
            return {"ok": True, **await serve(call.app, call.arguments)}
        except Refusal as refusal:
            return refusal.answer
        except KeyError as missing:
            return {"ok": False, "error": "invalid_arguments", "response_metadata": {"messages": [str(missing)]}}

    async def _arguments(self, request: web.Request, method: str) -> tuple[Json, str]:
        arguments: Json = dict(request.query)
        encoding = "query" if arguments or not request.can_read_body else "form"
        if request.content_type == "application/json":
            encoding = "json"
            told = json.loads(await request.read() or b"{}")
            arguments |= told if method.startswith(SPEAKS_JSON) else {}
            return arguments, encoding
        if request.can_read_body:
            arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        for name in NESTED & arguments.keys():
            arguments[name] = json.loads(arguments[name])
        return arguments, encoding

    def _failed(self, call: Call, fault: Fault) -> web.Response:
        call.status = fault.status
        headers = {"Retry-After": str(fault.after)} if fault.status == 429 else {}
        if fault.body:
            return web.Response(status=fault.status, text=fault.body, headers=headers)
        error = fault.error or ("ratelimited" if fault.status == 429 else "internal_error")
        return web.json_response({"ok": False, "error": error}, status=fault.status, headers=headers)

    def _over_limit(self, call: Call) -> int:
        """Seconds to wait, 0 when the call may pass: a bucket of `BURST`, filled at the method's rate."""
        most = TIERS.get(call.method)
        if most is not None:
            before = [
                each
                for each in self.calls
                if each.method == call.method and each.app is call.app and each.status == 200
            ]
            recent = [each.at for each in before if call.at - 60 < each.at < call.at]
            return 0 if len(recent) < most else max(1, round(recent[0] + 60 - call.at))
        floor = FLOORS.get(call.method)
        if floor is None:
            return 0
        key = (call.method, str(call.arguments.get("channel", "")))
        level, at = self._budgets.get(key, (float(BURST), call.at))
        level = min(float(BURST), level + (call.at - at) / floor)
        self._budgets[key] = (level - 1 if level >= 1 else level, call.at)
        return 0 if level >= 1 else max(1, round((1 - level) * floor))


def scope_of(method: str) -> str:
    """The scope a bot token needs for `method`; empty for none."""
    return {
        "chat.postMessage": "chat:write",
        "chat.update": "chat:write",
        "chat.delete": "chat:write",
        "chat.postEphemeral": "chat:write",
        "chat.startStream": "chat:write",
        "chat.appendStream": "chat:write",
        "chat.stopStream": "chat:write",
        "assistant.threads.setStatus": "chat:write",
        "assistant.threads.setTitle": "assistant:write",
        "assistant.threads.setSuggestedPrompts": "assistant:write",
        "agents.sessions.setStatus": "chat:write",
        "agents.sessions.rename": "chat:write",
        "conversations.open": "im:write",
        "files.getUploadURLExternal": "files:write",
        "files.completeUploadExternal": "files:write",
        "files.delete": "files:write",
        "files.info": "files:read",
        "reactions.add": "reactions:write",
        "users.info": "users:read",
    }.get(method, "")
