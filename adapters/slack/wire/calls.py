"""Calls of the Web API. Knows encodings and one shared session; must not know bots, addresses or texts.

Hot calls (per message, per frame) go this way. JSON where the method reads it, else a form, which every method reads.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from adapters.slack.errors import refusal
from hub.domain.errors import Forbidden, Rejected, TooLarge, Unreachable

CALL_SECONDS = 20.0
"""How long Slack may take for one call; the SDK's own patience is 30 s."""

FILE_SECONDS = 120.0

_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Calls:
    """All calls of one adapter, over one session that is opened with the first."""

    def __init__(self, api_base: str) -> None:
        self.api_base = api_base
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @property
    def session(self) -> aiohttp.ClientSession:
        """The shared session. Raises Unreachable once closed."""
        if self._closed:
            raise Unreachable("the Slack channel is closed")
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=CALL_SECONDS), connector=aiohttp.TCPConnector(limit=200)
            )
        return self._session

    async def close(self) -> None:
        """Give the session back; calling is over."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def call(self, token: str, method: str, body: Mapping[str, object]) -> dict[str, Any]:
        """A method that reads JSON. Raises RateLimited, Unreachable, Forbidden, Rejected."""
        return await self._ask(token, method, data=msgspec.json.encode(body), headers=_HEADERS)

    async def ask(self, token: str, method: str, **form: str) -> dict[str, Any]:
        """A method that reads a form. Raises as `call`."""
        return await self._ask(token, method, data=form, headers={})

    async def scopes(self, token: str) -> tuple[dict[str, Any], frozenset[str]]:
        """What auth.test says, and the scopes the token has. Raises as `call`."""
        granted: list[str] = []
        answer = await self._ask(token, "auth.test", data={}, headers={}, scopes=granted)
        return answer, frozenset(granted)

    async def _ask(
        self,
        token: str,
        method: str,
        *,
        data: bytes | dict[str, str],
        headers: Mapping[str, str],
        scopes: list[str] | None = None,
    ) -> dict[str, Any]:
        try:
            async with self.session.post(
                self.api_base + method, data=data, headers={**headers, "Authorization": f"Bearer {token}"}
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"{method}: Slack cannot be reached ({type(error).__name__})") from None
        try:
            answer = _decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            answer = {}
        if answer.get("ok") is not True or response.status != 200:
            raise refusal(
                method, response.status if answer or response.status != 200 else 502, response.headers, answer
            )
        if scopes is not None:
            scopes += [
                scope.strip() for scope in response.headers.get("x-oauth-scopes", "").split(",") if scope.strip()
            ]
        return answer

    async def respond(self, url: str, body: Mapping[str, object]) -> None:
        """Answer an interaction at its response_url. Raises Unreachable, Rejected (used up or expired)."""
        try:
            async with self.session.post(url, data=msgspec.json.encode(body), headers=_HEADERS) as response:
                await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"response_url: Slack cannot be reached ({type(error).__name__})") from None
        if response.status == 429 or response.status >= 500:
            raise refusal("response_url", response.status, response.headers, {})
        if response.status != 200:
            raise Rejected(f"response_url: HTTP {response.status}")

    async def put(self, url: str, content: bytes) -> None:
        """Put a file's content where Slack said; no token is shown there. Raises RateLimited, Unreachable, Rejected."""
        try:
            async with self.session.post(
                url, data=io.BytesIO(content), timeout=aiohttp.ClientTimeout(total=FILE_SECONDS)
            ) as response:
                await response.read()
        except (aiohttp.ClientError, ValueError, TimeoutError) as error:
            raise Unreachable(f"file: Slack cannot be reached ({type(error).__name__})") from None
        if response.status != 200:
            raise refusal("file", response.status, response.headers, {})

    async def download(self, token: str, url: str, limit: int) -> bytes:
        """The content of a private file. Raises TooLarge beyond `limit` bytes, Unreachable, Forbidden, Rejected."""
        if not self._is_slacks(url):
            raise Rejected("the file is not kept by Slack")
        try:
            async with self.session.get(
                url,
                headers={"Authorization": f"Bearer {token}"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=FILE_SECONDS),
            ) as response:
                if response.status == 429 or response.status >= 500:
                    raise refusal("file", response.status, response.headers, {})
                if response.status in (401, 403) or 300 <= response.status < 400:
                    raise Forbidden("Slack does not hand this file out; the app may lack files:read")
                if response.status != 200:
                    raise Rejected(f"the file is gone (HTTP {response.status})")
                return await _within(response, limit)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"file: Slack cannot be reached ({type(error).__name__})") from None

    def _is_slacks(self, url: str) -> bool:
        """Whether a token may be shown there: Slack's own hosts, or the one we were told to call."""
        try:
            place, ours = urlsplit(url), urlsplit(self.api_base)
        except ValueError:
            return False
        if (place.scheme, place.netloc) == (ours.scheme, ours.netloc):
            return True
        host = place.hostname or ""
        return (
            place.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com")) and "@" not in place.netloc
        )


async def _within(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if (response.content_length or 0) > limit:
        raise TooLarge(limit=limit)
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > limit:
            raise TooLarge(limit=limit)
    is_page = response.content_type == "text/html" and content[:256].lstrip().lower().startswith(b"<!doctype html")
    # Slack shows strangers its sign-in page with 200; an HTML file that somebody shared comes as an attachment.
    if is_page and "attachment" not in response.headers.get("Content-Disposition", ""):
        raise Forbidden("Slack does not hand this file out; the app may lack files:read")
    return bytes(content)
