"""Requests in one piece, as they arrive at a socket."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import aiohttp

from providers.kit.whole import WholeRequest

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LONG = b"x" * 900_000


class Server:
    """Answers every request when its body is there; `early`: at its head, and reads no body. `requests`: what came."""

    def __init__(self, *, early: bool = False) -> None:
        self.requests: list[tuple[bytes, bytes]] = []
        self.pieces = self.connections = 0
        self._early = early
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
            if self._early or len(body) == int(size):
                self.requests.append((head, body))
                writer.write(ANSWER)
                arrived = b""
            if self._early:
                await self._over.wait()
                break
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with aiohttp.ClientSession(request_class=WholeRequest, headers={"Accept": "a/b"}) as session:
        yield session
    await server.close()
    listening.close()
    await listening.wait_closed()


async def ask(session: aiohttp.ClientSession, url: str, body: bytes, proxy: str | None = None) -> None:
    async with session.post(url, data=body, proxy=proxy) as response:
        assert (response.status, await response.read()) == (200, b"ok")


async def test_head_and_body_leave_together_and_the_connection_is_used_again() -> None:
    server = Server()
    async with serving(server) as session:
        for body in (b"{}", b'{"a": 1}', b""):
            await ask(session, server.url + "/v1/a?b=c", body)
    assert (server.connections, server.pieces) == (1, 3)
    assert [body for _, body in server.requests] == [b"{}", b'{"a": 1}', b""]
    for head, _ in server.requests:
        assert head.startswith(b"POST /v1/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
        assert head.count(b"Content-Length") == 1
        assert b"Accept: a/b\r\n" in head


async def test_through_a_proxy_the_whole_address_is_asked_for() -> None:
    server = Server()
    async with serving(server) as session:
        await ask(session, "http://models.example/v1/a", b"{}", proxy=server.url)
    assert server.requests[0][0].startswith(b"POST http://models.example/v1/a HTTP/1.1\r\nHost: models.example\r\n")


async def test_a_long_body_arrives_whole() -> None:
    server = Server()
    async with serving(server) as session:
        await ask(session, server.url, LONG)
    assert [body for _, body in server.requests] == [LONG]


async def test_an_early_answer_to_a_long_body_is_heard() -> None:
    async with serving(server := Server(early=True)) as session:
        await ask(session, server.url, LONG)
