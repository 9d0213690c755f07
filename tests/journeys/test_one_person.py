"""One person starts on Telegram, links on Slack, goes on in Discord and ends in the widget: one memory, one balance."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.sandbox import DiscordSandbox
from adapters.slack.sandbox import SlackSandbox
from adapters.telegram.sandbox import TelegramSandbox
from adapters.web.sandbox import Person as Visitor
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from tests.kit.hub import HubProcess
from tests.kit.running import settings

ANSWER = Script(input=10_000, output=2_000)
PRICE = "price_input = 2\nprice_output = 10"
"""Each answer costs four cents, of the fifty that the plan `free` allows."""

CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b")


def platforms(telegram: TelegramSandbox, slack: SlackSandbox, discord: DiscordSandbox, agent: bool) -> str:
    return f"""
[telegram]
token = "{telegram.token}"
api_base = "{telegram.url}"
[slack]
bot_token = "{slack.app.bot_token}"
app_token = "{slack.app.app_token}"
agent = {str(agent).lower()}
api_base = "{slack.api_base}"
[discord]
token = "{discord.token}"
api_base = "{discord.api_base}"
"""


def code_in(text: str) -> str:
    found = CODE.search(text)
    assert found is not None, text
    return found[0]


def seen(person: Any, count: int) -> list[str] | None:
    """The codes on a person's screen, once there are `count` of them."""
    codes = list(dict.fromkeys(CODE.findall("\n".join(person.screen()))))
    return codes if len(codes) == count else None


@pytest.fixture
def price() -> str:
    return "free = true"


@pytest.fixture(params=[True, False], ids=["agent", "bot"])
async def everywhere(request: pytest.FixtureRequest, tmp_path: Path, price: str):
    """All platforms; Slack's app is an agent, where every message begins a thread, or a plain bot."""
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TelegramSandbox(speed=10))
        slack = await stack.enter_async_context(SlackSandbox(agent=request.param))
        discord = await stack.enter_async_context(DiscordSandbox())
        models = await stack.enter_async_context(OpenAISandbox(ANSWER))
        text = settings(models.base_url, more=platforms(telegram, slack, discord, request.param))
        hub = HubProcess(tmp_path, text.replace("free = true", price))
        await hub.start()
        stack.push_async_callback(hub.kill)
        yield hub, telegram, slack, discord, models


def asked(models: OpenAISandbox) -> list[str]:
    return [m["content"] for m in models.heard[-1].body["messages"] if m["role"] != "system"]


def left(models: OpenAISandbox) -> str:
    """What `/usage` says when every call that the vendor bills was paid from one allowance."""
    return f"$0.{50 - 4 * len(models.heard):02} of $0.50 left"


