"""The widget's script and the hub's own page. Knows files, caching and their content policy; must not know visitors."""

from __future__ import annotations

import gzip
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from aiohttp import web

from hub.ports.adapter import Route

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
    "img-src 'self' data: blob:; base-uri 'none'; object-src 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_NONCE = b"{{nonce}}"
_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Vary": "Accept-Encoding",
}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    packed: bytes
    etag: str
    media_type: str


@cache
def _read(name: str) -> _File:
    content = files("adapters.web").joinpath("static", name).read_bytes()
    packed = gzip.compress(content, 9, mtime=0)
    return _File(content, packed, f'"{hashlib.sha256(content).hexdigest()[:20]}"', _TYPES[name.rpartition(".")[2]])


class Pages:
    """Serves every file of the static folder at the root, and its index as `/`."""

    def routes(self) -> Iterable[Route]:
        """One exact route a file: nothing outside the folder has a name."""
        folder = files("adapters.web").joinpath("static")
        found = sorted(each.name for each in folder.iterdir() if each.name.rpartition(".")[2] in _TYPES)
        for name in found:
            path, serve = ("/", self.index) if name == "index.html" else (f"/{name}", self._file)
            yield from (Route(method, path, serve) for method in ("GET", "HEAD"))

    async def index(self, request: web.Request) -> web.Response:
        """GET /: a new nonce in every answer; inline code would have to carry it, and there is none."""
        file = _read("index.html")
        nonce = secrets.token_urlsafe(18)
        headers = {
            **_COMMON,
            "Content-Security-Policy": _PAGE_POLICY.format(nonce=nonce),
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        if _NONCE in file.content:
            body = file.content.replace(_NONCE, nonce.encode())
            headers |= {"Content-Type": file.media_type, "Cache-Control": "no-store"}
            return web.Response(body=body, headers=headers)
        return _answer(request, file, {**headers, "Cache-Control": "no-cache"})

    async def _file(self, request: web.Request) -> web.Response:
        """GET /<name>: any page may load it; it holds nothing of anybody."""
        headers = {
            **_COMMON,
            "Content-Security-Policy": _FILE_POLICY,
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": "public, max-age=300",
        }
        return _answer(request, _read(request.path[1:]), headers)


def _answer(request: web.Request, file: _File, headers: dict[str, str]) -> web.Response:
    headers = {**headers, "ETag": file.etag}
    known = request.headers.get("If-None-Match", "")
    if file.etag in known or known == "*":
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = file.media_type
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=file.packed, headers=headers)
    return web.Response(body=file.content, headers=headers)
