"""The whole house behind the widget, with its default settings: the first minute of a newcomer, and a power cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.kit.hub import HubProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_fresh_hub_answers_and_a_message_said_while_it_was_dead_is_answered_once(
    visit: Open, tmp_path: Path
) -> None:
    hub = HubProcess(tmp_path)
    await hub.start()
    try:
        ann = await visit(hub.url)
        await ann.says("What is Parley?")
        await expect(ann.answers).to_contain_text("built-in demo")
        await expect(ann.chat.locator(".streaming")).to_have_count(0)
        await hub.kill()
        await ann.says("What does it cost?")
        await expect(ann.alert).to_have_text("The chat cannot be reached.Try again")
        await expect(ann.chat.locator(".queue .sent")).to_have_text("Not sent yet")
        await hub.start()
        await expect(ann.answers).to_have_count(2, timeout=20_000)
        await ann.said("What is Parley?", "What does it cost?")
        await expect(ann.alert).to_be_hidden()
        assert await ann.page.evaluate("window.__faults") == []
    finally:
        await hub.kill()


async def test_two_browsers_become_one_person_and_part_again(visit: Open, tmp_path: Path) -> None:
    hub = HubProcess(tmp_path)
    await hub.start()
    try:
        ann, phone = await visit(hub.url), await visit(hub.url)
        notices = [one.chat.locator(".notice .body") for one in (ann, phone)]
        await ann.says("What is Parley?")
        await expect(ann.answers).to_contain_text("built-in demo")
        await ann.says("/link")
        await expect(notices[0]).to_contain_text("The code works once")
        code = await notices[0].locator("strong").first.inner_text()
        await phone.says(f"/link {code}")
        await expect(notices[1]).to_contain_text("Join the account of Web?")
        await phone.button("Join").click()
        await expect(notices[1].last).to_contain_text("Linked with Web.")
        await expect(notices[0].last).to_contain_text("Web is linked with this chat now")
        await phone.says("/chats")
        await expect(notices[1].last).to_contain_text("What is Parley? (2)")
        await phone.says("/link off")
        await expect(notices[1].last).to_contain_text("Everything said until now stays with the shared account")
        await phone.button("Take it out").click()
        await expect(notices[1].last).to_contain_text("has an account of its own now")
        await phone.says("/chats")
        await expect(notices[1].last).to_contain_text("untitled (0)")
        for visitor in (ann, phone):
            assert await visitor.page.evaluate("window.__faults") == []
            assert await visitor.faults() == []
    finally:
        await hub.kill()
