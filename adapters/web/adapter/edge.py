"""The outermost step of every request. Knows origins, sessions, errors and headers; must not know what is asked for."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache

from aiohttp import web

from adapters.web.config import Site, WebConfig
from adapters.web.errors import answer
from adapters.web.parse import language_of
from adapters.web.wire.origin import Origins
from adapters.web.wire.token import Seal, Session, claimed
from hub.domain.address import Address
from hub.domain.errors import BadInput, Busy, ForPerson, NotAllowed, StoreDown, TooLarge
from hub.ports.adapter import Accept
from hub.ports.house import House

log = logging.getLogger(__name__)

BODY_SECONDS = 20.0
"""How long a message or session may take to arrive."""

GUESTS_KEPT = 10_000
"""Tokens whose guest is remembered: whoever writes, writes again. About 1 KiB each."""

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ALWAYS = {
    "Vary": "Origin",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "authorization, content-type, idempotency-key, last-event-id, x-file-name",
    "Access-Control-Max-Age": "7200",
}


@dataclass(frozen=True, slots=True)
class Guest:
    """Who asks: a session that was proven, its site, and where their answers go."""

    session: Session
    site: Site
    seal: Seal
    address: Address

    @property
    def user(self) -> str:
        """The person's id on this platform."""
        return f"{self.site.key}:{self.session.visitor}"


class Edge:
    """Lets requests in, and turns what goes wrong inside into words."""

    def __init__(self, config: WebConfig, house: House) -> None:
        self.sites = {site.key: site for site in config.sites}
        key = house.key_for("web-session")
        self.seals = {site.key: Seal(key, site.key, site.identity_secret.get_secret_value()) for site in config.sites}
        self.origins = Origins(config.sites, config.public_origin)
        self.accept: Accept | None = None
        self._house = house
        self._genuine = lru_cache(GUESTS_KEPT)(self._find_genuine)

    def door(self, serve: Serve) -> Serve:
        """`serve`, guarded."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            headers = self.headers(request)
            try:
                if self.accept is None:
                    raise Busy("not_ready", after=1)
                if not self.origins.known(request.headers.get("Origin"), host_of(request)):
                    raise NotAllowed("foreign_origin")
                response = await serve(request)
            except (ForPerson, StoreDown) as error:
                response = answer(error, self._house, self._language(request))
                if isinstance(error, ForPerson) and error.key == "foreign_origin":
                    headers.pop("Access-Control-Allow-Origin", None)
            except (web.HTTPException, ConnectionError):
                raise
            except Exception as error:
                log.exception("the web adapter failed at %s", request.rel_url.raw_path)
                response = answer(error, self._house, self._language(request))
            if not response.prepared:
                for name, value in headers.items():
                    response.headers.setdefault(name, value)
            return response

        return guarded

    async def preflight(self, request: web.Request) -> web.StreamResponse:
        """CORS: what a page may send. Strangers get no permission, and no session exists yet to say which site."""
        return web.Response(status=204, headers=_PREFLIGHT)

    def headers(self, request: web.Request) -> dict[str, str]:
        """Headers of every answer to `request`."""
        origin = request.headers.get("Origin")
        if origin is None or not self.origins.known(origin, host_of(request)):
            return dict(_ALWAYS)
        return {
            **_ALWAYS,
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": "Retry-After, Content-Disposition",
        }

    def guest(self, request: web.Request) -> Guest:
        """Who asks. Raises NotAllowed, also when their page is not one of the site's."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise NotAllowed("bad_token")
        guest = self.proven(token)
        if guest is None:
            raise NotAllowed("bad_token")
        if guest.site.require_identity and not guest.session.identified:
            raise NotAllowed("identity_required")
        self.check_origin(request, guest.site)
        return guest

    def proven(self, token: str) -> Guest | None:
        """The guest whose session `token` is, None unless we issued it and it is still good."""
        try:
            guest = self._genuine(token)
        except NotAllowed:
            return None
        return guest if guest.session.expires > time.time() else None

    def _find_genuine(self, token: str) -> Guest:
        """Raises NotAllowed rather than give None, which would be kept: forgeries shall not fill our memory."""
        session = claimed(token)
        seal = self.seals.get(session.site) if session is not None else None
        if session is None or seal is None or not seal.genuine(token, session):
            raise NotAllowed("bad_token")
        site = self.sites[session.site]
        return Guest(session, site, seal, Address(site.tenant, "web", site.key, session.visitor))

    def check_origin(self, request: web.Request, site: Site) -> None:
        """Raises NotAllowed unless the asking page may use `site`."""
        if not self.origins.may(request.headers.get("Origin"), host_of(request), site.key):
            raise NotAllowed("foreign_origin")

    def _language(self, request: web.Request) -> str:
        session = claimed(request.headers.get("Authorization", "").partition(" ")[2])
        return language_of(session.language if session else None, request.headers.get("Accept-Language"))


def host_of(request: web.Request) -> str:
    """The Host we were called by, or "": aiohttp would ask the system for our name instead, and wait for it."""
    return request.headers.get("Host", "")


@asynccontextmanager
async def arriving(seconds: float) -> AsyncIterator[None]:
    """A body has to be here within `seconds`, and be what it says. Raises BadInput."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise BadInput("slow_request") from error
    except web.RequestPayloadError as error:
        raise BadInput("bad_request") from error


async def body_within(request: web.Request, cap: int) -> bytes:
    """The whole body, read no further than `cap` bytes (after decompression). Raises TooLarge and BadInput."""
    if (request.content_length or 0) > cap:
        raise TooLarge("too_large", limit=size_words(cap))
    content = request.content
    if content.is_eof() and content.exception() is None and content.total_bytes <= cap:
        # it came together with its head, as messages do: nothing to wait for
        return content.read_nowait()
    chunks: list[bytes] = []
    size = 0
    async with arriving(BODY_SECONDS):
        while chunk := await content.readany():
            size += len(chunk)
            if size > cap:
                raise TooLarge("too_large", limit=size_words(cap))
            chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def size_words(size: int) -> str:
    """A number of bytes for people, such as `10 MiB`."""
    return f"{size / 1024 / 1024:.3g} MiB" if size >= 1024 * 1024 else f"{size / 1024:.3g} KiB"
