"""The page behind a mail's last link. Knows its two methods (RFC 8058); must not know how a word is signed.

Opening it changes nothing, for programs that look at mail open every link; pressing its button, or a mail program's
own, does.
"""

from __future__ import annotations

from html import escape

from aiohttp import web

from hub.core.operations.refusals import Refusals, direction, say

_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"}

_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:12vh auto;"
    "padding:0 1.25rem}button{font:inherit;padding:.6rem 1.1rem;border-radius:.5rem;border:0;background:#1a56c4;"
    "color:#fff;cursor:pointer}"
)


class Unsubscribe:
    """Both methods of the page."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals

    def mount(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/mail/unsubscribe", self.ask)
        app.router.add_post("/mail/unsubscribe", self.refuse)

    async def ask(self, request: web.Request) -> web.Response:
        """Ask whether it is meant."""
        word, language = request.query.get("word", ""), _language(request)
        if await self._refusals.read(word) is None:
            return _page(language, "unknown", 404)
        return _page(language, "ask", 200, button=True)

    async def refuse(self, request: web.Request) -> web.Response:
        """Do it; the body says `List-Unsubscribe=One-Click` and is not needed."""
        done = await self._refusals.refuse(request.query.get("word", ""))
        return _page(_language(request), "done" if done else "unknown", 200 if done else 404)


def _language(request: web.Request) -> str:
    return request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()


def _page(language: str, key: str, status: int, *, button: bool = False) -> web.Response:
    form = f'<form method="post"><button>{escape(say("button", language))}</button></form>' if button else ""
    text = (
        f'<!DOCTYPE html><html lang="{escape(language, quote=True) or "en"}" dir="{direction(language)}"><head>'
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(say('title', language))}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(say('title', language))}</h1><p>{escape(say(key, language))}</p>{form}</main></body></html>"
    )
    return web.Response(text=text, status=status, content_type="text/html", headers=_POLICY)
