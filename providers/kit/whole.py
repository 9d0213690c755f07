"""A request in one piece, past aiohttp's session. Knows aiohttp's connections; must not know calls or vendors."""

from __future__ import annotations

import asyncio

from aiohttp import ClientRequest, ClientResponse, ClientSession, ClientTimeout, ConnectionTimeoutError, InvalidURL
from aiohttp.client_exceptions import ClientConnectionResetError
from aiohttp.helpers import TimerNoop
from aiohttp.http import StreamWriter
from yarl import URL

AT_ONCE = 50_000
"""Bytes that a free connection takes without a wait: below the 64 KiB at which asyncio lets writers pause. What is
longer is sent beside reading, lest an early refusal is not heard."""

_NO_TIMER = TimerNoop()


class Target:
    """One URL that is posted to. What all its requests share is made once; head and body leave together, at once.

    aiohttp's session makes a request anew each time and, before Python 3.12, a task of its body, which runs a round of
    the loop later: both are half of what a call costs before its first word. The connections stay the session's."""

    def __init__(self, session: ClientSession, url: URL, timeout: ClientTimeout) -> None:
        """Raises aiohttp.InvalidURL, and ValueError for a header that holds a control character."""
        if url.scheme not in ("http", "https"):
            raise InvalidURL(url)
        loop = asyncio.get_running_loop()
        self._session, self._timeout = session, timeout
        self._request = ClientRequest("POST", url, headers=session.headers, loop=loop, session=session)
        self._info = self._request.request_info
        fields = [f"{name}: {value}" for name, value in self._request.headers.items() if name != "Content-Length"]
        if not all(map(str.isprintable, fields)):
            raise ValueError("a header of this call holds a control character")
        lines = [f"POST {self._request.url.raw_path_qs} HTTP/1.1", *fields, "Content-Length: "]
        self._head = "\r\n".join(lines).encode()

    async def post(self, body: bytes) -> ClientResponse:
        """The response, once its head is there. `body`: at most AT_ONCE bytes. Raises aiohttp.ClientError, OSError."""
        connector = self._session.connector
        assert connector is not None
        try:
            connection = await connector.connect(self._request, [], self._timeout)
        except TimeoutError as error:
            raise ConnectionTimeoutError(f"no connection to {self._request.host} in time") from error
        try:
            protocol = connection.protocol
            assert protocol is not None
            protocol.set_response_params(timer=_NO_TIMER, read_until_eof=True, read_timeout=self._timeout.sock_read)
            if protocol.transport is None or protocol.transport.is_closing():
                raise ClientConnectionResetError("the connection was closed just now")
            protocol.transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))
            protocol.start_timeout()
        except BaseException:
            connection.close()
            raise
        response = self._response(StreamWriter(protocol, self._request.loop))
        try:
            return await response.start(connection)
        except BaseException:
            response.close()
            raise

    def _response(self, written: StreamWriter) -> ClientResponse:
        return ClientResponse(
            "POST",
            self._request.original_url,
            writer=None,
            continue100=None,
            timer=_NO_TIMER,
            request_info=self._info,
            traces=[],
            loop=self._request.loop,
            session=self._session,
            stream_writer=written,
        )
