"""The hub's HTTP edge under attack: headers on everything, words in every language, and no secret anywhere."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import aiohttp
import psutil
import pytest

from adapters.web.sandbox import Person, Refused
from providers.kit.stand_in import Fault, Script
from tests.contract.adapter.test_web_doors import jwt
from tests.kit.hub import HubProcess
from tests.kit.running import running_house

SITE = """
[[web.sites]]
key = "shop"
origins = ["https://shop.example"]
identity_secret = "{identity_secret}"
[[web.sites]]
key = "club"
require_identity = true
identity_secret = "{identity_secret}2"
"""

ROUTES: list[tuple[str, str, dict[str, str], int]] = [
    ("GET", "/", {}, 200),
    ("HEAD", "/", {}, 200),
    ("GET", "/widget.js", {}, 200),
    ("GET", "/page.css", {}, 200),
    ("GET", "/icon.svg", {}, 200),
    ("GET", "/widget.js", {"If-None-Match": "*"}, 304),
    ("GET", "/healthz", {}, 200),
    ("GET", "/readyz", {}, 200),
    ("GET", "/metrics", {}, 200),
    ("GET", "/nothing", {}, 404),
    ("GET", "/..%2f..%2fetc%2fpasswd", {}, 404),
    ("GET", "/static/", {}, 404),
    ("PUT", "/", {}, 405),
    ("OPTIONS", "/widget.js", {}, 405),
    ("OPTIONS", "/healthz", {}, 405),
    ("OPTIONS", "/web/v1/messages", {}, 204),
    ("OPTIONS", "/web/v1/messages", {"Origin": "https://shop.example"}, 204),
    ("OPTIONS", "/web/v1/messages", {"Origin": "null"}, 403),
    ("DELETE", "/web/v1/messages", {}, 405),
    ("GET", "/web/v1/nothing", {}, 405),
    ("GET", "/web/v1/history", {}, 401),
    ("GET", "/web/v1/stream?since=1", {}, 401),
    ("GET", "/web/v1/files/x.y", {}, 401),
    ("POST", "/web/v1/sessions", {}, 400),
    ("POST", "/web/v1/messages", {}, 401),
    ("POST", "/web/v1/files", {"Content-Type": "multipart/form-data"}, 401),
    ("POST", "/web/v1/sessions", {"Content-Encoding": "br"}, 400),
]

ENGLISH = {
    "/nothing": "There is nothing at this address.",
    "/healthz": "This address does not take OPTIONS.",
    "/web/v1/history": "This session is not valid any more. Start a new one.",
}


@pytest.mark.parametrize("language", ["en", "de-AT,de;q=0.9", "es", "ar"])
async def test_every_answer_is_guarded_and_in_words(tmp_path: Path, language: str) -> None:
    secret = "marked-identity-secret-of-the-shop-1"
    async with running_house(tmp_path, more=SITE.format(identity_secret=secret)) as house:
        async with aiohttp.ClientSession(headers={"Accept-Language": language}) as http:
            for method, path, given, status in ROUTES:
                body = b"nonsense" if method == "POST" else None
                async with http.request(method, house.hub.url + path, headers=given, data=body) as answer:
                    text = await answer.text()
                    where = f"{method} {path} {answer.status}"
                    assert answer.status == status, where
                    assert answer.headers["X-Content-Type-Options"] == "nosniff", where
                    assert "default-src 'none'" in answer.headers["Content-Security-Policy"], where
                    assert answer.headers["Referrer-Policy"], where
                    assert answer.headers["Cache-Control"], where
                    assert "Server" not in answer.headers, where
                    assert "Access-Control-Allow-Credentials" not in answer.headers, where
                    if status >= 400:
                        error = json.loads(text)["error"]
                        assert set(error) == {"key", "message"}, where
                        assert "{" not in error["message"], where
                        assert "Traceback" not in text, where
                        assert answer.headers["Cache-Control"] == "no-store", where
                        if path in ENGLISH:
                            assert (error["message"] == ENGLISH[path]) is (language == "en"), where
        assert '"level": "error"' not in house.hub.log


async def test_a_hundred_megabytes_from_nobody_cost_nothing(tmp_path: Path) -> None:
    async with running_house(tmp_path) as house:
        process = psutil.Process(house.hub.pid)
        async with Person(house.hub.url):
            before = process.memory_info().rss
        for path in ("sessions", "messages", "files", "nothing"):
            for size in (b"Content-Length: 100000000", b"Transfer-Encoding: chunked"):
                reader, writer = await asyncio.open_connection("127.0.0.1", house.hub.port)
                writer.write(b"POST /web/v1/%b HTTP/1.1\r\nHost: x\r\n%b\r\n\r\n" % (path.encode(), size))
                sent = 0
                answer = asyncio.ensure_future(reader.readline())
                while not answer.done() and sent < 1_000_000:
                    writer.write(b"400\r\n" + b" " * 1024 + b"\r\n" if b"chunked" in size else b" " * 1024)
                    sent += 1024
                    await asyncio.sleep(0.002)
                assert (await asyncio.wait_for(answer, 5)).split(b" ")[1] in (b"401", b"405", b"413"), path
                assert sent < 64 * 1024, path
                writer.close()
        assert process.memory_info().rss - before < 5 * 1024 * 1024


async def test_no_secret_reaches_a_log_or_an_answer(tmp_path: Path) -> None:
    marks = {
        "key": "sk-marked-secret-of-the-vendor",
        "identity": "marked-identity-secret-of-the-shop-1",
        "bot": "123456789:AAmarkedmarkedmarkedmarkedmarkedmar",
    }
    more = SITE.format(identity_secret=marks["identity"])
    async with running_house(
        tmp_path, Script(fault=Fault.STATUS, status=401, message="bad key sk-marked-secret-of-the-vendor"), more=more
    ) as house:
        port, url = house.hub.port, house.hub.url
        settings = (tmp_path / "settings.toml").read_text().replace("sk-journey-test-key", marks["key"])
        await house.hub.stop()
        hub = HubProcess(
            tmp_path, settings, PARLEY_LOG__LEVEL="debug", PARLEY_LOG__FORMAT="console",
            TELEGRAM_BOT_TOKEN=marks["bot"],
        )  # fmt: skip
        hub.port, hub.url = port, url
        await hub.start()
        try:
            seen = []
            token = jwt(marks["identity"])
            async with Person(url, site="shop", identity=token) as ann:
                await ann.says("what is private")
                await ann.until(lambda: {} if ann.answers() else None, 20, "an answer")
                seen += [json.dumps(ann.screen), json.dumps(await ann.history())]
                with pytest.raises(Refused):
                    await ann.call("GET", "/web/v1/history", Authorization=f"Bearer {ann.token}x")
                marks["session"], marks["signature"] = ann.token, token.rpartition(".")[2]
                kept = await ann.uploads(b"hello", "notes.txt", "text/plain")
                marks["words"] = "what is private"
            async with aiohttp.ClientSession() as http:
                for path in (f"/web/v1/stream?token={marks['session']}", "/metrics", "/readyz", "/healthz", "/",
                             "/web/v1/history%0aCRITICAL%20forged%0d", f"/web/v1/files/{kept['id']}"):  # fmt: skip
                    async with http.get(url + path) as answer:
                        seen.append(await answer.text())
            await hub.stop()
            assert "GET /readyz" in hub.log, "the debug level was on"
            assert "\nCRITICAL" not in hub.log
            for name, mark in marks.items():
                assert mark not in hub.log, name
                if name != "words":
                    assert not [text for text in seen if mark in text], name
        finally:
            await hub.kill()


async def test_while_it_stops_the_edge_says_when_to_come_back(tmp_path: Path) -> None:
    async with (
        running_house(tmp_path, Script(text="word " * 400, pace=0.05)) as house,
        Person(house.hub.url, language="es") as ann,
    ):
        await ann.says("story")
        await ann.until(lambda: {} if any(e["type"] == "frame" for e in ann.events) else None, 20, "words")
        stopping = asyncio.create_task(house.hub.stop())
        refused = None
        ends = time.monotonic() + 5
        while refused is None and time.monotonic() < ends:
            try:
                await ann.call("POST", "/web/v1/sessions", {})
            except Refused as error:
                refused = error
        assert refused is not None
        assert (refused.status, refused.key) == (503, "closing")
        assert refused.words == "Parley se está reiniciando. Inténtalo de nuevo en 5 segundos."
        await stopping
