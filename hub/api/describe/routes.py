"""`/openapi.json` and `/docs`. Knows what is mounted beside it; must not know what any of that does."""

from __future__ import annotations

from importlib.resources import files

import msgspec
from aiohttp import web

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""One stylesheet of our own, and nothing else: no script at all."""


class Description:
    """Describes the application it is mounted in. `url`: where people reach it, empty: as they asked."""

    def __init__(self, version: str, url: str) -> None:
        self._version, self._url = version, url or "/"

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/openapi.json", self.for_programs)
        app.router.add_get("/docs", self.for_people)
        app.router.add_get("/docs.css", self.style)

    async def for_programs(self, request: web.Request) -> web.Response:
        """The document; any page may read it."""
        body = msgspec.json.encode(self._document(request))
        return web.Response(body=body, content_type="application/json", headers={"Access-Control-Allow-Origin": "*"})

    async def for_people(self, request: web.Request) -> web.Response:
        """The same as a page."""
        from hub.api.describe.page import page

        shown = page(self._document(request))
        return web.Response(text=shown, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    async def style(self, request: web.Request) -> web.Response:
        """How that page looks."""
        text = files("hub.api.describe").joinpath("static", "docs.css").read_text("utf-8")
        return web.Response(text=text, content_type="text/css", headers={"Cache-Control": "public, max-age=300"})

    def _document(self, request: web.Request) -> dict[str, object]:
        from hub.api.describe.document import document, mounted

        return document(mounted(request.app), self._version, self._url)
