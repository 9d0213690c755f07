"""The process from its start to its end: first answer, refusals in words, headers, health, stopping."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from storage.version import HEAD
from tests.kit.hub import HubProcess, free_port
from tests.kit.parley import environment, parley

SECRET = "sk-marked-0123456789abcdef"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30)) as session:
        yield session


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[HubProcess]:
    process = HubProcess(tmp_path)
    yield process
    await process.kill()


async def visit(http: aiohttp.ClientSession, hub: HubProcess) -> dict[str, str]:
    """A new visitor's headers."""
    async with http.post(f"{hub.url}/web/v1/sessions", json={"site": "default"}) as answer:
        assert answer.status in (200, 201), await answer.text()
        return {"Authorization": f"Bearer {(await answer.json())['token']}"}


async def says(http: aiohttp.ClientSession, hub: HubProcess, visitor: dict[str, str], text: str, key: str) -> int:
    headers = visitor | {"Idempotency-Key": key}
    async with http.post(f"{hub.url}/web/v1/messages", json={"text": text}, headers=headers) as answer:
        return answer.status


async def sees(http: aiohttp.ClientSession, hub: HubProcess, visitor: dict[str, str], seconds: float = 20) -> str:
    """The first whole answer on the screen."""
    async with asyncio.timeout(seconds):
        while True:
            async with http.get(f"{hub.url}/web/v1/history", headers=visitor) as answer:
                for message in (await answer.json())["messages"]:
                    if message["role"] == "assistant" and message["state"] == "done":
                        return str(message["text"])
            await asyncio.sleep(0.05)


async def test_from_nothing_to_an_answer(hub: HubProcess, http: aiohttp.ClientSession) -> None:
    await hub.start()
    async with http.get(f"{hub.url}/") as page:
        assert page.status == 200
        assert "<parley-chat" in await page.text()
    visitor = await visit(http, hub)
    assert await says(http, hub, visitor, "hello", "1") == 202
    assert "demo" in await sees(http, hub, visitor)
    assert await hub.stop() == 0
    assert f"Parley is ready: {hub.url}/" in hub.log
    assert "Traceback" not in hub.log


