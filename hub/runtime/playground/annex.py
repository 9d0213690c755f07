"""The playground's pages beside the hub's own. Knows routes, who may call them and the content policy.

Must not know platforms. The hub listens on loopback only, and still a page from elsewhere could reach it through the
browser of who plays: a call has to name this very address, and one that does something must come from our page.
"""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from urllib.parse import quote

import msgspec
from aiohttp import web

from adapters.web.wire.token import pack
from hub.runtime.http_edge import body_of
from hub.runtime.playground.board import Board, Seen
from hub.runtime.playground.panes.pane import PEOPLE, Deed, Pane, Unfit
from hub.runtime.playground.stage import DEAR, SITE
from providers.presets import DEMO

ROOT = "/playground/"
UPLOAD_LIMIT = 5 * 1024 * 1024
"""Bytes of a file that somebody sends."""

IDENTITY_SECONDS = 3_000
"""How long the page's signature for a person is good; the widget takes an hour at most."""

TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HOST = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?")

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Annex:
    """Mounted on a hub that lives on `panes`. `secret`: of the widget's site; `opened` is told the page's address."""

    grace = 0.5

    def __init__(self, panes: Sequence[Pane], secret: str, model: str, opened: Callable[[str], None]) -> None:
        self._panes = {pane.id: pane for pane in panes}
        self._secret, self._model, self._opened = secret, model, opened
        self._dear = DEAR if model == DEMO.name else ""
        self._board = Board(panes)

    def mount(self, app: web.Application) -> None:
        """Add the routes, and follow the panes while `app` runs."""
        routes = app.router
        routes.add_get(ROOT.rstrip("/"), self._lead)
        routes.add_get(ROOT, _guarded(self._index))
        for each in files("hub.runtime.playground").joinpath("static").iterdir():
            routes.add_get(ROOT + each.name, _guarded(self._static))
        routes.add_get(ROOT + "people", _guarded(self._people))
        routes.add_get(ROOT + "events", _guarded(self._events))
        routes.add_get(ROOT + "files/{pane}/{file}", _guarded(self._file))
        routes.add_post(ROOT + "act", _guarded(self._act))
        routes.add_post(ROOT + "files/{pane}", _guarded(self._upload))
        app.on_startup.append(self._begin)
        app.on_shutdown.append(self._end)

    def opened(self, url: str) -> None:
        """The hub can be reached at `url`."""
        self._opened(url.rstrip("/") + ROOT)

    async def _begin(self, app: web.Application) -> None:
        self._board.start()

    async def _end(self, app: web.Application) -> None:
        await self._board.stop()

    async def _lead(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(ROOT)

    async def _index(self, request: web.Request) -> web.Response:
        return _static("index.html")

    async def _static(self, request: web.Request) -> web.Response:
        return _static(request.path.removeprefix(ROOT))

    async def _people(self, request: web.Request) -> web.Response:
        """GET people: who one can be, with what signs them in at the widget."""
        people = [
            {"id": one.id, "name": one.name, "language": one.language, "identity": self._sign(one.id, one.name)}
            for one in PEOPLE
        ]
        return body_of({"people": people, "site": SITE, "model": self._model, "dear": self._dear})

    def _sign(self, subject: str, name: str) -> str:
        claims = {"sub": subject, "aud": SITE, "exp": time.time() + IDENTITY_SECONDS, "name": name}
        words = ".".join(pack(json.dumps(each).encode()) for each in ({"alg": "HS256"}, claims))
        return f"{words}.{pack(hmac.digest(self._secret.encode(), words.encode(), 'sha256'))}"

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """GET events: everything that is shown, then whatever changes."""
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await answer.prepare(request)
        seen = Seen()
        while (found := await self._board.changes(seen)) is not None:
            await answer.write(b"data: " + found + b"\n\n")
        return answer

    async def _act(self, request: web.Request) -> web.Response:
        """POST act: somebody does something; 400 with words when it cannot be done."""
        try:
            deed = msgspec.json.decode(await request.read(), type=Deed)
            offered = await self._pane(deed.pane, deed.person).act(deed)
        except (msgspec.DecodeError, Unfit, AssertionError) as error:
            return body_of({"error": str(error)}, 400)
        return body_of({"offered": offered})

    async def _upload(self, request: web.Request) -> web.Response:
        """POST files: the body is the file; who sends it where stands in the query."""
        asked = request.query
        try:
            pane = self._pane(request.match_info["pane"], asked.get("person", ""))
            content = await request.read()
            if len(content) > UPLOAD_LIMIT:
                raise Unfit(f"At most {UPLOAD_LIMIT // 1024 // 1024} MiB here.")
            kind = asked.get("type") or "application/octet-stream"
            name = asked.get("name") or "file"
            await pane.uploads(asked["person"], asked.get("place", ""), name, kind, content, asked.get("text", ""))
        except (Unfit, AssertionError) as error:
            return body_of({"error": str(error)}, 400)
        return web.Response(status=204)

    async def _file(self, request: web.Request) -> web.Response:
        """GET files: always to be saved, never to be shown by the browser."""
        pane = self._panes.get(request.match_info["pane"])
        found = pane.file(request.match_info["file"]) if pane else None
        if found is None:
            raise web.HTTPNotFound
        name, content = found
        kept = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
        return web.Response(body=content, content_type="application/octet-stream", headers=kept)

    def _pane(self, pane: str, person: str) -> Pane:
        if pane not in self._panes or person not in {one.id for one in PEOPLE}:
            raise Unfit("There is no such pane or person.")
        return self._panes[pane]


def _static(name: str) -> web.Response:
    content = files("hub.runtime.playground").joinpath("static", name).read_bytes()
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-cache",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    return web.Response(body=content, content_type=TYPES[name.rpartition(".")[2]], charset="utf-8", headers=headers)


def _guarded(serve: Serve) -> Serve:
    """`serve` for calls to this machine by its own name, and from our own page where the browser says from where."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if not _HOST.fullmatch(request.host) or origin not in (None, f"http://{request.host}"):
            raise web.HTTPForbidden
        if request.method == "POST" and (origin is None or request.headers.get("Sec-Fetch-Site") == "cross-site"):
            raise web.HTTPForbidden
        return await serve(request)

    return guarded
