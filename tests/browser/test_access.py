"""Keyboard, screen readers, phones, languages: the widget to WCAG 2.2 AA."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.browser.model import STORY, Model

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
async def test_axe_finds_nothing(visit: Open, model: Model, shop: dict[str, str], scheme: str, language: str) -> None:
    options = {"color_scheme": scheme, "locale": language, "reduced_motion": "reduce"}
    ann = await visit(**options)
    await ann.says("rich")
    await ann.answers.locator("pre").wait_for()
    await expect(ann.button("إعادة المحاولة" if language == "ar" else "Try again")).to_be_visible()
    await ann.page.evaluate(
        "document.querySelectorAll('details').forEach((card) => { card.name = ''; card.open = true })"
    )
    assert await ann.faults() == []
    bob = await visit(shop["url"], **options)
    await bob.chat.locator(".launcher").click()
    await bob.page.route("**/web/v1/messages", lambda route: route.abort())
    await bob.says("hello")
    await expect(bob.alert).to_be_visible()
    assert await bob.faults() == []


async def test_everything_can_be_done_with_the_keyboard(visit: Open, model: Model, shop: dict[str, str]) -> None:
    ann = await visit(shop["url"])
    press = ann.page.keyboard.press
    launcher = ann.chat.locator(".launcher")
    await press("Tab")
    await press("Tab")
    await expect(launcher).to_be_focused()
    await expect(launcher).to_have_attribute("aria-expanded", "false")
    await press("Enter")
    await expect(ann.field).to_be_focused()
    await expect(launcher).to_have_attribute("aria-expanded", "true")
    await ann.page.keyboard.type("one")
    await press("Shift+Enter")
    await ann.page.keyboard.type("two")
    await expect(ann.field).to_have_value("one\ntwo")
    await press("Enter")
    await ann.said("one\ntwo")
    await ann.answers.first.wait_for()
    await expect(ann.chat.locator(".streaming")).to_have_count(0)
    await press("Alt+ArrowUp")
    await expect(ann.chat.locator(".msg.assistant")).to_be_focused()
    await press("Alt+ArrowUp")
    await expect(ann.chat.locator(".msg.person")).to_be_focused()
    await press("Alt+ArrowDown")
    await press("Tab")
    for name in ("copy", "good", "bad"):
        await expect(ann.chat.locator(f".tools .{name}")).to_be_focused()
        await press("Tab")
    await expect(ann.button("Try again")).to_be_focused()
    await press("Escape")
    await expect(ann.chat.locator("dialog")).to_be_hidden()
    await expect(launcher).to_be_focused()


async def test_an_input_method_that_composes_does_not_send(visit: Open, model: Model) -> None:
    ann = await visit()
    await ann.field.fill("にほん")
    await ann.field.evaluate(
        "(field) => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    await expect(ann.field).to_have_value("にほん")
    await ann.field.press("Enter")
    await ann.said("にほん")


async def test_every_target_is_large_enough_and_has_a_name(visit: Open, model: Model) -> None:
    ann = await visit()
    await ann.says("rich")
    await ann.answers.locator("pre").wait_for()
    await expect(ann.button("Try again")).to_be_visible()
    small = await ann.chat.evaluate(
        """(chat) => [...chat.shadowRoot.querySelectorAll("button")].filter((one) => one.checkVisibility())
            .map((one) => [one.ariaLabel || one.textContent, one.getBoundingClientRect()])
            .filter(([name, box]) => !name || box.width < 44 || box.height < 44).map(([name]) => name)"""
    )
    assert small == []


async def test_a_phone_shows_the_panel_alone_and_keeps_the_focus_inside(
    visit: Open, model: Model, shop: dict[str, str]
) -> None:
    ann = await visit(shop["url"], viewport={"width": 375, "height": 700}, has_touch=True, reduced_motion="reduce")
    launcher = ann.chat.locator(".launcher")
    await launcher.tap()
    await expect(launcher).to_be_hidden()
    box = await ann.chat.locator("dialog").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 375, "height": 700}
    for _ in range(12):
        await ann.page.keyboard.press("Tab")
        assert await ann.page.evaluate("['BODY', 'PARLEY-CHAT'].includes(document.activeElement.tagName)")
    await ann.button("Close chat").click()
    await expect(launcher).to_be_focused()


async def test_arabic_runs_from_right_to_left_and_code_does_not(visit: Open, model: Model) -> None:
    ann = await visit(locale="ar")
    await ann.says("rich")
    await expect(ann.answers.locator("pre")).to_be_visible()
    await expect(ann.chat.locator(".root")).to_have_attribute("dir", "rtl")
    assert await ann.answers.locator("pre").evaluate("(code) => getComputedStyle(code).direction") == "ltr"
    bubble = await ann.person.bounding_box()
    log = await ann.chat.locator(".log").bounding_box()
    assert bubble is not None
    assert log is not None
    assert bubble["x"] + bubble["width"] / 2 < log["x"] + log["width"] / 2
    await ann.says("مرحبا بك")
    await expect(ann.person.last).to_have_text("مرحبا بك")
    await expect(ann.person.last).to_have_css("direction", "rtl")


async def test_the_badge_counts_what_came_while_the_panel_was_closed(
    visit: Open, model: Model, shop: dict[str, str]
) -> None:
    ann = await visit(shop["url"])
    await ann.page.evaluate(
        "window.heard = []; addEventListener('parley:unread', (event) => heard.push(event.detail.count))"
    )
    await ann.chat.evaluate("(chat) => chat.open()")
    model.hold(5)
    await ann.says("story")
    await expect(ann.answers).to_contain_text("word4")
    await ann.chat.evaluate("(chat) => chat.close()")
    model.release()
    await expect(ann.chat.locator(".badge")).to_have_text("1")
    await expect(ann.button("Open chat, 1 unread")).to_be_visible()
    await ann.page.reload()
    await expect(ann.chat.locator(".badge")).to_have_text("1")
    await ann.button("Open chat, 1 unread").click()
    await ann.sees(STORY)
    await expect(ann.chat.locator(".badge")).to_be_hidden()
    await ann.page.reload()
    await asyncio.sleep(0.3)
    await expect(ann.chat.locator(".badge")).to_be_hidden()


async def test_who_reads_above_is_not_pulled_down(visit: Open, model: Model) -> None:
    ann = await visit(viewport={"width": 800, "height": 400})
    await ann.says("rich")
    await ann.answers.locator("pre").wait_for()
    log = ann.chat.locator(".log")
    await expect(ann.button("Try again")).to_be_visible()
    await log.evaluate("(log) => log.scrollTo({top: 0, behavior: 'instant'})")
    await expect(ann.button("Jump to latest")).to_be_visible()
    await model.says(model.server.room.inbox[-1].address, "later", "one more")
    await expect(ann.answers.last).to_have_text("one more")
    assert await log.evaluate("(log) => log.scrollTop") == 0
    await ann.button("Jump to latest").click()
    await expect(ann.button("Jump to latest")).to_be_hidden()


async def test_the_page_leads_a_newcomer_on(visit: Open, model: Model) -> None:
    ann = await visit()
    page = ann.page
    await page.get_by_role("button", name="What can you do?").click()
    await expect(ann.field).to_have_value("What can you do?")
    await expect(ann.field).to_be_focused()
    assert model.asked == []
    await page.get_by_text("Connect a real model").click()
    await expect(page.get_by_text("OPENAI_API_KEY=")).to_be_visible()
    await page.get_by_text("Put it on your website").click()
    await expect(page.locator("#embed")).to_contain_text(f'src="{model.server.url}/widget.js"')
    await expect(page.get_by_text("the built-in demo answers")).to_be_visible()
    await page.locator("#language").select_option("es")
    await expect(page.get_by_role("heading", name="Hazlo tuyo")).to_be_visible()
    await expect(ann.field).to_have_attribute("placeholder", "Escribe un mensaje")
    await ann.says("hola")
    await ann.sees("You said: hola")
    assert model.server.room.inbox[-1].sender.language == "es"
