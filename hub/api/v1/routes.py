"""What the routes of `/v1` do. Knows who may call and where each call leads; must not know wires or the ledger."""

from __future__ import annotations

import asyncio

import msgspec
from aiohttp import web

from hub.api.v1.doors import LEFT
from hub.api.v1.once import HEADER, Keep, Once
from hub.api.v1.outcome import denied, not_answered, too_fast, unknown_key
from hub.api.v1.parse import Asked, parse
from hub.api.v1.problem import JSON, Problem
from hub.api.v1.shape import FINISHES, failed, listed, new_id, usage_of, whole
from hub.api.v1.sinks import Gathering, Streaming
from hub.core.operations.calls import DEFAULT, Answered, Call, Denied, Listening
from hub.core.operations.completions import ApiCompletions
from hub.core.operations.keys import KeyRing, Keys
from hub.domain.key import Key

BODY_SECONDS = 60.0
"""How long a body may take to arrive: images of 20 MiB on a slow line."""


class V1:
    """Chat completions and models. `longest`: seconds an answer may take."""

    def __init__(self, keys: KeyRing, completions: ApiCompletions, store: Keys, longest: float) -> None:
        self._keys, self._completions = keys, completions
        self._once = Once(store, longest)

    async def models(self, request: web.Request) -> web.Response:
        """What may be asked with this key."""
        key = await self._key(request, fresh=True)
        found = [listed(model) for model in self._completions.models(key)]
        return _json({"object": "list", "data": found})

    async def model(self, request: web.Request) -> web.Response:
        """One of them; `default` is whoever answers under that name now."""
        key = await self._key(request, fresh=True)
        name = request.match_info["model"]
        found = self._completions.find(key, name)
        if isinstance(found, Denied):
            raise denied(found)
        return _json(listed(found) if name != DEFAULT else {**listed(found), "id": DEFAULT})

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """An answer, whole or as it comes."""
        key = await self._key(request)
        if key.scope.lists_only:
            raise Problem(403, "This key lists models and asks none.", "key_not_allowed")
        if seconds := await self._keys.wait(key):
            raise too_fast("with this key", seconds)
        body = await _body(request)
        name = request.headers.get(HEADER)
        if name is None:
            return await self._answer(request, key, parse(body), None)

        def as_asked() -> tuple[bool, bool]:
            asked = parse(body)
            return asked.stream, asked.usage

        return await self._once.run(
            key, name, body, lambda keep: self._answer(request, key, parse(body), keep), stream=as_asked
        )

    async def _answer(self, request: web.Request, key: Key, asked: Asked, keep: Keep | None) -> web.StreamResponse:
        name = new_id()
        sink = Streaming(request, name, usage=asked.usage) if asked.stream else Gathering(name)
        listening = Listening()
        request[LEFT] = listening.left
        call = Call(key, asked.model, asked.request, asked.max_output)
        answered = await self._completions.answer(call, sink, listening)
        if isinstance(answered, Denied):
            raise denied(answered)
        if answered.finish is None:
            return await _broken_off(sink, answered)
        if keep is not None or not isinstance(sink, Streaming):
            body = whole(name, answered.model, "".join(sink.said), sink.calls, answered.finish, answered.usage)
            if keep is not None:
                await keep(200, body)
            if not isinstance(sink, Streaming):
                return web.Response(body=body, content_type=JSON, headers={"X-Request-Id": name})
        return await sink.end(FINISHES[answered.finish], usage_of(answered.usage))

    async def _key(self, request: web.Request, *, fresh: bool = False) -> Key:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        key = await self._keys.find(secret.strip() if scheme.lower() == "bearer" else "", fresh=fresh)
        if key is None:
            raise unknown_key()
        if key.account.blocked:
            raise Problem(403, "The account of this key is blocked.", "account_blocked")
        return key


async def _body(request: web.Request) -> bytes:
    """What was sent, if it came in time."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        problem = Problem(408, f"The body did not arrive within {BODY_SECONDS:g} s.", "request_timeout")
        raise problem from None


async def _broken_off(sink: Gathering, answered: Answered) -> web.StreamResponse:
    """An answer without an end: a status where nothing went out yet, else an event that says so."""
    problem = not_answered(answered)
    response = sink.response if isinstance(sink, Streaming) else None
    if response is None:
        raise problem
    await response.write(failed(problem))
    response.force_close()
    return response


def _json(found: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(found), content_type=JSON)
