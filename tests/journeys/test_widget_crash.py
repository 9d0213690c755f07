"""The real widget before the real hub, which is killed while the person looks on. Judged by the page and by what the
stand-in for the model was asked: never by our own tables."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from providers.kit.stand_in import Script
from tests.browser.visitor import Visitor
from tests.kit.browser import chromium
from tests.kit.running import House, running_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

STORY = " ".join(f"word{number}" for number in range(40))

Open = Callable[[House], Awaitable[Visitor]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=20_000)
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser) -> AsyncIterator[Open]:
    """Open the hub's own page in a browser profile of its own."""
    contexts = []

    async def open_page(house: House) -> Visitor:
        context = await browser.new_context(locale="en")
        contexts.append(context)
        page = await context.new_page()
        await page.goto(house.hub.url)
        return Visitor(page)

    yield open_page
    for context in contexts:
        await context.close()


async def shown(ann: Visitor) -> list[str]:
    """Every message on the screen that the person did not say, as read by them."""
    texts: list[str] = await ann.chat.evaluate(
        "(chat) => [...chat.shadowRoot.querySelectorAll('.list .assistant .body, .list .notice .body')]"
        ".map((body) => body.innerText.trim())"
    )
    return texts


async def stays(ann: Visitor, *texts: str) -> None:
    """Exactly `texts` stand there, now and a moment later, and after coming anew."""
    for again in range(2):
        await expect(ann.chat.locator(".streaming")).to_have_count(0)
        await asyncio.sleep(0.5)
        assert await shown(ann) == list(texts)
        if not again:
            await ann.page.reload()
            await expect(ann.answers.first).to_be_visible()


@pytest.mark.parametrize("failpoint", ["after_inbox_commit", "after_first_frame", "after_finish"])
async def test_killed_while_somebody_looks_on(visit: Open, tmp_path: Path, failpoint: str) -> None:
    async with running_house(tmp_path, Script(text=STORY, pace=0.02)) as house:
        await house.hub.stop()
        await house.hub.start(failpoint)
        ann = await visit(house)
        await ann.says("a story")
        assert await house.hub.died() == -signal.SIGKILL
        await expect(ann.alert).to_contain_text("The chat cannot be reached.")
        await house.hub.start()
        await expect(ann.alert).to_be_hidden()
        await ann.said("a story")
        if failpoint == "after_first_frame":
            await expect(ann.answers).to_contain_text("The answer broke off here.")
            (text,) = await shown(ann)
            assert text.startswith("word0")
            await stays(ann, text)
        else:
            await expect(ann.answers).to_have_text(STORY)
            await stays(ann, STORY)
        assert house.asked() == ["a story"]
        house.models.next(Script())
        await ann.says("and now")
        await expect(ann.answers.last).to_have_text("You said: and now")
        assert house.asked() == ["a story", "and now"]


async def test_a_message_written_while_the_hub_is_away_is_kept_and_answered_once(visit: Open, tmp_path: Path) -> None:
    async with running_house(tmp_path) as house:
        ann = await visit(house)
        await ann.says("before")
        await ann.sees("You said: before")
        await house.hub.kill()
        await expect(ann.alert).to_contain_text("The chat cannot be reached.")
        await ann.says("during")
        await ann.says("and more")
        waiting = ann.chat.locator(".queue .person .body")
        await expect(waiting).to_have_text(["during", "and more"])
        await expect(ann.chat.locator(".queue .sent").first).to_have_text("Not sent yet")
        kept = await ann.page.evaluate(
            "JSON.parse(localStorage.getItem('parley:default::outbox')).map((one) => one.text)"
        )
        assert kept == ["during", "and more"]
        await house.hub.start()
        await ann.said("before", "during", "and more")
        await expect(ann.answers).to_have_count(3)
        await stays(ann, "You said: before", "You said: during", "You said: and more")
        assert house.asked() == ["before", "during", "and more"]


async def test_a_reload_in_mid_answer_goes_on(visit: Open, tmp_path: Path) -> None:
    async with running_house(tmp_path, Script(text=STORY, pace=0.05)) as house:
        ann = await visit(house)
        await ann.says("a story")
        await expect(ann.answers).to_contain_text("word5")
        await ann.page.reload()
        await expect(ann.answers).to_contain_text("word0 word1")
        await expect(ann.button("Stop")).to_be_visible()
        await ann.sees(STORY)
        await ann.said("a story")
        await stays(ann, STORY)
        assert house.asked() == ["a story"]


async def test_stop_ends_the_answer_and_the_call_to_the_model(visit: Open, tmp_path: Path) -> None:
    async with running_house(tmp_path, Script(text=STORY, pace=0.25)) as house:
        ann = await visit(house)
        await ann.says("a story")
        await expect(ann.answers).to_contain_text("word1")
        await ann.button("Stop").click()
        await expect(ann.answers.last).to_contain_text("Stopped.")
        await expect(ann.button("Stop")).to_be_hidden()
        (call,) = house.models.heard
        await asyncio.wait_for(call.left.wait(), 5)
        assert not call.completed
        assert call.sent < 30
        (text,) = await shown(ann)
        assert text.startswith("word0 word1")
        await stays(ann, text)
        house.models.next(Script())
        await ann.says("and now")
        await expect(ann.answers.last).to_have_text("You said: and now")
        assert house.asked() == ["a story", "and now"]
