"""`/export` and `/forget` in a chat: asked first, done at once, and a new beginning after."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from hub.domain.inbound import Pressed
from hub.ports.store import Store
from storage.store import open_store
from tests.kit.house import PaperHouse, paper_house, rules
from tests.kit.hub import HubProcess
from tests.kit.parley import parley


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PaperHouse]:
    store: Store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    async with paper_house(store, rules(public_url="https://parley.test")) as opened:
        yield opened
    await store.close()


async def test_a_person_is_forgotten_after_saying_so_twice(house: PaperHouse, tmp_path: Path) -> None:
    ann = house.person("annika")
    await ann.says("my secret-word")
    await house.rests()
    await ann.says("/export")
    link = re.search(r"\(https://parley\.test/export\?word=1\.1\.\d+\.\w+\)", await ann.sees("parley.test/export"))
    assert link
    await ann.says("/forget")
    await ann.sees("Shall everything be erased")
    await ann.says(Pressed("forget", "no"))
    await ann.sees("Nothing was erased.")
    await ann.says(Pressed("forget", "yes"))
    assert "(messages: 2, files: 0)" in await ann.sees("is erased")
    await house.rests()
    with closing(sqlite3.connect(tmp_path / "parley.db")) as link_to:
        assert "secret-word" not in "\n".join(link_to.iterdump())
    await ann.says("do you know me?")
    await house.rests()
    said = [m["content"] for m in house.models.heard[-1].body["messages"] if m["role"] != "system"]
    assert said == ["do you know me?"]


async def test_a_link_gives_the_file_and_the_command_line_does_both(tmp_path: Path) -> None:
    hub = HubProcess(tmp_path, '[server]\npublic_url = "https://parley.test"\n')
    await hub.start()
    async with aiohttp.ClientSession(hub.url) as browser:
        async with browser.post("/web/v1/sessions", json={"site": "default"}) as answer:
            token = (await answer.json())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with browser.post("/web/v1/messages", json={"text": "/export"}, headers=headers) as answer:
            assert answer.status == 202
        path = await _link(browser, headers)
        async with browser.get(path) as answer:
            assert answer.headers["Content-Disposition"].startswith("attachment")
            held = json.loads(await answer.text())
            assert held["identities"][0]["platform"] == "web"
        async with browser.get(path[:-1]) as answer:
            assert answer.status == 404
    await hub.stop()
    out = parley(tmp_path, "export", "1", "--out", "held.json")
    assert out.code == 0
    assert json.loads((tmp_path / "held.json").read_text())["identities"][0]["platform"] == "web"
    assert (tmp_path / "held.json").stat().st_mode & 0o077 == 0
    refused = parley(tmp_path, "forget", "1", typed="2\n")
    assert (refused.code, "nothing was erased" in refused.err) == (1, True)
    assert "Account 1 is erased" in parley(tmp_path, "forget", "1", typed="1\n").out


async def _link(browser: aiohttp.ClientSession, headers: dict[str, str]) -> str:
    for _ in range(200):
        async with browser.get("/web/v1/history", headers=headers) as answer:
            found = re.search(r"parley\.test(/export\?word=[\w.]+)", await answer.text())
            if found:
                return found[1]
    raise AssertionError("no link came")
