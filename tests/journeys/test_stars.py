"""A person on Telegram runs out, pays in Stars, is told, gets the answer: the whole hub, and what the stand-in took."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.telegram.sandbox import TelegramSandbox
from adapters.telegram.sandbox.people import Person
from adapters.telegram.sandbox.till import NotPaid
from providers.llm.openai.sandbox import OpenAISandbox
from tests.kit.hub import HubProcess
from tests.kit.parley import parley

SETTINGS = """
[plans.free]
allowance = 0.0007
[plans.pro]
allowance = 5
stars = 500
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
stars_per_dollar = 60
support = "@help_tests"
{more}
"""


@dataclass
class House:
    hub: HubProcess
    telegram: TelegramSandbox
    home: Path

    async def runs_out(self, person: Person) -> str:
        """Ask until the wall; the question that ran into it."""
        for number in range(8):
            question = f"question {number}"
            before = len(person.screen())
            await person.says(question)
            await self.telegram.until(lambda before=before: len(person.screen()) > before or None, 20, "an answer")
            await person.sees("question is kept" if "question is kept" in person.screen()[-1] else question, 20)
            if "question is kept" in person.screen()[-1]:
                return question
        raise AssertionError("the allowance does not end")

    async def offers(self, person: Person, call: str = "/plan") -> list[str]:
        """The labels of what is offered for stars."""
        before = len(person.shown())
        await person.calls(call)
        shown = await self.telegram.until(lambda: (person.shown()[before:] or [None])[-1], 20, "the plans")
        return shown.labels()


@asynccontextmanager
async def stars(home: Path, more: str = "") -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TelegramSandbox(speed=10))
        models = await stack.enter_async_context(OpenAISandbox())
        text = SETTINGS.format(models=models.base_url, token=telegram.token, telegram=telegram.url, more=more)
        hub = HubProcess(home, text)
        await hub.start()
        stack.push_async_callback(hub.kill)
        yield House(hub, telegram, home)
        assert telegram.complaints == []


async def test_from_the_wall_to_the_answer_and_back(tmp_path: Path) -> None:
    """Paid, told, answered; renewed in silence; given back, and over."""
    async with stars(tmp_path) as here:
        ann, bob = here.telegram.person("Ann"), here.telegram.person("Bob")
        ann.stars = bob.stars = 2_000
        question = await here.runs_out(ann)
        labels = await here.offers(ann)
        (buy,) = [label for label in labels if "500 ⭐" in label]
        link = await ann.opens(buy)
        with pytest.raises(NotPaid, match="somebody else"):
            await bob.pays(link)
        receipt = await ann.pays(link)
        await ann.sees(f"You said: {question}", timeout=30)
        await ann.sees("You are on the plan pro", timeout=20)
        assert (ann.stars, bob.stars) == (1_500, 2_000)
        with pytest.raises(NotPaid, match="paid already"):
            await ann.pays(link)
        said = len(ann.screen())
        renewed = here.telegram.till.renew(receipt)
        assert renewed is not None
        await ann.says("still there?")
        await ann.sees("You said: still there?", timeout=20)
        assert len(ann.screen()) == said + 1, "a renewal is no news"
        await ann.calls("/paysupport")
        support = await ann.sees("@help_tests", timeout=20)
        assert receipt.id in support.text
        told = await asyncio.to_thread(parley, tmp_path, "telegram", "refund", str(ann.id), renewed.id)
        assert told.code == 0, told.said
        await ann.sees("Your plan pro has ended", timeout=20)
        assert ann.stars == 1_500
        assert renewed.cancelled


async def test_a_plan_that_was_not_renewed_is_for_sale_again(tmp_path: Path) -> None:
    """Telegram says nothing when it does not renew."""
    async with stars(tmp_path) as here:
        ann = here.telegram.person("Ann")
        ann.stars = 1_000
        (buy,) = [label for label in await here.offers(ann) if "500 ⭐" in label]
        await ann.pays(await ann.opens(buy))
        await ann.sees("You are on the plan pro", timeout=20)
        assert not [label for label in await here.offers(ann) if "500 ⭐" in label]
        with closing(sqlite3.connect(tmp_path / "parley.db", timeout=10)) as link:
            link.execute("UPDATE subscriptions SET until = 1")
            link.commit()
        assert [label for label in await here.offers(ann) if "500 ⭐" in label]


async def test_credit_for_stars_that_no_update_told_of_and_nothing_twice(tmp_path: Path) -> None:
    """The hub is away for longer than Telegram keeps updates: what was paid is in the list of transactions."""
    async with stars(tmp_path) as here:
        ann = here.telegram.person("Ann")
        ann.stars = 1_000
        question = await here.runs_out(ann)
        labels = await here.offers(ann, "/plan topup")
        (buy,) = [label for label in labels if "300 ⭐" in label]
        assert not [label for label in labels if "500 ⭐" in label]
        here.telegram.till.silent = True
        receipt = await ann.pays(buy)
        here.telegram.till.silent = False
        await here.hub.kill()
        await here.hub.start()
        await ann.sees(f"You said: {question}", timeout=30)
        assert f"300 stars paid: {receipt.id}" in here.hub.log
        feed = here.telegram.bot.feed
        shown = next(one for one in here.telegram.private(here.telegram.bot, ann).messages.values() if one.media)
        feed.push("message", shown.json())
        await ann.says("and now?")
        await ann.sees("You said: and now?", timeout=20)
        await ann.sees("of credit is yours now", timeout=20)
        assert sum("of credit is yours now" in words for words in ann.screen()) == 1
        told = await asyncio.to_thread(parley, tmp_path, "ledger", "verify")
        assert told.code == 0, told.said
        await asyncio.to_thread(parley, tmp_path, "telegram", "refund", str(ann.id), receipt.id)
        await ann.sees("of credit has been taken back", timeout=20)
        assert ann.stars == 1_000


async def test_where_nothing_is_sold_nothing_pretends_to(tmp_path: Path) -> None:
    async with stars(tmp_path, 'payments = "off"') as here:
        ann = here.telegram.person("Ann")
        assert await here.offers(ann) == []
        assert "⭐" not in ann.screen()[-1]
