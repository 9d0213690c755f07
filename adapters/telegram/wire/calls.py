"""Calls of the Bot API over one shared session: the hot path. Knows its HTTP; must not know what is said.

Form-encoded as the SDK does it, nested values as JSON. Never retries. The token stands in every address, so no error
and no log line of ours ever holds an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import msgspec
from yarl import URL

from adapters.telegram.errors import NotSent, refusal
from adapters.telegram.wire.update import mended
from hub.domain.errors import Rejected, TooLarge, Unreachable

SECONDS = 30.0
"""How long a call may take."""

CONNECT_SECONDS = 10.0

CONNECTIONS = 256
"""Open at the same time, at most: a burst of answers must not take every file descriptor."""

_TROUBLE = (aiohttp.ClientError, TimeoutError, OSError)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class _Parameters(msgspec.Struct):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class _Answer(msgspec.Struct):
    ok: bool
    result: msgspec.Raw = msgspec.Raw()
    error_code: int | None = None
    description: str = ""
    parameters: _Parameters | None = None


class Place(msgspec.Struct):
    """The chat of a message that was sent."""

    id: int


class Sent(msgspec.Struct):
    """What we keep of a message that was sent."""

    message_id: int
    chat: Place


class Admin(msgspec.Struct):
    """Somebody who runs a group."""

    user: Place


_answer = msgspec.json.Decoder(_Answer)


class Calls:
    """One server's Bot API, for every bot. The session is made lazily in the running loop."""

    def __init__(self, api_base: str) -> None:
        self.api_base = api_base
        self._session: aiohttp.ClientSession | None = None
        self._proxy: str | None = None
        self._closed = False

    async def call(self, token: str, method: str, fields: Mapping[str, Any], seconds: float = SECONDS) -> msgspec.Raw:
        """The JSON of the result; fields that are None are left out. `seconds`: how long it may take.

        Raises RateLimited, Forbidden, Rejected, Unreachable and their kinds in errors.py."""
        status, body = await self.post(f"/bot{token}/{method}", form(fields), _FORM, seconds)
        return result_of(status, body)

    async def post(self, path: str, body: Any, headers: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
        """Status and body of an answer. Raises Unreachable."""
        try:
            async with self._open().post(
                URL(self.api_base + path, encoded=True),
                data=body,
                headers=headers,
                proxy=self._proxy,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS),
            ) as response:
                return response.status, await response.read()
        except aiohttp.ClientConnectorError as error:
            raise NotSent(f"Telegram: {type(error).__name__}") from None
        except _TROUBLE as error:
            raise Unreachable(f"Telegram: {type(error).__name__}") from None

    async def download(self, token: str, path: str, limit: int) -> bytes:
        """A file by its file_path. Raises TooLarge (reading stops at `limit` bytes), Rejected, Unreachable."""
        chunks: list[bytes] = []
        size = 0
        try:
            async with self._open().get(
                URL(f"{self.api_base}/file/bot{token}/").join(URL.build(path=path.lstrip("/"))),
                proxy=self._proxy,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=4 * SECONDS, sock_connect=CONNECT_SECONDS, sock_read=SECONDS),
            ) as response:
                if response.status != 200:
                    kind = Rejected if response.status in (400, 403, 404) else Unreachable
                    raise kind(f"the file is refused with status {response.status}")
                async for chunk in response.content.iter_any():
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge("too_large", limit=f"{limit / 1024 / 1024:.3g} MiB")
                    chunks.append(chunk)
        except _TROUBLE as error:
            raise Unreachable(f"Telegram: {type(error).__name__}") from None
        return b"".join(chunks)

    async def close(self) -> None:
        """Give back every connection; nothing can be called any more."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._closed:
            raise NotSent("the Telegram channel is closed")
        if self._session is None:
            self._proxy = _proxy_for(self.api_base)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                headers={"User-Agent": "Parley"},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def form(fields: Mapping[str, Any]) -> bytes:
    """`fields` form-encoded: text as it is, everything else as JSON; None is left out."""
    texts = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in fields.items()
        if value is not None
    }
    # yarl's quoting is written in C: ten times as fast as urlencode, which is felt with every frame.
    return URL.build(query=texts).raw_query_string.encode()


def result_of(status: int, body: bytes) -> msgspec.Raw:
    """The result in an answer. Raises what `call` does."""
    try:
        answer = _decoded(body)
    except (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError):
        raise Unreachable(f"Telegram answers {status} with something that is not JSON") from None
    if answer.ok:
        return answer.result
    parameters = answer.parameters or _Parameters()
    raise refusal(
        answer.error_code or status, answer.description, parameters.retry_after, parameters.migrate_to_chat_id
    )


def _decoded(body: bytes) -> _Answer:
    try:
        return _answer.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        return _answer.decode(mended(body))


def _proxy_for(address: str) -> str | None:
    """The proxy that the environment names for `address`; none for this machine's own addresses."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1" or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)
