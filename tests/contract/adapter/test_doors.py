"""The doors of platforms that push: whatever bytes stand for a signature, nobody is let in and nothing raises."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.ports.adapter import Webhook

from .kit import KITS

DOORS: dict[str, tuple[Callable[[Any], str], tuple[bytes, ...]]] = {
    "telegram-webhook": (lambda kit: kit.platform.bot.feed.hook.url, (b"X-Telegram-Bot-Api-Secret-Token",)),
    "slack-http": (lambda kit: kit.platform.app.request_url, (b"X-Slack-Signature", b"X-Slack-Request-Timestamp")),
}
"""Where the door is, and which headers a platform signs with."""

STRANGE = (
    b"",
    b"\xff\xfe\x80",
    b"v0=" + b"\xff" * 64,
    "v0=é".encode(),
    b"v0=" + b"0" * 63,
    b"\xed\xa0\x80",
    b"%00",
    b"9" * 5000,
    b"-1",
    b"1e309",
    "١٢٣".encode(),
    b"\t x \t",
)

BODIES = (b"", b'{"update_id": 1}', b"\xff\xfe", b"payload=%7B")


async def knocks(url: str, headers: bytes, body: bytes) -> int:
    """One request, byte for byte; the status, or 0 when there is no answer."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: {len(body)}\r\n".encode()
    writer.write(head + headers + b"\r\n" + body)
    async with asyncio.timeout(5):
        line = await reader.readline()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return int(line.split()[1]) if line else 0


@pytest.mark.parametrize("name", sorted(DOORS))
async def test_strange_bytes_for_a_signature_are_401(name: str) -> None:
    kit = await KITS[name]()
    try:
        door, names = DOORS[name]
        url = door(kit)
        for values, body in itertools.product(itertools.product(STRANGE, repeat=len(names)), BODIES):
            headers = b"".join(b"%s: %s\r\n" % pair for pair in zip(names, values, strict=True))
            assert await knocks(url, headers, body) == 401, headers
        assert kit.room.offered == []
        assert kit.room.notes == {}
        await kit.says("and this is me")
        assert len(kit.room.inbox) == 1
    finally:
        await kit.stop()


async def test_no_other_platform_has_a_door_for_strangers() -> None:
    """The widget's doors know their visitors by a token, which tests/contract/adapter/test_web_doors.py holds."""
    pushed = set()
    for name, start in KITS.items():
        kit = await start()
        if isinstance(kit.adapter, Webhook) and list(kit.adapter.routes()):
            pushed.add(name)
        await kit.stop()
    assert pushed - {"web"} == set(DOORS)
