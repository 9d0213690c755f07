"""`parley telegram …` and what `parley doctor` says of Telegram, as an operator meets them."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from adapters.telegram.sandbox import TelegramSandbox
from tests.kit.hub import HubProcess
from tests.kit.parley import Ended, parley

Run = Callable[..., Awaitable[Ended]]


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(speed=20) as platform:
        yield platform


@pytest.fixture
def run(tmp_path: Path, telegram: TelegramSandbox) -> Run:
    """`parley ARGUMENTS` in a folder whose settings name the bot; `more`: further lines of its table."""

    async def call(*arguments: str, token: str = "", more: str = "", top: str = "") -> Ended:
        lines = f'{top}\n[telegram]\ntoken = "{token or telegram.token}"\napi_base = "{telegram.url}"\n{more}\n'
        (tmp_path / "settings.toml").write_text(lines)
        return await asyncio.to_thread(parley, tmp_path, *arguments)

    return call


async def test_without_a_token_it_says_where_to_get_one(tmp_path: Path) -> None:
    done = await asyncio.to_thread(parley, tmp_path, "telegram", "check")
    assert done.code == 2
    assert "@BotFather" in done.err


async def test_a_good_bot_is_well_once_it_has_its_menu(run: Run, telegram: TelegramSandbox) -> None:
    done = await run("telegram", "check")
    assert done.code == 1
    assert "@parley_bot (bot 700001) answers, mode polling" in done.out
    assert "parley telegram commands" in done.out
    done = await run("telegram", "commands")
    assert (done.code, "commands in 5 menus" in done.out) == (0, True)
    assert {language for _, language in telegram.bot.commands} == {"", "ar", "de", "en", "es"}
    done = await run("telegram", "check")
    assert done.code == 0
    assert "privacy mode" in done.out


async def test_a_bad_token_is_named_and_never_shown(run: Run) -> None:
    for arguments in (("telegram", "check"), ("telegram", "commands"), ("telegram", "webhook", "show")):
        done = await run(*arguments, token="700009:a-token-nobody-knows")
        assert done.code in (1, 2)
        assert "700009" in done.said
        assert "a-token-nobody-knows" not in done.said
    done = await run("telegram", "check", token="no token at all")
    assert done.code == 2
    assert "@BotFather" in done.err


async def test_a_server_that_does_not_answer(run: Run, telegram: TelegramSandbox) -> None:
    await telegram.stop()
    done = await run("telegram", "check")
    assert done.code == 2
    assert "does not answer" in done.out


async def test_the_webhook_is_set_shown_and_deleted(run: Run, telegram: TelegramSandbox) -> None:
    top, more = '[server]\npublic_url = "https://hub.example"', 'mode = "webhook"'
    done = await run("telegram", "webhook", "set", top=top, more=more)
    assert done.out == "bot 700001: webhook https://hub.example/hooks/telegram\n"
    assert telegram.bot.feed.hook is not None
    assert len(telegram.bot.feed.hook.secret) == 64
    again = await run("telegram", "webhook", "set", top=top, more=more)
    assert again.code == 0
    secrets = {call.fields["secret_token"] for call in telegram.called("setWebhook")}
    assert len(secrets) == 1, "the house keeps its secret"
    done = await run("telegram", "webhook", "show", top=top, more=more)
    assert "https://hub.example/hooks/telegram, 0 updates wait" in done.out
    done = await run("telegram", "webhook", "delete")
    assert telegram.bot.feed.hook is None
    done = await run("telegram", "webhook", "set")
    assert done.code == 2
    assert "public_url" in done.err


async def test_doctor_tells_what_is_wrong_with_a_webhook(run: Run, telegram: TelegramSandbox) -> None:
    async def said(**named: str) -> str:
        done = await run("doctor", "--json", **named)
        found = json.loads(done.out)["findings"]
        return "\n".join(f"{each['says']} {each['mend']}" for each in found if each["check"] == "telegram")

    assert "a webhook" not in await said()
    assert "public_url" in await said(more='mode = "webhook"')
    top, more = '[server]\npublic_url = "https://hub.example"', 'mode = "webhook"'
    assert "no webhook is set" in await said(top=top, more=more)
    async with aiohttp.ClientSession() as session:
        fields = {"url": "http://127.0.0.1:9/elsewhere", "allowed_updates": '["message"]'}
        async with session.post(f"{telegram.url}/bot{telegram.token}/setWebhook", data=fields) as answer:
            assert answer.status == 200
    ann = telegram.person("Ann")
    for _ in range(101):
        await ann.says("anybody?")
    async with asyncio.timeout(5):
        while not telegram.bot.feed.last_error:
            await asyncio.sleep(0.01)
    words = await said(top=top, more=more)
    assert "set to 127.0.0.1, not to this hub" in words
    assert "does not get callback_query" in words
    assert "could not deliver" in words
    assert "101 updates wait" in words
    assert "parley telegram webhook delete" in await said()


async def test_doctor_is_silent_about_a_channel_that_is_off(tmp_path: Path) -> None:
    done = await asyncio.to_thread(parley, tmp_path, "doctor", "--json")
    assert [each for each in json.loads(done.out)["findings"] if each["check"].startswith("telegram")] == []


async def test_the_page_names_commands_and_keys_that_there_are(run: Run, telegram: TelegramSandbox) -> None:
    page = (Path(__file__).parents[2] / "docs" / "telegram.md").read_text(encoding="utf-8")
    named = set(re.findall(r"parley telegram ([a-z ]+[a-z])", page))
    assert named == {"check", "commands", "webhook show", "webhook set", "webhook delete", "refund"}
    for words in named:
        done = await run("telegram", *words.split(), "--help")
        assert done.code == 0
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        tomllib.loads(block)
    done = await run("config", "validate", top=blocks[0].split("[telegram]")[0], more='mode = "webhook"\nrich = true')
    assert done.code == 0, done.said
    done = await run("config", "validate", more='mode = "webhook"')
    assert done.code == 2
    assert "public_url" in done.err


async def test_the_five_minutes_of_the_page(tmp_path: Path, telegram: TelegramSandbox) -> None:
    """A token in .env, the check, the hub, a first message, a first reply; only the server is another."""
    (tmp_path / ".env").write_text(f"TELEGRAM_BOT_TOKEN={telegram.token}\n")
    (tmp_path / "settings.toml").write_text(f'[telegram]\napi_base = "{telegram.url}"\n')
    done = await asyncio.to_thread(parley, tmp_path, "telegram", "check")
    assert "@parley_bot" in done.out
    hub = HubProcess(tmp_path, (tmp_path / "settings.toml").read_text())
    await hub.start()
    try:
        ann = telegram.person("Ann")
        await ann.says("hello")
        await telegram.until(lambda: ann.screen() or None, 20, "a first reply")
        await telegram.until(lambda: telegram.bot.commands or None, 20, "a menu")
    finally:
        assert await hub.stop() == 0
