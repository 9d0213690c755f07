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
