"""Routes of paying: the page before, the page after, Stripe's webhook. Knows HTTP and HTML; must not know payments."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from html import escape

from aiohttp import web

from hub.core.operations.pay_page import PayPage, PayPages, now_ms
from hub.core.operations.sales import Sales
from hub.domain.errors import BadSignature, PaymentError, StoreDown

LARGEST = 512 * 1024
"""Bytes of a webhook's body that are read; Stripe's events have a few kB."""

AGAIN_SECONDS = 3
"""How often the page after paying asks for itself anew."""

RETRY_SECONDS = 30

TOKEN = r"[\w-]{10,64}"  # noqa: S105 - its shape

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2023;--soft:#575c60;--line:#e3e1da;--back:#f7f6f2;--card:#fff;--act:#0f6a5b;
--on:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#ececea;--soft:#a9aba9;--line:#2c2e30;--back:#121314;--card:#191a1c;
--act:#7fd0bf;--on:#10211d}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--back);color:var(--ink);
font:1rem/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{width:100%;max-width:26rem;background:var(--card);border:1px solid var(--line);border-radius:1.5rem;
padding:1.75rem}
h1{font-size:1.4rem;line-height:1.25;margin:0 0 1.25rem;letter-spacing:-.01em;text-wrap:balance}
p{margin:0 0 1.25rem}main>:last-child{margin-block-end:0}dl{margin:0 0 1.5rem}
dl div{display:flex;justify-content:space-between;gap:1rem;padding:.65rem 0;border-top:1px solid var(--line)}
dl div:last-child{border-bottom:1px solid var(--line)}
dt{color:var(--soft);flex:none}dd{margin:0;text-align:end;font-weight:600;overflow-wrap:anywhere}
button,.act{display:block;width:100%;padding:.8rem 1rem;border:0;border-radius:1rem;background:var(--act);
color:var(--on);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
button:focus-visible,.act:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
.note{margin-block-start:1.25rem;color:var(--soft);font-size:.9rem}
"""

_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self' https:{also}; base-uri 'none'; "
    "frame-ancestors 'none'"
)

log = logging.getLogger("parley.payments")


class PayRoutes:
    """What is mounted where paying is set up. `also`: an origin besides https ones that Continue may lead to."""

    def __init__(self, sales: Sales, also: str = "") -> None:
        self._sales, self._pages = sales, PayPages(sales)
        # browsers hold a form to this even where its answer leads on, to whatever address the gateway has
        self._policy = _POLICY.format(hash=_HASH, also=f" {also}" if also else "")

    def mount(self, app: web.Application) -> None:
        """Add the routes; the webhook's only where its secret is known."""
        app.router.add_get(f"/pay/{{token:{TOKEN}}}", self._offered)
        app.router.add_post(f"/pay/{{token:{TOKEN}}}", self._followed)
        app.router.add_get(f"/pay/{{token:{TOKEN}}}/done", self._returned)
        app.router.add_get(f"/pay/{{token:{TOKEN}}}/away", self._left)
        if self._sales.gateway.listens:
            app.router.add_post(f"/hooks/{self._sales.gateway.name}", self._hook)

    async def _offered(self, request: web.Request) -> web.Response:
        return self._shown(await self._pages.offered(request.match_info["token"], now_ms(), _language(request)))

    async def _followed(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            # a form elsewhere must not lead past the page that says what is bought, and for whom
            return await self._offered(request)
        led = await self._pages.followed(request.match_info["token"], now_ms(), _language(request))
        if isinstance(led, PayPage):
            return self._shown(led)
        raise web.HTTPSeeOther(led)

    async def _returned(self, request: web.Request) -> web.Response:
        return self._shown(await self._pages.returned(request.match_info["token"], now_ms(), _language(request)))

    async def _left(self, request: web.Request) -> web.Response:
        return self._shown(await self._pages.left(request.match_info["token"], _language(request)))

    def _shown(self, page: PayPage) -> web.Response:
        return web.Response(
            text=page_html(page),
            status=page.status,
            content_type="text/html",
            headers={"Content-Security-Policy": self._policy, "X-Robots-Tag": "noindex"},
        )

    async def _hook(self, request: web.Request) -> web.Response:
        """400 for everything that is not surely the gateway's, the same for whatever reason."""
        signature = request.headers.get("Stripe-Signature", "")
        body = await _read(request) if 0 < len(signature) <= 4096 else None
        if body is None:
            return _no()
        try:
            await self._sales.hook(body, signature, now_ms())
        except BadSignature as error:
            log.warning("a webhook is refused: %s", error)
            return _no()
        except (PaymentError, StoreDown) as error:
            log.warning("a webhook has to come again: %s", error)
            return web.Response(status=503, headers={"Retry-After": str(RETRY_SECONDS)})
        return web.Response(text="ok")


def page_html(page: PayPage) -> str:
    """A page without scripts, in the person's language and direction."""
    direction = "rtl" if page.language == "ar" else "ltr"
    again = f'<meta http-equiv="refresh" content="{AGAIN_SECONDS}">' if page.again else ""
    body = f"<h1>{escape(page.title)}</h1>"
    if page.text:
        body += f"<p>{escape(page.text)}</p>"
    if page.rows:
        rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in page.rows)
        body += f"<dl>{rows}</dl>"
    if page.button:
        body += f'<form method="post"><button>{escape(page.button)}</button></form>'
    if page.back and re.match(r"/|(?:https?|slack)://", page.back):
        body += f'<a class="act" href="{escape(page.back)}">{escape(page.back_label)}</a>'
    if page.notes:
        body += f'<p class="note">{escape(" ".join(page.notes))}</p>'
    return (
        f'<!doctype html><html lang="{page.language}" dir="{direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{again}'
        f"<title>{escape(page.title)}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )


async def _read(request: web.Request) -> bytes | None:
    """The body; None once it is larger than any of Stripe's, of which no more is read."""
    if (request.content_length or 0) > LARGEST:
        return None
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _no() -> web.Response:
    answer = web.Response(status=400, text="refused")
    answer.force_close()
    return answer


def _language(request: web.Request) -> str:
    return request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()
