"""The page behind `/export`'s link. Knows how a download streams; must not know what is in it."""

from __future__ import annotations

import time

from aiohttp import web

from hub.core.operations.person import Exports


class Export:
    """One route."""

    def __init__(self, exports: Exports) -> None:
        self._exports = exports

    def mount(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get("/export", self.give)

    async def give(self, request: web.Request) -> web.StreamResponse:
        """Everything, as a file; 404 for a word that is not ours or too old."""
        found = self._exports.read(request.query.get("word", ""), time.time_ns() // 1_000_000)
        if found is None:
            raise web.HTTPNotFound
        answer = web.StreamResponse(
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Content-Disposition": 'attachment; filename="parley-export.json"',
            }
        )
        await answer.prepare(request)
        async for piece in self._exports.told(*found):
            await answer.write(piece.encode())
        await answer.write_eof()
        return answer
