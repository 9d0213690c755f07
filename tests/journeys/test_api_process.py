"""The API in a whole hub: keys by command, a stop and a crash in the middle, two processes on one database."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from hub.runtime.cli.accounts import NotDone
from hub.runtime.cli.keys import budget_of, expires_of
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from storage.store import open_store
from tests.kit.hub import HubProcess
from tests.kit.parley import Ended, parley_here
from tests.kit.postgres import Server

SETTINGS = """
[providers.stand-in]
kind = "openai-compatible"
api_key = "sk-journey-test-key"
base_url = "{base_url}"
[[models]]
name = "stand-in"
provider = "stand-in"
price_input = 1.0
price_output = 2.0
max_output = 500
"""


async def command(home: Path, *arguments: str, **variables: str) -> Ended:
    ended = await asyncio.to_thread(parley_here, home, *arguments, **variables)
    assert ended.code == 0, ended.err
    return ended


async def key_of(home: Path, *options: str, **variables: str) -> str:
    """A new key, by the command."""
    made = await command(home, "keys", "create", "--account", "1", "--json", *options, **variables)
    return str(json.loads(made.out)["key"])


def client_of(hub: HubProcess, key: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key=key, base_url=f"{hub.url}/v1", max_retries=0)


def ask(client: openai.AsyncOpenAI, **more: Any) -> Any:
    return client.chat.completions.create(model="stand-in", messages=[{"role": "user", "content": "hi"}], **more)


async def test_a_key_is_shown_once_used_seen_and_revoked_beside_a_running_hub(tmp_path: Path) -> None:
    async with OpenAISandbox() as models:
        hub = HubProcess(tmp_path, SETTINGS.format(base_url=models.base_url))
        await command(tmp_path, "accounts", "create", "Ann")
        await hub.start()
        try:
            key = await key_of(tmp_path, "--name", "laptop", "--budget", "2.50/day", "--expires", "30d")
            async with client_of(hub, key) as client:
                answer = await ask(client)
                assert answer.choices[0].message.content == "You said: hi"
                (line,) = json.loads((await command(tmp_path, "keys", "list", "--json")).out)
                assert line["name"] == "laptop"
                assert line["shown"] == key[:16]
                assert (line["budget"], line["window"], line["used"] > 0) == (2_500_000, "day", True)
                shown = (await command(tmp_path, "keys", "list")).out
                assert "of $2.50/day" in shown
                assert line["spent"] > 0
                assert key not in shown
                await command(tmp_path, "keys", "revoke", str(line["id"]))
                with pytest.raises(openai.AuthenticationError):
                    await ask(client)
                assert len(models.heard) == 1
            assert "revoked" in (await command(tmp_path, "keys", "list")).out
            assert key not in hub.log
        finally:
            await hub.kill()


@pytest.mark.parametrize("text", ["-5", "nan", "inf", "1e30", "5/hour", "0.0000001", "", "five"])
def test_what_is_no_budget_is_said_in_words(text: str) -> None:
    with pytest.raises(NotDone, match="a budget is dollars"):
        budget_of(text)


@pytest.mark.parametrize("text", ["yesterday", "2020-01-01", "99999y", "0d", "2027-02-31", "9999-12-31"])
def test_what_is_no_expiry_is_said_in_words(text: str) -> None:
    with pytest.raises(NotDone, match="an expiry is"):
        expires_of(text, 1_795_000_000_000)


def test_a_key_for_a_model_that_is_none_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(SETTINGS.format(base_url="http://127.0.0.1:1"))
    made = parley_here(tmp_path, "keys", "create", "--account", "1", "--models", "stand-im")
    assert made.code != 0
    assert "Did you mean `stand-in`?" in made.err
    assert "pk-parley-" not in made.said


async def test_a_stop_lets_answers_end_and_a_crash_leaves_nothing_held(tmp_path: Path) -> None:
    async with OpenAISandbox(Script("one two three four", pace=0.3)) as models:
        hub = HubProcess(tmp_path, SETTINGS.format(base_url=models.base_url))
        await command(tmp_path, "accounts", "create", "Ann")
        key = await key_of(tmp_path, "--budget", "5")
        await hub.start()
        async with client_of(hub, key) as client:
            stream = await ask(client, stream=True)
            heard = [await anext(stream)]
            stopping = asyncio.create_task(hub.stop())
            heard += [chunk async for chunk in stream]
            assert "".join(chunk.choices[0].delta.content or "" for chunk in heard) == "one two three four"
            assert await stopping == 0
        await hub.start()
        async with client_of(hub, key) as client:
            stream = await ask(client, stream=True)
            await anext(stream)
            await hub.kill()
            with pytest.raises((openai.APIError, httpx.HTTPError)):
                async for _ in stream:
                    pass
        await hub.start()
        await hub.stop()
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    try:
        (line,) = await store.balances(1, 1)
        assert line.held == 0
        assert line.used > 0
        assert (await store.verify(0, 100))[0] == ()
    finally:
        await store.close()


async def test_on_postgresql_a_key_revoked_by_one_process_opens_nothing_in_another(
    tmp_path: Path, postgres: Server
) -> None:
    url = postgres.url(await postgres.new_database())
    async with OpenAISandbox() as models:
        settings = SETTINGS.format(base_url=models.base_url)
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
        hubs = [HubProcess(tmp_path / name, settings, url) for name in ("one", "two")]
        await command(tmp_path / "one", "accounts", "create", "Ann", DATABASE_URL=url)
        key = await key_of(tmp_path / "one", "--budget", "1/month", DATABASE_URL=url)
        await asyncio.gather(*(hub.start() for hub in hubs))
        try:
            for hub in hubs:
                async with client_of(hub, key) as client:
                    first = await ask(client, extra_headers={"Idempotency-Key": "same"})
                    assert first.choices[0].message.content == "You said: hi"
            assert len(models.heard) == 1, "the second process gave the first one's answer again"
            await command(tmp_path / "one", "keys", "revoke", "1", DATABASE_URL=url)
            for hub in hubs:
                async with client_of(hub, key) as client:
                    with pytest.raises(openai.AuthenticationError):
                        await ask(client)
            assert len(models.heard) == 1
        finally:
            await asyncio.gather(*(hub.kill() for hub in hubs))
