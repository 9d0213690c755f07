"""A person runs out, pays, is told, gets the answer: the whole hub as a process, on Telegram's and Stripe's stand-ins.

What counts is what the stand-ins show and have taken, never our own tables.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.telegram.sandbox import TelegramSandbox
from hub.core.failpoints import PAYMENT_FAILPOINTS
from providers.kit.stand_in import Script
from providers.llm.openai.sandbox import OpenAISandbox
from providers.payments.stripe.sandbox import StripeSandbox
from tests.kit.hub import HubProcess
from tests.kit.parley import parley

SETTINGS = """
[server]
public_url = "{hub}"
[stripe]
secret_key = "{key}"
webhook_secret = "{secret}"
api_base = "{stripe}"
topups = [5]
[plans.free]
allowance = 0.0007
[plans.pro]
allowance = 5
price = 20
[accounts]
default_plan = "free"
[providers.stand-in]
kind = "openai-compatible"
api_key = "sk-journey-test-key"
base_url = "{models}"
[[models]]
name = "stand-in"
provider = "stand-in"
max_output = 64
price_input = 1
price_output = 10
[assistant]
summarise = false
[limits]
person_per_minute = 0
[telegram]
token = "{token}"
api_base = "{telegram}"
mode = "polling"
payments = "link"
"""

WALL = re.compile("question is kept|Frage bleibt|Deine Frage")


@dataclass
class Town:
    hub: HubProcess
    telegram: TelegramSandbox
    models: OpenAISandbox
    stripe: StripeSandbox
    home: Path

    async def answered(self, person: Any, question: str) -> None:
        await person.says(question)
        await person.sees(f"You said: {question}", timeout=30)

    async def runs_out(self, person: Any) -> str:
        """Ask until the wall; the question that ran into it."""
        for number in range(8):
            question = f"question {number}"
            await person.says(question)
            await self.telegram.until(
                lambda said=question: (
                    any(f"You said: {said}" in text or WALL.search(text) for text in person.screen()) or None
                ),
                30,
                lambda: f"an answer or the wall; shown: {person.screen()}",
            )
            if not any(f"You said: {question}" in text for text in person.screen()):
                return question
        raise AssertionError("eight questions, and no wall")

    async def follows(self, link: str) -> str:
        """Open a link from the chat as a browser would, press Continue; Stripe's page."""
        async with aiohttp.ClientSession() as browser:
            async with browser.get(link) as page:
                assert page.status == 200
                assert "<button" in await page.text()
            async with browser.post(link, allow_redirects=False) as answer:
                assert answer.status == 303
                return str(answer.headers["Location"])

    async def page(self, url: str) -> str:
        async with aiohttp.ClientSession() as browser, browser.get(url) as answer:
            return await answer.text()

    def rows(self, statement: str) -> list[Any]:
        connection = sqlite3.connect(self.home / "parley.db", timeout=10)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()


def links(shown: Any) -> dict[str, str]:
    """Label to address of the links in a message."""
    text = shown.text.encode("utf-16-le")
    return {
        text[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le"): one["url"]
        for one in shown.entities
        if one["type"] == "text_link"
    }


@asynccontextmanager
async def town(home: Path, failpoint: str = "", *, listens: bool = True) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TelegramSandbox(speed=10))
        models = await stack.enter_async_context(OpenAISandbox(Script()))
        stripe = await stack.enter_async_context(StripeSandbox())
        hub = HubProcess(home, "")
        text = SETTINGS.format(
            hub=hub.url, key=stripe.secret_key, secret=stripe.webhook_secret, stripe=stripe.url,
            models=models.base_url, token=telegram.token, telegram=telegram.url,
        )  # fmt: skip
        (home / "settings.toml").write_text(text)
        if listens:
            stripe.listen(f"{hub.url}/hooks/stripe")
        await hub.start(failpoint)
        stack.push_async_callback(hub.kill)
        yield Town(hub, telegram, models, stripe, home)
        assert telegram.complaints == []
        assert stripe.secret_key not in hub.log
        assert stripe.webhook_secret not in hub.log


