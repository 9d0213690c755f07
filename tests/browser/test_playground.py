"""The playground in a real browser: every pane grows, nothing becomes markup, anybody can use it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import WATCH
from tests.browser.visitor import Visitor
from tests.kit.playground import PlaygroundProcess

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG = "Give me a long answer"
END = "no language model is connected yet"
HOSTILE = '<img src=x onerror="window.__hit=1"><script>window.__hit=1</script> [a](javascript:alert(1)) <b>bold</b>'


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def playground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PlaygroundProcess]:
    """One for all: what was said before each test is still there, as it would be for anybody."""
    started = PlaygroundProcess(tmp_path_factory.mktemp("playground"))
    await started.start()
    yield started
    assert await started.end() == 0


class Player:
    """Somebody at the page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def pane(self, platform: str) -> Locator:
        return self.page.locator(f"#pane-{platform}")

    def answers(self, platform: str) -> Locator:
        return self.pane(platform).locator(".message.bot .body")

    async def says(self, platform: str, text: str) -> None:
        field = self.pane(platform).locator("textarea")
        await field.fill(text)
        await field.press("Enter")

    async def faults(self) -> list[str]:
        """What the content policy refused, and what broke."""
        found: list[str] = await self.page.evaluate("window.__faults")
        return found


async def arrive(browser: Browser, url: str, **options: object) -> Player:
    context = await browser.new_context(**options)  # type: ignore[arg-type]
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await page.goto(url)
    await expect(page.locator("#who button")).to_have_count(2)
    await expect(page.locator("#pane-slack .message.bot").first).to_contain_text("Hello!")
    return Player(page)


async def test_one_writes_in_each_pane_and_sees_the_answer_grow(
    browser: Browser, playground: PlaygroundProcess
) -> None:
    ann = await arrive(browser, playground.url)
    growing = {"telegram": ".message.draft", "slack": ".message.streaming", "discord": ".message.bot"}
    for platform, shape in growing.items():
        await ann.says(platform, LONG)
        first = ann.pane(platform).locator(shape).last
        await expect(first).to_be_visible()
        seen = len(await first.inner_text())
        await ann.page.wait_for_function(
            """([pane, shape, seen]) =>
                [...document.querySelectorAll(`#pane-${pane} ${shape}`)].at(-1)?.innerText.length > seen""",
            arg=[platform, shape, seen],
        )
    await ann.pane("telegram").get_by_role("button", name="/stop").click()
    await expect(ann.answers("telegram").last).to_contain_text("Stopped.")
    await ann.pane("slack").get_by_role("button", name="Stop").click()
    await expect(ann.answers("slack").last).to_contain_text("Stopped.")
    await ann.says("discord", "/stop")
    await expect(ann.pane("discord").locator(".message.bot").filter(has_text="Stopped.").first).to_be_visible()
    widget = Visitor(ann.page)
    await widget.says("What is Parley?")
    await expect(widget.answers.last).to_contain_text(END)
    assert await ann.faults() == []


async def test_people_groups_commands_and_reactions(browser: Browser, playground: PlaygroundProcess) -> None:
    ann = await arrive(browser, playground.url)
    page = ann.page
    await page.get_by_role("button", name="Open the groups").click()
    for platform in ("telegram", "slack", "discord"):
        await ann.pane(platform).locator("textarea").press("Enter")
        await expect(ann.answers(platform).last).to_contain_text(END)
    await page.get_by_role("button", name="Omar").click()
    asked = ann.pane("discord").locator(".message.person").filter(has_text="What is Parley?").last
    await expect(asked).to_have_attribute("data-who", "ann")
    await expect(asked).not_to_have_class("mine")
    newest = ann.pane("discord").locator(".message.bot").last
    await newest.hover()
    await newest.get_by_role("button", name="Reply").click()
    await ann.says("discord", "What does it cost?")
    await expect(ann.answers("discord").last).to_contain_text("Parley itself is free")
    await ann.pane("discord").get_by_role("button", name="Parley", exact=True).click()
    field = ann.pane("discord").locator("textarea")
    await field.fill("/he")
    await expect(ann.pane("discord").get_by_role("option")).to_have_count(1)
    await field.press("Enter")
    await expect(field).to_have_value("/help ")
    await field.press("Enter")
    answer = ann.pane("discord").locator(".message.bot").last
    await expect(answer.locator(".answered")).to_have_text("Omar used /help")
    await expect(answer.locator(".body")).to_contain_text("/link")
    await answer.hover()
    await answer.get_by_role("button", name="React 👍").click()
    await expect(answer.locator(".marks button")).to_have_attribute("aria-pressed", "true")
    await answer.locator(".marks button").click()
    await expect(answer.locator(".marks")).to_have_count(0)
    await field.fill("/model demo-p")
    await ann.pane("discord").get_by_role("option", name="demo-paid").click()
    await field.press("Enter")
    await expect(ann.answers("discord").last).to_contain_text("demo-paid")
    await ann.pane("telegram").get_by_role("button", name="Parley", exact=True).click()
    await ann.says("telegram", "/model")
    await ann.pane("telegram").locator(".row").get_by_role("button", name="demo-paid").click()
    await expect(ann.answers("telegram").last).to_contain_text("demo-paid")
    await ann.pane("slack").get_by_role("button", name="Home").click()
    await expect(ann.pane("slack").locator(".message .body")).to_contain_text("help")
    assert await ann.faults() == []


