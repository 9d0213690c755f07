"""Requests made to hurt: broken and slow bodies, missing headers, too many streams. None is logged as our fault."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.web.adapter import edge, files
from adapters.web.adapter.talk import network_of
from adapters.web.config import Site
from adapters.web.sandbox import Person
from adapters.web.wire.screens import MOST_VIEWERS

from .kit import WebServer
from .test_web_doors import ask, jwt


async def spoken(web: WebServer, *lines: str, body: bytes = b"", seconds: float = 5) -> str:
    """Everything the server says to a request written by hand until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(web.url.rpartition(":")[2]))
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    try:
        return (await asyncio.wait_for(reader.read(), seconds)).decode()
    finally:
        writer.close()


BROKEN = {
    "not brotli": (["Content-Length: 2", "Content-Encoding: br"], b"{}"),
    "not gzip": (["Content-Length: 2", "Content-Encoding: gzip"], b"{}"),
    "not deflate": (["Content-Length: 8", "Content-Encoding: deflate"], b"\xff" * 8),
    "no chunk size": (["Transfer-Encoding: chunked"], b"zz\r\n{}\r\n0\r\n\r\n"),
    "endless chunk size": (["Transfer-Encoding: chunked"], b"f" * 400 + b"\r\n{}"),
}


@pytest.mark.parametrize("path", ["sessions", "messages", "files"])
@pytest.mark.parametrize("broken", BROKEN)
async def test_a_broken_body_is_its_senders_fault(
    web: WebServer, caplog: pytest.LogCaptureFixture, path: str, broken: str
) -> None:
    ann = await web.person(watching=False)
    headers, body = BROKEN[broken]
    said = await spoken(
        web, f"POST /web/v1/{path} HTTP/1.1", "Host: x", "Connection: close", f"Authorization: Bearer {ann.token}",
        *headers, body=body,
    )  # fmt: skip
    assert said.split(" ", 2)[1] == "400", said
    ours = [one for one in caplog.records if one.levelno >= logging.ERROR and one.name.startswith("adapters")]
    assert ours == []


@pytest.mark.parametrize("path", ["sessions", "messages", "files"])
async def test_a_body_that_trickles_is_given_up(web: WebServer, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(edge, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(files, "FILE_SECONDS", 0.2)
    ann = await web.person(watching=False)
    began = time.monotonic()
    said = await spoken(
        web, f"POST /web/v1/{path} HTTP/1.1", "Host: x", f"Authorization: Bearer {ann.token}", "Content-Length: 100",
        "Accept-Language: de", body=b"{",
    )  # fmt: skip
    assert said.startswith("HTTP/1.1 408 "), said
    assert '"slow_request"' in said
    assert time.monotonic() - began < 4


async def test_a_request_without_a_host_never_asks_the_system_for_our_name(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(socket, "getfqdn", lambda name="": asked.append(name) or "x")
    said = await spoken(web, "POST /web/v1/sessions HTTP/1.0", "Content-Length: 2", body=b"{}")
    assert said.startswith("HTTP/1.0 200 ")
    assert asked == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2:a:b:c:d", "2001:db8:1:2::1", True),
        ("2001:db8::a:b:c:d", "2001:db8::1:b:c:d", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_one_household_counts_as_one(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same


async def test_one_visitor_has_a_bounded_number_of_streams(web: WebServer) -> None:
    ann = await web.person(watching=False)
    screens: list[Person] = []
    for _ in range(MOST_VIEWERS + 5):
        screen = Person(web.url)
        screen.token = ann.token
        web.people.append(screen)
        screens.append(screen)
    async with ClientSession() as http:
        bearer = {"Authorization": f"Bearer {ann.token}"}
        opened = [await http.get(web.url + "/web/v1/stream", headers=bearer) for _ in screens]
        assert all(each.status == 200 for each in opened)
        async with asyncio.timeout(5):
            while web.adapter.open_streams() > MOST_VIEWERS:
                await asyncio.sleep(0.01)
        await ann.says("who is there?")
        newest = opened[-1]
        async with asyncio.timeout(5):
            while b"who is there?" not in await newest.content.readline():
                pass
        for each in opened:
            each.close()


async def test_a_message_with_files_never_reads_what_is_in_them(web: WebServer) -> None:
    ann = await web.person(watching=False)
    kept = await ann.uploads(b"hello", "a.txt")

    async def read(tenant: int, file: str) -> Any:
        raise AssertionError("the content was read")

    web.room.get_file = read  # type: ignore[method-assign]
    await ann.says("look", files=(kept["id"],))
    assert len(web.room.inbox) == 1


async def test_a_port_that_goes_without_saying_is_left_out() -> None:
    site = Site(key="x", origins=("https://a.example:443", "http://a.example:80", "https://b.example:8443"))
    assert site.origins == ("https://a.example", "http://a.example", "https://b.example:8443")


async def test_who_signs_wrongly_is_told_what_is_missing(web: WebServer) -> None:
    for token in (jwt(aud=None), jwt(sub=5), jwt(exp="soon")):
        _, answer, _ = await ask(web, "POST", "/web/v1/sessions", {"site": "shop", "identity": token})
        assert "sub and aud" in answer["error"]["message"]


async def test_a_monitor_may_ask_for_headers_alone(web: WebServer) -> None:
    async with ClientSession() as http:
        for path in ("/", "/widget.js", "/page.css"):
            async with http.head(web.url + path) as response:
                assert (response.status, await response.read()) == (200, b"")
                assert response.headers["Content-Security-Policy"]