async def test_health_readiness_and_numbers(hub: HubProcess, http: aiohttp.ClientSession) -> None:
    await hub.start()
    async with http.get(f"{hub.url}/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"alive": True})
    async with http.get(f"{hub.url}/readyz") as answer:
        assert answer.status == 200
        assert await answer.json() == {
            "ready": True, "intake": "open", "database": "ok", "schema": "head",
            "revision": {"found": HEAD, "expected": HEAD}, "platforms": {"web": "listening"},
            "channels": {"web": "listening"},
        }  # fmt: skip
    visitor = await visit(http, hub)
    await says(http, hub, visitor, "hello", "1")
    await sees(http, hub, visitor)
    async with http.get(f"{hub.url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'parley_inbound_total{platform="web"} 1' in lines
    assert 'parley_channel_up{channel="web"} 1' in lines
    assert "parley_first_word_seconds_count 1" in lines
    assert [line for line in lines if line.startswith("process_resident_memory_bytes ")]


def test_a_stop_that_hangs_ends_all_the_same() -> None:
    script = (
        "import asyncio, logging; from hub.runtime.serve import leave_after; logging.basicConfig()\n"
        "async def hang():\n    leave_after(0.2)\n    await asyncio.shield(asyncio.Event().wait())\n"
        "asyncio.run(hang())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=15, env=environment())
    assert done.returncode == 1
    assert "the next start goes on with what is open" in done.stderr


async def test_readiness_names_the_schema_that_is_found(hub: HubProcess, http: aiohttp.ClientSession) -> None:
    await hub.start()
    await visit(http, hub)
    for found, says in (("9999", "start the newer version"), ("0001", "parley migrate"), (HEAD, "head")):
        with closing(sqlite3.connect(hub.home / "parley.db", timeout=5)) as file, file:
            file.execute("UPDATE alembic_version SET version_num = ?", (found,))
        await asyncio.sleep(1.1)
        async with http.get(f"{hub.url}/readyz") as answer:
            told = await answer.json()
            assert answer.status == (200 if found == HEAD else 503)
        assert told["revision"] == {"found": found, "expected": HEAD}
        assert says in told["schema"]
        assert told["database"] == "ok"


PROXIED = """
[server]
public_url = "https://chat.example.org"
max_body = 4096
trusted_proxies = ["127.0.0.0/8"]
[web]
sessions_per_minute = 2
"""


async def test_every_answer_is_safe_and_in_words(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    hub = HubProcess(tmp_path, PROXIED)
    await hub.start()
    try:
        sent: list[tuple[str, str, dict[str, object], int]] = [
            ("GET", "/", {}, 200),
            ("GET", "/healthz", {}, 200),
            ("GET", "/readyz", {}, 200),
            ("GET", "/metrics", {}, 200),
            ("GET", "/widget.js", {}, 200),
            ("GET", "/nothing/here", {}, 404),
            ("DELETE", "/healthz", {}, 405),
            ("GET", "/web/v1/history", {}, 401),
            ("POST", "/web/v1/messages", {"data": b"x" * 5000}, 413),
            ("POST", "/web/v1/sessions", {"data": b"{"}, 400),
        ]
        for method, path, more, status in sent:
            async with http.request(method, hub.url + path, **more) as answer:  # type: ignore[arg-type]
                text = await answer.text()
                assert answer.status == status, (path, text)
                headers = answer.headers
                assert headers["X-Content-Type-Options"] == "nosniff"
                assert headers["Referrer-Policy"]
                assert "frame-ancestors" in headers["Content-Security-Policy"] or path == "/widget.js"
                assert headers["Strict-Transport-Security"].startswith("max-age=")
                assert headers["Cache-Control"]
                assert "Server" not in headers
                if status >= 400:
                    assert len(json.loads(text)["error"]["message"]) > 10
        # a proxy of ours says who asks; what the caller wrote before it counts for nothing
        for number, status in enumerate((200, 200, 429)):
            made_up = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"}
            async with http.post(f"{hub.url}/web/v1/sessions", json={"site": "default"}, headers=made_up) as answer:
                assert answer.status == status
        async with http.post(
            f"{hub.url}/web/v1/sessions", json={"site": "default"}, headers={"X-Forwarded-For": "203.0.113.10"}
        ) as answer:
            assert answer.status == 200
    finally:
        await hub.stop()


async def test_what_is_no_http_gets_words_too(hub: HubProcess) -> None:
    await hub.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    writer.write(b"GET / HTTP/9.9\r\nHost: x\r\nbroken\r\n\r\n")
    text = (await asyncio.wait_for(reader.read(), 10)).decode()
    writer.close()
    assert " 400 " in text
    assert "X-Content-Type-Options: nosniff" in text
    assert "This request cannot be understood." in text
    assert "aiohttp" not in text


async def test_a_huge_body_is_refused_before_it_is_read(hub: HubProcess) -> None:
    await hub.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    writer.write(b"POST /web/v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    assert b" 413 " in status


async def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = await asyncio.to_thread(parley, tmp_path, "run", "--port", str(port))
    assert told.code == 2
    assert f"Port {port} on 127.0.0.1 is taken by another program" in told.err
    assert f"parley run --port {port + 1}" in told.err
    assert "Traceback" not in told.said


async def test_a_second_process_on_the_file_is_refused_quickly(hub: HubProcess) -> None:
    await hub.start()
    began = time.monotonic()
    await asyncio.to_thread(parley, hub.home, "config", "validate")
    without = time.monotonic() - began
    told = await asyncio.to_thread(parley, hub.home, "run", "--port", str(free_port()))
    assert told.code == 2
    assert "another `parley run`" in told.err
    assert str(hub.pid) in told.err
    assert "Traceback" not in told.said
    assert time.monotonic() - began - without < 2 + 4 * without


NOBODY = """
import os, sys
import hub.runtime.cli.app, hub.runtime.cli.run, hub.runtime.serve, hub.runtime.house
import providers.presets, providers.table, adapters.table, storage.store, uvloop, encodings.idna
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
sys.exit(hub.runtime.cli.app.start(["run", "--port", "0"]))
"""
"""Becomes a user without rights after importing, since such a user may not even read where Python is installed."""


def test_an_unwritable_folder_is_told() -> None:
    # outside of pytest's own folders, which only their owner may enter
    with tempfile.TemporaryDirectory(prefix="parley-unwritable-") as folder:
        Path(folder).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", NOBODY], cwd=folder, env=environment(), capture_output=True, text=True, timeout=30
        )
        assert not list(Path(folder).iterdir())
        assert done.returncode == 2
        assert f"The database {folder}/parley.db cannot be written." in done.stderr
        assert f"Give this user the right to write in {folder}" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    told = parley(tmp_path, "run", "--port", "0", DATABASE_URL="sqlite:///gone/parley.db")
    assert told.code == 2
    assert f"The folder {tmp_path}/gone does not exist." in told.err


def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    url = f"postgresql://ann:{SECRET}@127.0.0.1:{free_port()}/parley"
    told = parley(tmp_path, "run", "--port", "0", DATABASE_URL=url, seconds=60)
    assert told.code in (1, 2)
    assert told.err.startswith("Error: ")
    assert "Traceback" not in told.said
    assert SECRET not in told.said


def test_an_address_of_somebody_else_is_told(tmp_path: Path) -> None:
    told = parley(tmp_path, "run", "--host", "192.0.2.1", "--port", "0")
    assert told.code == 2
    assert "Cannot listen on 192.0.2.1" in told.err


async def test_listening_for_everybody_without_tls_is_warned_of(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path, '[server]\nhost = "0.0.0.0"\n')
    await hub.start()
    await hub.stop()
    assert "other machines can reach 0.0.0.0 without encryption" in hub.log
    assert "warning" in hub.log


async def test_stopping_under_load_takes_seconds_and_loses_nothing(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    """Answers run, streams are open, a visitor goes on talking: out within 20 s, and the next life answers."""
    async with OpenAISandbox(Script("an answer of several words", wait=0.5, pace=0.2)) as models:
        hub = HubProcess(
            tmp_path, OPENAI_API_KEY=SECRET, OPENAI_BASE_URL=models.base_url, PARLEY_LOG__LEVEL="debug"
        )  # fmt: skip
        await hub.start()
        visitors = [await visit(http, hub) for _ in range(20)]
        streams = [await http.get(f"{hub.url}/web/v1/stream", headers=visitor) for visitor in visitors]
        taken = await asyncio.gather(*(says(http, hub, visitor, "tell me", "1") for visitor in visitors))
        assert set(taken) == {202}
        began = time.monotonic()
        hub.signal(signal.SIGTERM)
        late = []
        while time.monotonic() - began < 3:
            try:
                late.append(await says(http, hub, visitors[0], "and more", f"late-{len(late)}"))
            except aiohttp.ClientError:
                break
        assert await hub.died(20) == 0
        assert time.monotonic() - began < 20
        assert set(late) <= {202, 503}
        for stream in streams:
            stream.close()
        await hub.start()
        for visitor in visitors:
            assert await sees(http, hub, visitor)
        assert await hub.stop() == 0
        assert SECRET not in hub.log
        assert "Traceback" not in hub.log


async def test_a_stop_with_open_streams_does_not_wait_for_them(hub: HubProcess, http: aiohttp.ClientSession) -> None:
    await hub.start()
    streams = [
        await http.get(f"{hub.url}/web/v1/stream", headers=await visit(http, hub)) for _ in range(5)
    ]  # fmt: skip
    began = time.monotonic()
    assert await hub.stop() == 0
    assert time.monotonic() - began < 5
    for stream in streams:
        stream.close()


async def test_a_second_signal_ends_at_once(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    async with OpenAISandbox(Script("slow", wait=60)) as models:
        hub = HubProcess(tmp_path, OPENAI_API_KEY=SECRET, OPENAI_BASE_URL=models.base_url)
        await hub.start()
        assert await says(http, hub, await visit(http, hub), "hello", "1") == 202
        hub.signal(signal.SIGINT)
        await asyncio.sleep(1)
        hub.signal(signal.SIGINT)
        assert await hub.died(5) == 130


def test_a_default_start_imports_nothing_heavy() -> None:
    """Each of these costs tens of milliseconds and megabytes at start; the bench has the figures."""
    script = (
        "import sys, hub.runtime.cli.run, hub.runtime.serve, hub.runtime.house, storage.store, adapters.web.adapter\n"
        "print(*(name for name in ('alembic', 'rich', 'pydantic_settings', 'structlog', 'httpx', 'asyncpg', 'requests')"
        " if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
