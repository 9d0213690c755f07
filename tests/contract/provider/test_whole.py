"""Requests in one piece, as they arrive at a socket."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from hub.domain.errors import Refused
from hub.domain.model import Endpoint
from providers.kit.line import Line
from providers.kit.rejection import ErrorTable
from providers.kit.whole import AT_ONCE, Target

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TIMEOUT = aiohttp.ClientTimeout(total=None, connect=5, sock_read=5)


class Server:
    """Answers every request when its body is there; or at its head, and reads no body (`early`); or never.

    `requests`: head and body of each that came; `left`: somebody closed a connection."""

    def __init__(self, *, early: bool = False, silent: bool = False) -> None:
        self.requests: list[tuple[bytes, bytes]] = []
        self.pieces = self.connections = 0
        self.left = asyncio.Event()
        self._early, self._silent = early, silent
        self._over = asyncio.Event()
        self._served: set[asyncio.Task[None]] = set()
        self.url = ""

    async def close(self) -> None:
        self._over.set()
        await asyncio.gather(*self._served)

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._served.add(asyncio.create_task(self._answer(reader, writer)))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived = b""
        while piece := await reader.read(1 << 16):
            self.pieces += 1
            arrived += piece
            head, _, body = arrived.partition(b"\r\n\r\n")
            (size,) = re.findall(rb"Content-Length: (\d+)", head)
            if not self._silent and (self._early or len(body) == int(size)):
                self.requests.append((head, body))
                writer.write(ANSWER)
                arrived = b""
            if self._early:
                await self._over.wait()
                break
        self.left.set()
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with aiohttp.ClientSession(headers={"Accept": "a/b"}) as session:
        yield session
    await server.close()
    listening.close()
    await listening.wait_closed()


async def ask(target: Target, body: bytes) -> None:
    response = await target.post(body)
    assert (response.status, await response.read()) == (200, b"ok")


async def test_head_and_body_leave_together_and_the_connection_is_used_again() -> None:
    server = Server()
    async with serving(server) as session:
        target = Target(session, URL(server.url + "/v1/a?b=c"), TIMEOUT)
        for body in (b"{}", b'{"a": 1}', b""):
            await ask(target, body)
    assert (server.connections, server.pieces) == (1, 3)
    assert [body for _, body in server.requests] == [b"{}", b'{"a": 1}', b""]
    for head, _ in server.requests:
        assert head.startswith(b"POST /v1/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
        assert head.count(b"Content-Length") == 1
        assert b"Accept: a/b\r\n" in head


async def test_what_leaves_is_what_the_session_itself_would_send() -> None:
    server = Server()
    async with serving(server) as session:
        url = URL(server.url + "/v1/models/m:go?alt=sse&q=a%20b")
        await ask(Target(session, url, TIMEOUT), b"{}")
        async with session.post(url, data=b"{}", headers={"Content-Type": "a/c"}) as response:
            await response.read()
    (ours, _), (theirs, _) = server.requests
    assert set(ours.split(b"\r\n")) == set(theirs.split(b"\r\n")) - {b"Content-Type: a/c"}


async def test_many_at_once_each_have_their_own_answer_and_connection() -> None:
    server = Server()
    async with serving(server) as session:
        target = Target(session, URL(server.url), TIMEOUT)
        await asyncio.gather(*(ask(target, b"%d" % number) for number in range(20)))
    assert server.connections == 20
    assert sorted(int(body) for _, body in server.requests) == list(range(20))


async def test_a_call_that_is_given_up_closes_its_connection() -> None:
    server = Server(silent=True)
    async with serving(server) as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await Target(session, URL(server.url), TIMEOUT).post(b"{}")
        async with asyncio.timeout(5):
            await server.left.wait()


async def test_a_server_that_says_nothing_for_too_long() -> None:
    server = Server(silent=True)
    async with serving(server) as session:
        with pytest.raises(aiohttp.SocketTimeoutError):
            await Target(session, URL(server.url), aiohttp.ClientTimeout(sock_read=0.1)).post(b"{}")


async def test_headers_cannot_be_smuggled_in() -> None:
    async with aiohttp.ClientSession(headers={"OpenAI-Project": "a\r\nX-Evil: b"}) as session:
        with pytest.raises(ValueError, match="control character"):
            Target(session, URL("http://127.0.0.1/v1"), TIMEOUT)


@contextlib.asynccontextmanager
async def line_to(url: str) -> AsyncIterator[Line]:
    line = Line(Endpoint("here", "openai", "k", url), {}, ErrorTable("here", {}, {}))
    yield line
    await line.close()


@pytest.mark.parametrize("size", [AT_ONCE, AT_ONCE + 1, 900_000])
async def test_a_body_of_any_length_arrives_whole(size: int) -> None:
    server = Server()
    async with serving(server), line_to(server.url) as line:
        await line.ask(URL(server.url), b"x" * size)
    assert [len(body) for _, body in server.requests] == [size]


async def test_an_early_answer_to_a_long_body_is_heard() -> None:
    server = Server(early=True)
    async with serving(server), line_to(server.url) as line:
        assert await line.ask(URL(server.url), b"x" * 900_000) == {}


async def test_through_a_proxy_the_whole_address_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    async with serving(server), line_to("http://models.example") as line:
        monkeypatch.setenv("http_proxy", server.url)
        await line.ask(URL("http://models.example/v1/a"), b"{}")
    assert server.requests[0][0].startswith(b"POST http://models.example/v1/a HTTP/1.1\r\nHost: models.example\r\n")


@pytest.mark.parametrize("base_url", ["ftp://models.example/v1", "http://", "models"])
async def test_what_is_no_address_is_said(base_url: str) -> None:
    async with line_to(base_url) as line:
        with pytest.raises(Refused, match="the base_url is not a URL"):
            await line.ask(URL(base_url), b"{}")
