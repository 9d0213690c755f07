"""The line to one endpoint: one shared session, one loop that reads a stream. Knows HTTP; must not know any vendor.

The hot path of the house: no SDK is imported here. Never retries: the core does, with an attempt row each.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Callable, Mapping
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import msgspec
from yarl import URL

from hub.domain.completion import CompletionRequest, StreamEvent, Usage
from hub.domain.errors import Broken, Down, ProviderError, Refused, SettingsError
from hub.domain.model import Endpoint
from providers.kit.decoder import StreamDecoder
from providers.kit.rejection import ErrorTable, read_rejection
from providers.kit.sse import EventSplitter
from providers.kit.usage import fields
from providers.kit.whole import AT_ONCE, Target

KEEPALIVE = 60.0
"""Seconds an idle connection is kept: a new TLS handshake costs the first word 50 to 150 ms."""

LAST_BYTES = 0.05
"""Seconds to wait for a server to end its response after its last event, so that the connection can be used again."""

LARGE_BODY = 1_000_000
"""Bytes above which aiohttp wants to read the body piece by piece."""

ERROR_BODY = 65_536
"""Bytes of an error body that we look at."""

HANGS_UP = frozenset({"llama.cpp"})
"""`Server` names that promise to keep a connection after a stream and close it: the next call would run into that."""

_TROUBLE = (aiohttp.ClientError, TimeoutError, OSError)


class Stream:
    """Events of one call, and what it has used so far. Iterating goes straight to the generator: it is per token."""

    __slots__ = ("_decoder", "_events")

    def __init__(self, events: AsyncGenerator[StreamEvent, None], decoder: StreamDecoder) -> None:
        self._events, self._decoder = events, decoder

    def __aiter__(self) -> AsyncGenerator[StreamEvent, None]:
        return self._events

    async def __anext__(self) -> StreamEvent:
        return await self._events.__anext__()

    async def aclose(self) -> None:
        """Leave the call: its connection is closed or given back before this returns."""
        await self._events.aclose()

    def used(self) -> Usage:
        """See Tally. A call that was not made yet has used nothing."""
        return self._decoder.used() if self._decoder.asked else Usage()


class Line:
    """Connections to one endpoint. `headers` go out with every call; made lazily in the running loop."""

    def __init__(self, endpoint: Endpoint, headers: Mapping[str, str], errors: ErrorTable) -> None:
        if not endpoint.api_key.isascii() or not endpoint.api_key.isprintable():
            raise SettingsError(f"providers.{endpoint.name}.api_key holds characters no key has")
        self._endpoint = endpoint
        self._headers = {"User-Agent": "Parley", "Accept-Encoding": "identity", **headers}
        self._errors = errors
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=endpoint.connect_timeout, sock_read=endpoint.read_timeout
        )
        self._targets: dict[URL, Target] = {}
        self._session: aiohttp.ClientSession | None = None
        self._proxy: str | None = None
        self._closed = False

    def stream(
        self,
        url: URL,
        request: CompletionRequest,
        encode: Callable[[CompletionRequest], bytes],
        decoding: Callable[[CompletionRequest, ErrorTable], StreamDecoder],
    ) -> Stream:
        """Post `request`, yield what comes. Errors as the Provider port has them; leaving closes the connection."""
        decoder = decoding(request, self._errors)
        return Stream(self._events(url, encode, decoder), decoder)

    async def _events(
        self, url: URL, encode: Callable[[CompletionRequest], bytes], decoder: StreamDecoder
    ) -> AsyncGenerator[StreamEvent, None]:
        decoder.asked = True
        response = await self._post(url, encode(decoder.request))
        content = response.content
        splitter = EventSplitter()
        begun = False
        if response.headers.get("Server") in HANGS_UP and response.connection is not None:
            protocol = response.connection.protocol
            if protocol is not None:
                protocol.force_close()
        try:
            if response.status != 200 or not response.content_type.startswith("text/event-stream"):
                await self._check(response)
            while not decoder.ended:
                failure: Exception | None = None
                try:
                    chunk = await content.readany()
                    decoder.feed_all(splitter.feed(chunk) if chunk else splitter.rest())
                except (*_TROUBLE, ProviderError, msgspec.MsgspecError, ValueError) as error:
                    chunk, failure = b"", error
                for event in decoder.take():
                    begun = True
                    yield event
                if failure is not None and decoder.finish is None:
                    raise self._failed(failure, decoder, begun) from None
                if not chunk:
                    break
            if decoder.ended and not content.is_eof():
                await _last_bytes(content)
            for event in decoder.end():
                yield event
        finally:
            # Closing a response that is not read to its end closes the connection: the vendor stops generating.
            if content.is_eof():
                response.release()
            else:
                response.close()

    async def ask(self, url: URL, body: bytes) -> Mapping[str, object]:
        """Post `body` and read a short JSON answer; empty when it is none. Errors as the Provider port has them."""
        response = await self._post(url, body)
        try:
            if response.status != 200:
                await self._check(response)
            return fields((await response.content.read(ERROR_BODY)).decode("utf-8", "replace"))
        except _TROUBLE as error:
            raise Down(self._errors.text(_words(error))) from None
        finally:
            response.release()

    async def close(self) -> None:
        """Give back every connection; the line cannot be used again."""
        self._closed = True
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def _post(self, url: URL, body: bytes) -> aiohttp.ClientResponse:
        try:
            session = self._open(url)
            if len(body) > AT_ONCE or self._proxy is not None:
                data = body if len(body) < LARGE_BODY else io.BytesIO(body)
                return await session.post(url, data=data, proxy=self._proxy, allow_redirects=False)
            if (target := self._targets.get(url)) is None:
                target = self._targets[url] = Target(session, url, self._timeout)
            return await target.post(body)
        except aiohttp.InvalidURL:
            raise Refused(self._errors.text("the base_url is not a URL")) from None
        except _TROUBLE as error:
            silent = isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError)
            raise Down(self._errors.text(_words(error)), sent=silent) from None

    def _open(self, url: URL) -> aiohttp.ClientSession:
        if self._closed:
            raise Down(self._errors.text("closed"))
        if self._session is None:
            self._proxy = _proxy_for(str(url))
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE, ttl_dns_cache=300),
                timeout=self._timeout,
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        """Raise what a response that is no stream means; return when it may be one with an odd label."""
        if response.status == 200 and response.content_type not in ("application/json", "text/html"):
            return
        try:
            body = await response.content.read(ERROR_BODY)
        except _TROUBLE:
            body = b""
        rejection = read_rejection(response.status, response.headers, body)
        if response.status == 200:
            if rejection.codes:
                raise self._errors.error(rejection)
            raise Refused(self._errors.text(f"answered {response.content_type}, not a stream; check the base_url"))
        raise self._errors.error(rejection)

    def _failed(self, failure: Exception, decoder: StreamDecoder, begun: bool) -> ProviderError:
        """What a failure inside the stream means: before the first word as without a stream, after it Broken."""
        if isinstance(failure, Broken):
            return failure
        if isinstance(failure, ProviderError):
            return decoder.broken(str(failure).removeprefix(self._errors.text(""))) if begun else failure
        if isinstance(failure, _TROUBLE):
            words = _words(failure)
            if decoder.streamed or decoder.model:
                return decoder.broken(words)
            return Down(self._errors.text(words), sent=True)
        return decoder.broken("the stream holds something that is no event")


async def _last_bytes(content: aiohttp.StreamReader) -> None:
    try:
        async with asyncio.timeout(LAST_BYTES):
            while await content.readany():
                pass
    except _TROUBLE:
        return


def _words(error: BaseException) -> str:
    """A transport error in our words; never its repr, which may hold headers."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "no connection in time"
    if isinstance(error, TimeoutError):
        return "silent for too long"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the host name does not resolve"
    if isinstance(error, (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError)):
        return "the server's certificate is not trusted"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect ({error.os_error.strerror or 'connection failed'})"
    return "the connection broke"


def _proxy_for(url: str) -> str | None:
    """The proxy the environment asks for, looked up once and not at every call (as aiohttp's `trust_env` does)."""
    parts = urlsplit(url)
    if parts.hostname in (None, "localhost", "127.0.0.1", "::1") or proxy_bypass(parts.hostname):
        return None
    return getproxies().get(parts.scheme)