async def test_no_text_becomes_markup_on_any_pane(browser: Browser, playground: PlaygroundProcess) -> None:
    ann = await arrive(browser, playground.url)
    for platform in ("telegram", "slack", "discord"):
        await ann.says(platform, HOSTILE)
        mine = ann.pane(platform).locator(".message.mine .body").last
        await expect(mine).to_contain_text("<img src=x onerror=")
        await expect(ann.answers(platform).last).to_contain_text("<img src=x onerror=")
        assert await ann.pane(platform).locator(".log :is(img, script, iframe, b:not(.by b))").count() == 0
        links = await ann.pane(platform).locator(".log a").evaluate_all("(all) => all.map((one) => one.protocol)")
        assert set(links) <= {"https:", "http:"}
    assert await ann.page.evaluate("window.__hit") is None
    assert await ann.faults() == []


async def test_right_to_left_words_run_so_and_the_other_person_is_spoken_to_in_their_language(
    browser: Browser, playground: PlaygroundProcess
) -> None:
    omar = await arrive(browser, playground.url)
    await omar.page.get_by_role("button", name="Omar").click()
    for platform in ("telegram", "slack", "discord"):
        await omar.says(platform, "مرحبا")
        await expect(omar.pane(platform).locator(".message.mine .body p").last).to_have_css("direction", "rtl")
        await expect(omar.answers(platform).last.locator("p").first).to_have_css("direction", "rtl")
    await omar.says("telegram", "/help")
    # the menu may come before the answer that is still growing
    await expect(omar.answers("telegram").filter(has_text="بدء محادثة جديدة")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(browser: Browser, playground: PlaygroundProcess, scheme: str) -> None:
    ann = await arrive(browser, playground.url, color_scheme=scheme, reduced_motion="reduce")
    await ann.page.locator("#everywhere").fill("Show markdown")
    await ann.page.locator("#everywhere").press("Enter")
    for platform in ("telegram", "slack", "discord"):
        await expect(ann.pane(platform).locator(".message.bot:not(.draft, .streaming) pre").last).to_contain_text(
            "Terminal" if platform != "slack" else "greet"
        )
        await expect(ann.pane(platform).locator(".draft, .streaming")).to_have_count(0)
    assert await Visitor(ann.page).faults() == []


async def test_the_keyboard_reaches_every_message_and_what_can_be_done_with_it(
    browser: Browser, playground: PlaygroundProcess
) -> None:
    ann = await arrive(browser, playground.url)
    await ann.says("telegram", "hello")
    answer = ann.pane("telegram").locator(".message.bot").last
    await expect(answer).to_contain_text("built-in demo")
    press = ann.page.keyboard.press
    await ann.pane("telegram").locator(".log").focus()
    await press("ArrowUp")
    await expect(answer).to_be_focused()
    await press("ArrowUp")
    await expect(ann.pane("telegram").locator(".message.mine").last).to_be_focused()
    await press("ArrowDown")
    await press("Tab")
    await expect(answer.get_by_role("button", name="React 👍")).to_be_focused()
    await press("Enter")
    await expect(answer.locator(".marks button")).to_have_text("👍 1")
    await expect(answer).to_be_focused()
    await ann.pane("telegram").locator("textarea").focus()
    await press("Shift+Tab")
    await press("Shift+Tab")
    # one stop for all messages but what stands under them for everybody
    await expect(ann.pane("telegram").locator(".tools button:focus")).to_have_count(0)
    assert await ann.faults() == []


async def test_cut_lines_lose_nothing(browser: Browser, playground: PlaygroundProcess) -> None:
    ann = await arrive(browser, playground.url)
    await ann.page.get_by_role("button", name="Cut the lines").click()
    for platform in ("telegram", "slack", "discord"):
        await expect(ann.pane(platform).get_by_role("alert")).to_contain_text("The line is cut")
        await ann.says(platform, "What does it cost?")
    for platform in ("telegram", "slack", "discord"):
        await expect(ann.answers(platform).last).to_contain_text("Parley itself is free", timeout=30_000)


async def test_a_phone_shows_one_pane_at_a_time(browser: Browser, playground: PlaygroundProcess) -> None:
    ann = await arrive(browser, playground.url, viewport={"width": 390, "height": 844}, has_touch=True)
    await expect(ann.pane("telegram")).to_be_visible()
    await expect(ann.pane("slack")).to_be_hidden()
    await ann.page.get_by_role("tab", name="Slack").tap()
    await expect(ann.pane("telegram")).to_be_hidden()
    await ann.says("slack", "hello")
    await expect(ann.answers("slack").last).to_contain_text("built-in demo")
    wide = await ann.page.evaluate("document.documentElement.scrollWidth")
    assert wide == 390
    await ann.page.keyboard.press("Shift+Tab")
    await ann.page.get_by_role("tab", name="Slack").focus()
    await ann.page.keyboard.press("ArrowRight")
    await expect(ann.pane("discord")).to_be_visible()
    await expect(ann.page.get_by_role("tab", name="Discord")).to_be_focused()
    assert await ann.faults() == []
