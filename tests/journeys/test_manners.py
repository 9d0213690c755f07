"""Small courtesies: a sign while the model thinks, a button that stops, a title, opinions, a page of one's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub.core.commands.registry import COMMANDS, HIDDEN, menu
from hub.domain.capabilities import Budget, Scope
from hub.domain.errors import RateLimited, Unreachable
from hub.domain.inbound import Called, Pressed
from providers.kit.stand_in import Script
from storage.store import StoreOn, open_store
from tests.kit.house import paper_house
from tests.kit.paper import PLAIN


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreOn]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield store
    await store.close()


async def until(met: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not met():
            await asyncio.sleep(0.005)


async def test_a_model_that_thinks_long_is_seen_to_think(store: StoreOn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.live.HESITATION_SECONDS", 0.1)
    monkeypatch.setattr("hub.core.live.TYPING_SECONDS", 0.1)
    async with paper_house(store) as house:
        house.models.next(Script(text="at last", wait=0.6))
        ann = house.person("ann")
        await ann.says("hi")
        await until(lambda: house.paper.typed >= 2)
        await ann.sees("at last")
        await house.rests()
        typed = house.paper.typed
        await ann.says("quick one")
        await ann.sees("You said: quick one")
        await asyncio.sleep(0.3)
        assert house.paper.typed == typed, "who answers at once does not type, and an answer ends the typing"


async def test_where_a_sign_costs_the_only_call_the_first_word_does_not_wait_for_it(
    store: StoreOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.core.live.HESITATION_SECONDS", 0.05)
    dear = replace(PLAIN, budgets=(Budget(Scope.CHAT, 1, 0.5),))
    async with paper_house(store, capabilities=dear) as house:
        house.models.next(Script(text="soon", wait=0.3), Script(text="late", wait=2.0))
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("soon")
        assert house.paper.typed == 0
        await house.rests()
        await ann.says("hi")
        await ann.sees("late")
        assert house.paper.typed == 1


async def test_where_nothing_can_be_shown_nothing_is(store: StoreOn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.live.HESITATION_SECONDS", 0.05)
    async with paper_house(store, capabilities=replace(PLAIN, typing=False)) as house:
        house.models.next(Script(text="at last", wait=0.3))
        await house.person("ann").says("hi")
        await house.person("ann").sees("at last")
        assert house.paper.typed == 0


async def test_a_growing_answer_can_be_stopped_where_it_grows(store: StoreOn) -> None:
    async with paper_house(store) as house:
        house.models.default = Script(text=" ".join("abcdefghijklmnopqrstuvwxyz"), pace=0.05)
        ann = house.person("ann", language="de")
        await ann.says("hi")
        await ann.sees("c")
        (shown,) = house.paper.screen.values()
        (stop,) = shown.part.buttons
        assert (stop.label, stop.command) == ("Anhalten", "stop")
        await ann.says(Pressed(stop.command, stop.argument))
        await house.rests()
        (shown,) = house.paper.screen.values()
        assert "z" not in shown.part.text
        assert all(button.command != "stop" for button in shown.part.buttons)


async def test_only_the_last_of_several_messages_bears_the_button(store: StoreOn) -> None:
    async with paper_house(store, capabilities=replace(PLAIN, text_limit=40)) as house:
        house.models.default = Script(text="\n\n".join(f"paragraph number {n}" for n in range(6)), pace=0.05)
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("number 4")
        assert [bool(shown.part.buttons) for shown in house.paper.screen.values()][:-1] == [False] * (
            len(house.paper.screen) - 1
        )
        await ann.sees("number 5")
        await house.rests()
        assert not any(shown.part.buttons for shown in house.paper.screen.values())


async def test_the_first_exchange_gives_a_conversation_its_title(store: StoreOn) -> None:
    async with paper_house(store, capabilities=replace(PLAIN, edits=False, typing=False)) as house:
        ann, bob = house.person("ann"), house.person("bob")
        for question in ("How do\nbees fly?", "and wasps?", "/help"):
            await ann.says(question)
            await house.rests()
        await until(lambda: house.paper.titles)
        assert house.paper.titles == {"ann": ["How do bees fly?"]}
        house.paper.faults = [None, Unreachable("no")]
        await bob.says("hello")
        await bob.sees("You said: hello")
        await house.rests()
        assert "bob" not in house.paper.titles


async def test_a_refused_sign_closes_the_chat_like_any_other(store: StoreOn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.live.HESITATION_SECONDS", 0.05)

    async def refuse(address: object) -> None:
        raise RateLimited(0.5)

    async with paper_house(store) as house:
        monkeypatch.setattr(house.paper, "typing", refuse)
        house.models.next(Script(text="at last", wait=0.2))
        await house.person("ann").says("hi")
        began = asyncio.get_running_loop().time()
        await house.person("ann").sees("at last")
        assert asyncio.get_running_loop().time() - began > 0.4


async def test_reactions_are_kept_and_nothing_is_said(store: StoreOn) -> None:
    async with paper_house(store) as house:
        ann = house.person("ann")
        await ann.says("hi")
        await ann.sees("You said: hi")
        await house.rests()
        (ref,) = house.paper.screen
        for opinion in ("good", "bad", "none", "good"):
            await ann.says(Pressed("rate", f"{opinion} {ref}"))
        await ann.says(Pressed("rate", "good elsewhere"))
        await ann.says(Pressed("rate", "nonsense"))
        await house.rests()
        assert len(house.paper.screen) == 1
        assert not await store.rate(ann.address, "elsewhere", "ann", True)
        assert (await store.counts())["waiting"] == 0


async def test_home_is_a_page_of_ones_own(store: StoreOn) -> None:
    async with paper_house(store) as house:
        ann = house.person("ann")
        await ann.says(Called("home"))
        assert "None yet." in await ann.sees("**first** answers you")
        await ann.says("How do bees fly?")
        await ann.sees("You said")
        await house.rests()
        await ann.says("/new")
        await ann.says(Called("home"))
        page = await ann.sees("- How do bees fly? (2)")
        assert "`help`" in page
        assert "`/home`" not in page
        shown = next(one for one in house.paper.screen.values() if one.part.text == page)
        assert [(button.command, button.label) for button in shown.part.buttons] == [
            ("model", "Use second"),
            ("link", "Linked places"),
            ("settings", "Settings"),
            ("chats", "How do bees fly?"),
        ]
        await ann.says(Pressed(shown.part.buttons[3].command, shown.part.buttons[3].argument))
        await ann.sees("Back in **How do bees fly?**")


async def test_a_chosen_language_wins_over_the_platforms(store: StoreOn) -> None:
    async with paper_house(store) as house:
        ann, bea = house.person("ann"), house.person("bea")
        await ann.says("/settings")
        assert "your app or browser is set to" in await ann.sees("`/settings language`")
        await ann.says("/settings language")
        offer = await ann.sees("Which language")
        shown = next(one.part for one in house.paper.screen.values() if one.part.text == offer)
        assert [button.label for button in shown.buttons] == ["English", "Deutsch", "Español", "العربية"]
        await ann.says(Pressed(shown.buttons[1].command, shown.buttons[1].argument))
        await ann.sees("Ab jetzt spreche ich **Deutsch** mit dir.")
        await ann.says("/settings")
        await ann.sees("Ich spreche **Deutsch**")
        await ann.says("and a question")
        await ann.sees("You said: and a question")
        await ann.says("/settings language kl_ingon")
        await ann.sees("`kl_ingon` spreche ich nicht")
        await bea.says("/settings")
        await bea.sees("your app or browser is set to")
        await ann.says("/settings language auto")
        await ann.sees("Ab jetzt spreche ich die Sprache, auf die")
        await ann.says("/settings")
        await ann.sees("I speak the language that your app", times=2)


def test_menus_suggest_models_and_show_nothing_hidden() -> None:
    shown = {command.name: command for command in menu(("one", "two"))}
    assert shown["model"].choices == ("one", "two")
    assert shown["help"].choices == ()
    assert shown.keys() == COMMANDS.keys()
    assert not shown.keys() & HIDDEN.keys()
