"""Where the routes of `/v1` stand. Knows their addresses and how a refusal leaves; must not know what is behind them.

That is loaded with the first call: most hubs answer on chat platforms alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache
from typing import TYPE_CHECKING

from aiohttp import web

from hub.api.v1.problem import Problem

if TYPE_CHECKING:
    from hub.api.v1.routes import V1

LEFT: web.RequestKey[Callable[[], None]] = web.RequestKey("left", Callable)  # type: ignore[arg-type]
"""Name under which a request carries what to call when its connection is lost."""

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


def mount(app: web.Application, make: Callable[[], V1]) -> None:
    """Add the routes; `make` is called once, with the first call."""
    opened = cache(make)

    def door(serve_of: Callable[[V1], Serve]) -> Serve:
        async def serve(request: web.Request) -> web.StreamResponse:
            try:
                return await serve_of(opened())(request)
            except Problem as problem:
                return problem.response()

        return serve

    app.router.add_post("/v1/chat/completions", door(lambda v1: v1.chat))
    app.router.add_get("/v1/models", door(lambda v1: v1.models))
    app.router.add_get("/v1/models/{model}", door(lambda v1: v1.model))
