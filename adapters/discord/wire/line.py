"""One HTTP session to Discord for all our bots. Knows requests, limits and errors; must not know what is asked."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    DummyCookieJar,
    FormData,
)
from yarl import URL

from adapters.discord.errors import BadToken, mapped
from adapters.discord.wire.buckets import Buckets
from hub.domain.errors import AdapterError, Forbidden, RateLimited, Rejected, TooLarge, Unreachable
from hub.domain.reply import PartFile

AGENT = "DiscordBot (https://github.com/parley-hub/parley, 1)"
"""Discord asks every library to name itself so."""

FRAME_LIMIT = 32 * 1024 * 1024
"""Bytes of one gateway frame; a guild with many channels and roles is several megabytes."""

_LEAVE = ClientWSTimeout(ws_close=2.0)
"""How long the other side of a socket may take to say goodbye."""

DEFAULT_WAIT = 5.0
"""Seconds to wait after a 429 that does not say how long."""

FILE_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Where what people upload is kept."""


@dataclass(frozen=True, slots=True)
class Route:
    """One call: `shape` is the path with `{}` for each of `ids`; the first id is what Discord counts by."""

    method: str
    shape: str
    ids: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What Discord keeps one bucket for."""
        return f"{self.method} {self.shape.partition('?')[0]}"

    @property
    def major(self) -> str:
        """The id that a bucket is counted for; for a webhook its token belongs to it."""
        if not self.shape.startswith(("channels/", "guilds/", "webhooks/", "interactions/")):
            return ""
        return "/".join(self.ids[:2] if self.shape.startswith("webhooks/") else self.ids[:1])


class Line:
    """The shared session. One call is one request: nothing is repeated or waited for here."""

    def __init__(self, api_base: str, seconds: float) -> None:
        self._base = api_base.rstrip("/") + "/"
        self._timeout = ClientTimeout(total=seconds, sock_connect=min(10.0, seconds))
        self._session: ClientSession | None = None
        self.closed = False

    def session(self) -> ClientSession:
        """The session, made with the first call. Raises Unreachable once closed."""
        if self.closed:
            raise Unreachable("the Discord channel is closed")
        if self._session is None:
            self._session = ClientSession(
                timeout=self._timeout, cookie_jar=DummyCookieJar(), headers={"User-Agent": AGENT}
            )
        return self._session

    async def close(self) -> None:
        """Give back every connection."""
        self.closed = True
        if self._session is not None:
            await self._session.close()

    async def socket(self, url: str) -> ClientWebSocketResponse:
        """A WebSocket. Raises Unreachable."""
        try:
            return await self.session().ws_connect(url, max_msg_size=FRAME_LIMIT, timeout=_LEAVE)
        except (ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"the gateway cannot be reached ({type(error).__name__})") from error

    async def ask(
        self, route: Route, buckets: Buckets, token: str, body: object = None, file: PartFile | None = None
    ) -> Any:
        """Make one call; the decoded answer, None for an empty one. `token` empty: without authorization.

        Raises RateLimited (also without asking, where a bucket is known to be empty), Unreachable, Barred, Refused."""
        if wait := buckets.wait(route.name, route.major):
            raise RateLimited(wait)
        headers = {"Authorization": f"Bot {token}"} if token else {}
        content: FormData | bytes | None = None
        if file is not None:
            content = form(body, file)
        elif body is not None:
            content, headers["Content-Type"] = msgspec.json.encode(body), "application/json"
        url = URL(self._base + route.shape.format(*route.ids), encoded=True)
        try:
            asking = self.session().request(route.method, url, data=content, headers=headers, allow_redirects=False)
            async with asking as answer:
                whole = await answer.read()
        except (ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"Discord cannot be reached ({type(error).__name__})") from error
        if answer.status == 429:
            raise _too_many(route, buckets, answer.headers, whole)
        buckets.learn(route.name, route.major, answer.headers)
        if answer.status < 300:
            return _decoded(whole)
        if answer.status in (401, 403):
            buckets.invalid()
        raise _refusal(answer.status, whole)

    async def content(self, url: str, limit: int) -> bytes:
        """A file that somebody sent, at most `limit` bytes. Raises TooLarge, Unreachable, Forbidden, Refused."""
        try:
            place = URL(url)
        except ValueError:
            raise Rejected("the address of a file makes no sense") from None
        if place.host not in FILE_HOSTS | {URL(self._base).host}:
            raise Forbidden("a file of this message lies on no server of Discord's")
        try:
            async with self.session().get(place, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise mapped(answer.status, 0, "")
                if (answer.content_length or 0) > limit:
                    raise TooLarge(limit=size_words(limit))
                got = bytearray()
                async for chunk in answer.content.iter_any():
                    got += chunk
                    if len(got) > limit:
                        raise TooLarge(limit=size_words(limit))
                return bytes(got)
        except (ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"the file cannot be reached ({type(error).__name__})") from error


class Account:
    """What one bot says over the line: its token and its limits. A token that is refused is never shown again."""

    def __init__(self, line: Line, token: str) -> None:
        self.line = line
        self.token = token
        self.refused = False
        self._buckets = Buckets()

    async def call(
        self,
        method: str,
        shape: str,
        *ids: str,
        body: object = None,
        file: PartFile | None = None,
        bare: bool = False,
    ) -> Any:
        """One call, see Line.ask. `bare`: an interaction's own token, which is in the path, is all it needs."""
        if self.refused and not bare:
            raise BadToken("Discord refuses this bot's token")
        try:
            return await self.line.ask(Route(method, shape, ids), self._buckets, "" if bare else self.token, body, file)
        except BadToken:
            self.refused = self.refused or not bare
            raise


def form(body: object, file: PartFile) -> FormData:
    """A message with a file, as a multipart form."""
    fields = FormData()
    fields.add_field("payload_json", msgspec.json.encode(body).decode(), content_type="application/json")
    fields.add_field("files[0]", io.BytesIO(file.content), filename=file.name, content_type=file.media_type)
    return fields


def size_words(limit: int) -> str:
    """A size as people say it."""
    return f"{limit / (1024 * 1024):.0f} MiB" if limit >= 1024 * 1024 else f"{math.ceil(limit / 1024)} KiB"


def _decoded(whole: bytes) -> Any:
    if not whole:
        return None
    try:
        return msgspec.json.decode(whole)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreachable("Discord's answer cannot be read") from error


def _refusal(status: int, whole: bytes) -> AdapterError:
    code, message = 0, ""
    try:
        told = msgspec.json.decode(whole)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = None
    if isinstance(told, dict):
        code = told["code"] if isinstance(told.get("code"), int) else 0
        message = str(told.get("message", ""))
    return mapped(status, code, message)


def _too_many(route: Route, buckets: Buckets, headers: Mapping[str, str], whole: bytes) -> RateLimited:
    after, everywhere = headers.get("Retry-After", DEFAULT_WAIT), headers.get("X-RateLimit-Global") == "true"
    try:
        told = msgspec.json.decode(whole)
        after, everywhere = told["retry_after"], everywhere or bool(told.get("global"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError, KeyError, AttributeError):
        pass  # Cloudflare's own 429 is a page; then the header is what there is.
    try:
        seconds = float(after)
    except (TypeError, ValueError):
        seconds = DEFAULT_WAIT
    seconds = min(max(seconds, 0.0), 3600.0) if math.isfinite(seconds) else DEFAULT_WAIT
    buckets.exhausted(route.name, route.major, headers, seconds, everywhere=everywhere)
    return RateLimited(seconds)
