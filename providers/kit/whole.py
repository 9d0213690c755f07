"""A request in one piece, through aiohttp's session. Knows aiohttp's request; must not know calls or vendors."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientRequest, ClientResponse
from aiohttp.http import StreamWriter

AT_ONCE = 50_000
"""Bytes that a free connection takes without a wait: below the 64 KiB at which asyncio lets writers pause. What is
longer is sent beside reading, lest an early refusal is not heard."""


class WholeRequest(ClientRequest):
    """A body of moderate length goes out at once and with its head.

    aiohttp makes a task of every body, which before Python 3.12 runs a round of the loop later: a tenth of what a call
    costs before its first word."""

    _whole: bytes | None = None

    def update_body_from_data(self, body: Any, _stacklevel: int = 3) -> None:
        """See aiohttp.ClientRequest; called by its constructor."""
        if isinstance(body, bytes) and len(body) <= AT_ONCE:
            self._whole = body
            self.headers["Content-Length"] = str(len(body))
        else:
            super().update_body_from_data(body, _stacklevel)

    async def send(self, conn: Any) -> ClientResponse:
        """See aiohttp.ClientRequest."""
        if self._whole is None:
            return await super().send(conn)
        protocol = conn.protocol
        writer = StreamWriter(protocol, self.loop)
        target = str(self.url) if self.proxy and not self.is_ssl() else self.url.raw_path_qs
        await writer.write_headers(f"{self.method} {target} HTTP/1.1", self.headers)
        await writer.write_eof(self._whole)
        protocol.start_timeout()
        response: ClientResponse = self.response_class(
            self.method,
            self.original_url,
            writer=None,
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=[],
            loop=self.loop,
            session=self._session,
            stream_writer=writer,
        )
        return response
