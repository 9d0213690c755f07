"""Bots and their settings: what is refused at once, what is tried again, what is remembered over a restart."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from adapters.telegram.config import TelegramBot, TelegramConfig
from adapters.telegram.sandbox import TelegramSandbox

from .telegram_kit import TelegramKit

GOOD = "123456:ABC-DEF_ghi"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.telegram.adapter.polling.FIRST_PAUSE", 0.02)
    monkeypatch.setattr("adapters.telegram.adapter.setup.FIRST_PAUSE", 0.02)


@pytest.mark.parametrize("token", ["", "no-colon", "abc:def", "12:", ":abc", "12:a b", "12:a/../b"])
def test_what_is_no_token_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ValidationError) as error:
        TelegramBot(token=SecretStr(token))
    assert "@BotFather" in str(error.value)
    assert not token or repr(token) not in str(error.value)


def test_other_settings_that_cannot_be() -> None:
    bot = TelegramBot(token=SecretStr(GOOD))
    assert bot.id == "123456"
    assert GOOD not in repr(bot)
    with pytest.raises(ValidationError, match="webhook_secret"):
        TelegramBot(token=SecretStr(GOOD), webhook_secret=SecretStr("with space"))
    with pytest.raises(ValidationError, match="one bot twice"):
        TelegramConfig(bots=(bot, bot))
    with pytest.raises(ValidationError):
        TelegramConfig(bots=())
    assert TelegramBot(token=SecretStr(GOOD), webhook_secret=SecretStr("")).webhook_secret is None


def test_the_pace_is_kept_for_telegrams_own_servers_unless_said_otherwise() -> None:
    bots = (TelegramBot(token=SecretStr(GOOD)),)
    assert TelegramConfig(bots=bots).paced
    assert not TelegramConfig(bots=bots, pace="off").paced
    assert not TelegramConfig(bots=bots, api_base="http://127.0.0.1:8081/").paced
    assert TelegramConfig(bots=bots, api_base="http://127.0.0.1:8081/", pace="platform").paced


async def hooked(**more: Any) -> TelegramKit:
    platform = await TelegramSandbox(speed=100).start()
    return TelegramKit(platform, mode="webhook", public_url="https://hub.example/", **more)


@pytest.mark.parametrize("kind", ["status", "flood", "drop"])
async def test_a_webhook_is_registered_as_soon_as_it_can_be(kind: str) -> None:
    kit = await hooked()
    kit.platform.misbehave(kind, 1, method="getMe")
    kit.platform.misbehave(kind, 2, method="setWebhook")
    await kit.listen()
    feed = kit.platform.bot.feed
    await kit.platform.until(lambda: feed.hook, 5, "a webhook")
    assert feed.hook is not None
    assert feed.hook.url == "https://hub.example/hooks/telegram"
    await kit.stop()


async def test_a_bad_token_is_told_in_webhook_mode_too(caplog: pytest.LogCaptureFixture) -> None:
    kit = await hooked()
    kit.platform.bots.clear()
    await kit.listen()
    async with asyncio.timeout(5):
        while "refuses the token of bot 700001" not in caplog.text:
            await asyncio.sleep(0.01)
    await kit.quiet()
    await kit.adapter.close()
    await kit.platform.stop()


async def test_a_secret_of_the_operators_is_used_as_it_is() -> None:
    platform = await TelegramSandbox(speed=100).start()
    bots = (TelegramBot(token=SecretStr(platform.token), webhook_secret=SecretStr("chosen-by-the-operator")),)
    kit = TelegramKit(platform, mode="webhook", public_url="https://hub.example", bots=bots)
    await kit.listen()
    await platform.until(lambda: platform.bot.feed.hook, 5, "a webhook")
    assert platform.bot.feed.hook is not None
    assert platform.bot.feed.hook.secret == "chosen-by-the-operator"
    await kit.stop()
