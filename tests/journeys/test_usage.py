"""`/usage`, `/why` and `/settings`: what people see of money, in their language, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.domain.address import ChatKind
from hub.domain.money import MICRO, NewGrant, Source, Unit
from hub.domain.plan import Period, Plan
from providers.kit.stand_in import Script
from storage.store import StoreOn, open_store
from tests.kit.house import paper_house, rules
from tests.kit.money import account, with_plan

ANSWER = Script(text="a priced answer", input=1_000, output=200)
"""4,000 micro-dollars from the first model."""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreOn]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield store
    await store.close()


async def test_usage_tells_what_is_left_in_everyday_words(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("small", 40_000))) as house:
        house.models.default = ANSWER
        ann = house.person("ann")
        for number in range(1, 5):
            await ann.says("hi")
            await ann.sees("a priced answer", times=number)
        await ann.says("/usage")
        said = await ann.sees("Plan **small**")
        assert "▓▓▓▓░░░░░░░░ 40 %" in said
        assert "$0.02 of $0.04 left. That is about 6 more average questions." in said
        assert "It begins anew on " in said
        assert "- first: $0.02 (4 ×)" in said
        assert "/plan" not in said


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ("Tarif **small**", "Nachrichten sind übrig", "Es beginnt am ", "- first: 1 Nachrichten (1 ×)")),
        ("es", ("Plan **small**", "Quedan 1.999 mensajes de 2.000 mensajes.", "Se renueva el ")),
        ("ar", ("الخطة **small**", "بقي 1,999 رسالة من 2,000 رسالة", "تتجدد في ")),
    ],
)
async def test_in_every_language(store: StoreOn, language: str, words: tuple[str, ...]) -> None:
    async with paper_house(store, with_plan(Plan("small", 2_000, Unit.MESSAGES))) as house:
        ann = house.person("ann", language=language)
        await ann.says("hi")
        await ann.sees("You said: hi")
        await ann.says("/usage")
        said = await ann.sees(words[0])
        for some in words:
            assert some in said


async def test_bought_credit_and_when_it_lapses(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("small", MICRO))) as house:
        ann = house.person("ann")
        await ann.says("/usage")
        await ann.sees("$1.00 of $1.00 left. That is about 238 more")
        who = await account(house)
        await store.grant(1, NewGrant("one", who, Unit.MICRO, 5 * MICRO, Source.TOPUP))
        await store.grant(1, NewGrant("two", who, Unit.MICRO, MICRO, Source.GIFT, expires=4_102_444_800_000 - 1))
        await ann.says("/usage")
        said = await ann.sees("You also have")
        assert "- $5.00\n- $1.00, until 31 December" in said


async def test_a_free_house_shows_no_money(store: StoreOn) -> None:
    models = {name: replace(model, free=True) for name, model in rules().models.items()}
    async with paper_house(store, with_plan(Plan("small", MICRO), models=models)) as house:
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("You said: hi")
        await ann.says("/usage")
        assert await ann.sees("free here") == (
            "**first** answers you, and it is free here: nothing is counted and there is nothing to pay."
        )
        await ann.says("/why")
        assert "charged" not in await ann.sees("How the last answer came about")
        await ann.says("/settings")
        assert "plan" not in await ann.sees("answers you (`/model`)")


async def test_without_limit_and_with_nothing_of_its_own(store: StoreOn) -> None:
    plans = {"all": Plan("all"), "none": Plan("none", 0)}
    async with paper_house(store, rules(plans=plans, default_plan="all")) as house:
        house.models.default = ANSWER
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("a priced answer")
        await ann.says("/usage")
        await ann.sees("No limit. Used in this period: $0.004.")
        await store.set_plan(1, await account(house), "none", 0, 0)
        await ann.says("/usage")
        await ann.sees("This plan has no allowance of its own")


async def test_rolling_hours_begin_with_the_first_question(store: StoreOn) -> None:
    plan = Plan("small", 10, Unit.MESSAGES, Period.ROLLING, hours=5)
    async with paper_house(store, with_plan(plan)) as house:
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("You said: hi")
        await ann.says("/usage")
        assert "in about 5 h" in await ann.sees("Plan **small**")


async def test_why_tells_route_fallback_tokens_and_cost_in_private(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("small", MICRO))) as house:
        house.models.default = ANSWER
        for person in (house.person("ann"), house.person("bob", chat="team", kind=ChatKind.GROUP)):
            await person.says("hi")
            await person.sees("a priced answer")
            await person.says("/why")
            said = await person.sees("How the last answer came about")
            assert "1000 tokens read (0 from cache), 200 written" in said
            assert "Asked in this order: **first** → **second**" in said
            assert ("charged $0.004 (price: test)" in said) is (person.kind is ChatKind.PRIVATE)


async def test_settings_lead_to_everything_else(store: StoreOn) -> None:
    async with paper_house(store, rules(payments=frozenset({"stripe"}))) as house:
        ann = house.person("ann")
        await ann.says("/settings")
        said = await ann.sees("answers you (`/model`)")
        assert "on the plan **free**" in said
        newest = next(reversed(house.paper.screen.values())).part
        assert [button.command for button in newest.buttons] == ["model", "settings", "usage", "plan", "link"]
        group = house.person("bob", chat="team", kind=ChatKind.GROUP)
        await group.says("/settings")
        await group.sees("shows what is private")