async def test_out_of_allowance_plan_paid_told_and_answered(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        ann = here.telegram.person("Ann", language="en")
        question = await here.runs_out(ann)
        assert not any(text.startswith(f"You said: {question}") for text in ann.screen())
        await ann.calls("/plan")
        offered = await ann.sees("Plans:", timeout=20)
        (buy,) = [url for label, url in links(offered).items() if "Plan pro" in label]
        assert buy.startswith(f"{here.hub.url}/pay/")
        back = await here.stripe.pays(await here.follows(buy))
        told = await ann.sees("You are on the plan pro now", timeout=20)
        await ann.sees(f"You said: {question}", timeout=20)
        page = await here.page(back)
        assert "it is paid" in page
        assert f'href="https://t.me/{here.telegram.bot.username}"' in page
        assert told.text.count("pro") == 1
        await here.answered(ann, "and once more")
        await ann.calls("/plan")
        after = await ann.sees("Your plan: pro, which renews", timeout=20)
        assert any("Change, cancel, invoices" in label for label in links(after))
        assert any(url.startswith(f"{here.stripe.url}/invoices/") for url in links(after).values())
        assert sum(text.startswith(f"You said: {question}") for text in ann.screen()) == 1
        assert buy.rpartition("/")[2] not in here.hub.log


async def test_credit_is_bought_and_answers_what_waited(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        ann = here.telegram.person("Ann", language="de")
        await here.runs_out(ann)
        await ann.calls("/plan topup")
        offered = await ann.sees("Guthaben, 5 $", timeout=20)
        (buy,) = [url for label, url in links(offered).items() if "Guthaben" in label]
        await here.stripe.pays(await here.follows(buy))
        await ann.sees("gehören jetzt dir", timeout=20)
        for number in range(6):
            await here.answered(ann, f"question {number}")


@pytest.mark.parametrize("failpoint", PAYMENT_FAILPOINTS[1:])
async def test_killed_between_event_and_credit_there_is_one_credit_and_one_answer(
    tmp_path: Path, failpoint: str
) -> None:
    async with town(tmp_path, failpoint) as here:
        here.stripe.courier.pause = 0.3
        ann = here.telegram.person("Ann", language="en")
        question = await here.runs_out(ann)
        await ann.calls("/plan topup")
        offered = await ann.sees("of credit", timeout=20)
        (buy,) = [url for label, url in links(offered).items() if "of credit" in label]
        await here.stripe.pays(await here.follows(buy))
        assert await here.hub.died() == -signal.SIGKILL
        await here.hub.start()
        await ann.sees(f"You said: {question}", timeout=30)
        await ann.sees("of credit is yours now", timeout=30)
        await here.stripe.courier.rests()
        assert here.rows("SELECT credit, steps FROM payments") == [(5_000_000, 1)]
        assert here.rows("SELECT count(*) FROM grants WHERE source = 'topup'") == [(1,)]
        assert sum("of credit is yours now" in text for text in ann.screen()) == 1
        assert sum(text.startswith(f"You said: {question}") for text in ann.screen()) == 1


async def test_missed_webhooks_are_healed_from_the_command_line(tmp_path: Path) -> None:
    async with town(tmp_path, listens=False) as here:
        ann = here.telegram.person("Ann", language="en")
        question = await here.runs_out(ann)
        await ann.calls("/plan topup")
        offered = await ann.sees("of credit", timeout=20)
        (buy,) = [url for label, url in links(offered).items() if "of credit" in label]
        await here.stripe.pays(await here.follows(buy))
        done = await asyncio.to_thread(parley, tmp_path, "billing", "reconcile", "--json")
        assert done.code == 0, done.said
        assert '"healed": ' in done.out
        await ann.sees("of credit is yours now", timeout=20)
        await ann.sees(f"You said: {question}", timeout=20)
        assert here.rows("SELECT credit, steps FROM payments") == [(5_000_000, 1)]