@pytest.mark.parametrize("price", [PRICE], ids=["four cents"])
async def test_one_person_everywhere_with_one_memory_and_one_balance(everywhere) -> None:
    hub, telegram, slack, discord, models = everywhere
    on_telegram, on_slack, on_discord = (platform.person("Ann") for platform in (telegram, slack, discord))
    await on_telegram.says("My name is Ann.")
    await on_telegram.sees("You said: My name is Ann.", timeout=20)
    await on_telegram.calls("/link")
    code = code_in((await on_telegram.sees("The code works once", timeout=20)).text)

    await on_slack.calls(f"/parley link {code}")
    await on_slack.sees("Join the account of Telegram (Ann)?", timeout=20)
    await on_slack.presses("Join")
    await on_slack.sees("Linked with", timeout=20)
    await on_telegram.sees("Slack (Ann) is linked with this chat now", timeout=20)
    await on_slack.says("I live in Oslo.")
    await on_slack.sees("You said: I live in Oslo.", timeout=20)

    await on_slack.calls("/parley link")
    code = code_in((await on_slack.sees("The code works once", timeout=20)).bare)
    await on_discord.says(f"/link {code}")
    await on_discord.sees("Join the account of", timeout=20)
    await on_discord.presses("Join")
    await on_discord.sees("Linked with", timeout=20)
    await on_discord.says("I like tea.")
    await on_discord.sees("You said: I like tea.", timeout=20)

    async with Visitor(hub.url) as in_widget:
        await on_discord.says("/link")
        code = code_in((await on_discord.sees("The code works once", timeout=20)).content)
        await in_widget.says(f"/link {code}")
        await in_widget.sees("Join the account of **Discord")
        await in_widget.says(f"/link {code} yes")
        await in_widget.sees("Linked with **Discord")
        await in_widget.says("Who am I?")
        await in_widget.sees("You said: Who am I?", timeout=20)
        told = ["My name is Ann.", "I live in Oslo.", "I like tea.", "Who am I?"]
        assert [words for words in asked(models) if not words.startswith("You said")] == told
        assert left(models) == "$0.34 of $0.50 left"
        await in_widget.says("/usage")
        await in_widget.sees(left(models))
        await on_telegram.calls("/usage")
        await on_telegram.sees(left(models), timeout=20)
        await on_slack.calls("/parley usage")
        await on_slack.sees(left(models), timeout=20)
        await on_discord.says("/usage")
        await on_discord.sees(left(models), timeout=20)
        await in_widget.says("/link list")
        listed = (await in_widget.sees("Linked with your account"))["text"]
        places = [line.strip("*0123456789. ").split(" ")[0] for line in listed.splitlines() if line[:1].isdigit()]
        assert places == ["Telegram", "Slack", "Discord", "Web"]
    await on_telegram.says("And here?")
    await on_telegram.sees("You said: And here?", timeout=20)
    assert "I like tea." in asked(models)
    await on_discord.says("/usage")
    await on_discord.sees(left(models), timeout=20)

    team = telegram.group("Team", on_telegram, telegram.person("Bea"))
    await on_telegram.says("@parley_bot what do you know of me?", in_=team)
    await on_telegram.sees("what do you know of me?", in_=team, timeout=20)
    assert len(asked(models)) == 1, "nothing private goes into a group"
    await on_telegram.calls("/link", in_=team)
    shown = await on_telegram.sees("private chat with me only", in_=team, timeout=20)
    assert CODE.search(shown.text) is None


async def test_places_are_taken_out_by_their_own_buttons(everywhere) -> None:
    _, telegram, slack, discord, models = everywhere
    on_telegram, on_slack, on_discord = (platform.person("Ann") for platform in (telegram, slack, discord))
    await on_telegram.says("My name is Ann.")
    await on_telegram.sees("You said: My name is Ann.", timeout=20)
    for number, person in enumerate((on_slack, on_discord), 1):
        await on_telegram.calls("/link")
        codes = await telegram.until(lambda n=number: seen(on_telegram, n), 20, "a code")
        await person.says(f"/link {codes[-1]}")
        await person.sees("Join the account of Telegram (Ann)?", timeout=20)
        await person.presses("Join")
        await person.sees("Linked with", timeout=20)
    await on_slack.says("/link list")
    await on_slack.sees("Linked with your account", timeout=20)
    await on_slack.presses("✕ 3. Discord (Ann)")
    await on_slack.sees("Take Discord (Ann) out of your account?", timeout=20)
    await on_slack.presses("Take it out")
    await on_slack.sees("Discord (Ann) has been taken out", timeout=20)
    await on_discord.says("Who am I?")
    await on_discord.sees("You said: Who am I?", timeout=20)
    assert asked(models) == ["Who am I?"]
    await on_telegram.calls("/link off")
    await on_telegram.sees("Take Telegram (Ann) out of your account?", timeout=20)
    await on_telegram.presses("Take it out")
    await on_telegram.sees("Telegram (Ann) has an account of its own now", timeout=20)
    await on_telegram.says("Who am I?")
    await on_telegram.sees("You said: Who am I?", timeout=20)
    assert asked(models) == ["Who am I?"]
