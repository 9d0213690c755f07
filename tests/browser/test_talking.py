"""A person talks in a real browser to the real adapter: streaming, coming back, losing the network."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Route, expect

from hub.domain.errors import TooLarge
from hub.domain.reply import Button
from tests.browser.conftest import Open
from tests.browser.model import STORY, Model

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_answer_streams_word_by_word_and_is_announced_once_whole(visit: Open, model: Model) -> None:
    model.hold(10)
    ann = await visit()
    await ann.says("story")
    await expect(ann.answers).to_have_text(" ".join(STORY.split(" ")[:10]))
    await expect(ann.status).to_have_text("Writing an answer")
    model.release()
    await ann.sees(STORY)
    await ann.said("story")
    await expect(ann.status).to_have_text(STORY[:400])
    await expect(ann.chat.locator("[role=log]")).to_have_attribute("aria-live", "off")


async def test_every_kind_of_block_is_drawn_while_it_streams_and_again_after_a_reload(
    visit: Open, model: Model
) -> None:
    ann = await visit()
    await ann.says("rich")
    for once in range(2):
        body = ann.answers
        await expect(ann.chat.locator(".streaming")).to_have_count(0)
        await expect(body.locator("pre")).to_have_text(
            'def greet(name):\n    return f"Hello, {name}"  # polite', use_inner_text=True
        )
        assert await body.locator("pre .tk-k").count() >= 2
        await expect(body.locator("code").first).to_have_text("snake_case_name")
        await expect(body.locator("a")).to_have_attribute("href", "https://example.org/docs")
        await expect(body.locator("a")).to_have_attribute("rel", "nofollow ugc noopener noreferrer")
        await expect(body.locator("a")).to_have_attribute("data-host", "example.org")
        await expect(body.locator("td.to-right")).to_have_text("0.10")
        await expect(body.locator(".task")).to_have_count(2)
        await expect(body.locator("blockquote, h1, s, strong, .math, li li")).to_have_count(6)
        if not once:
            await ann.page.reload()


async def test_a_reload_in_the_middle_of_an_answer_goes_on_to_its_end_without_doubling(
    visit: Open, model: Model
) -> None:
    model.hold(20)
    ann = await visit()
    await ann.says("story")
    await expect(ann.answers).to_contain_text("word19")
    await ann.page.reload()
    await expect(ann.answers).to_have_text(" ".join(STORY.split(" ")[:20]))
    await expect(ann.button("Stop")).to_be_visible()
    model.pace = 0.01
    model.release()
    await ann.sees(STORY)
    await ann.said("story")
    assert model.asked == ["story"]


async def test_a_lost_network_in_the_middle_of_an_answer_loses_nothing(visit: Open, model: Model) -> None:
    model.hold(5)
    ann = await visit()
    await ann.says("story")
    await expect(ann.answers).to_contain_text("word4")
    await ann.page.context.set_offline(True)
    await expect(ann.alert).to_contain_text("You are offline")
    model.release()
    await asyncio.sleep(0.3)
    await ann.page.context.set_offline(False)
    await ann.sees(STORY)
    await expect(ann.alert).to_be_hidden()
    await ann.said("story")


async def test_a_closed_tab_does_not_stop_the_answer(visit: Open, model: Model) -> None:
    model.hold(5)
    ann = await visit()
    await ann.says("story")
    await expect(ann.answers).to_contain_text("word4")
    again = await visit("/", beside=ann)
    await ann.page.close()
    model.release()
    await again.sees(STORY)


async def test_messages_written_offline_are_kept_over_a_reload_and_sent_in_order(visit: Open, model: Model) -> None:
    ann = await visit()
    await ann.says("first")
    await ann.sees("You said: first")
    await ann.page.route("**/web/v1/**", lambda route: route.abort())
    await ann.says("second")
    await ann.says("third")
    await expect(ann.chat.locator(".queue .person .body")).to_have_text(["second", "third"])
    await expect(ann.chat.locator(".queue .sent").first).to_have_text("Not sent yet")
    await ann.page.reload()
    await expect(ann.chat.locator(".queue .person .body")).to_have_text(["second", "third"])
    await ann.page.unroute("**/web/v1/**")
    await ann.page.evaluate("dispatchEvent(new Event('online'))")
    await expect(ann.answers).to_have_count(3)
    assert model.asked == ["first", "second", "third"]
    await expect(ann.person).to_have_count(3)


async def test_a_message_whose_confirmation_was_lost_is_sent_again_and_shown_once(visit: Open, model: Model) -> None:
    ann = await visit()
    tries = 0

    async def lose_the_first(route: Route) -> None:
        nonlocal tries
        tries += 1
        if tries > 1:
            await route.continue_()
            return
        await route.fetch()
        await route.abort()

    await ann.page.route("**/web/v1/messages", lose_the_first)
    await ann.says("only once")
    await expect(ann.answers).to_have_text("You said: only once")
    assert await ann.person.all_inner_texts() == ["only once"]
    async with asyncio.timeout(8):
        while tries < 2:
            await asyncio.sleep(0.05)
    await ann.said("only once")
    await ann.page.reload()
    await ann.said("only once")
    assert model.asked == ["only once"]


@pytest.mark.parametrize("way", ["button", "escape"])
async def test_stop(visit: Open, model: Model, way: str) -> None:
    model.hold(7)
    ann = await visit()
    await ann.says("story")
    await expect(ann.answers).to_contain_text("word6")
    if way == "button":
        await ann.button("Stop").click()
    else:
        await ann.field.press("Escape")
    await ann.sees(" ".join(STORY.split(" ")[:7]))
    await expect(ann.button("Stop")).to_be_hidden()
    await expect(ann.field).to_be_focused()


async def test_retry_quick_replies_and_copy(visit: Open, model: Model) -> None:
    model.buttons = (Button("Show models", "model", "list", translate=False),)
    ann = await visit()
    await ann.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await ann.says("rich")
    await ann.answers.locator("pre").wait_for()
    await ann.answers.get_by_role("button", name="Copy").click()
    read = "navigator.clipboard.readText()"
    assert "def greet(name):" in await ann.page.evaluate(read)
    await expect(ann.status).to_have_text("Copied")
    await ann.chat.locator(".tools").get_by_role("button", name="Copy").click()
    assert (await ann.page.evaluate(read)).startswith("Here is **bold**")
    await ann.button("Try again").click()
    await expect(ann.answers.nth(1)).to_have_text("Did /retry")
    await ann.button("Show models").click()
    await expect(ann.answers.nth(2)).to_have_text("Did /model list")
    assert model.asked == ["rich", "/retry", "/model list"]


async def test_an_answer_cut_short_says_so_and_offers_another_try(visit: Open, model: Model) -> None:
    model.failed = True
    ann = await visit()
    await ann.says("hello")
    await expect(ann.chat.locator(".cut")).to_have_text("Incomplete")
    await expect(ann.button("Try again")).to_be_visible()


async def test_a_refused_message_says_why_and_can_be_sent_again(visit: Open, model: Model) -> None:
    ann = await visit()
    model.server.room.refuse = TooLarge("text_too_long", limit=10, length=17)
    await ann.says("rather long words")
    line = ann.chat.locator(".sent.bad span")
    await expect(line).to_have_text("Not sent: " + model.server.room.words("text_too_long", "en", limit=10, length=17))
    model.server.room.refuse = None
    await ann.chat.locator(".bad").get_by_role("button", name="Try again").click()
    await ann.sees("You said: rather long words")
    await ann.said("rather long words")


async def test_a_database_that_is_down_is_said_in_words_and_the_message_waits(visit: Open, model: Model) -> None:
    ann = await visit()
    await ann.says("hi")
    await ann.sees("You said: hi")
    model.server.room.store_down = True
    await ann.says("later")
    await expect(ann.alert).to_contain_text(model.server.room.words("store_down", "en", after=5))
    await expect(ann.chat.locator(".queue .sent")).to_have_text("Not sent yet")
    model.server.room.store_down = False
    await ann.alert.get_by_role("button", name="Try again").click()
    await ann.said("hi", "later")
    await expect(ann.alert).to_be_hidden()


async def test_tabs_are_in_step(visit: Open, model: Model) -> None:
    ann = await visit()
    await ann.says("one")
    await ann.sees("You said: one")
    beside = await visit("/", beside=ann)
    await beside.sees("You said: one")
    await beside.says("two")
    await ann.sees("You said: one", "You said: two")
    await ann.said("one", "two")
    assert model.asked == ["one", "two"]


async def test_files_are_uploaded_by_button_paste_and_drop_and_too_large_ones_refused(
    visit: Open, model: Model
) -> None:
    ann = await visit()
    picker = ann.chat.locator("input[type=file]")
    await expect(ann.button("Attach file")).to_be_visible()
    await picker.set_input_files({"name": "note.txt", "mimeType": "text/plain", "buffer": b"hello"})
    for kind in ("paste", "drop"):
        await ann.field.evaluate(
            """(field, kind) => {
                const bag = new DataTransfer();
                bag.items.add(new File(["words"], kind + ".txt", {type: "text/plain"}));
                const set = {bubbles: true, composed: true, cancelable: true};
                field.dispatchEvent(kind == "paste" ? new ClipboardEvent(kind, {...set, clipboardData: bag})
                                                    : new DragEvent(kind, {...set, dataTransfer: bag}));
            }""",
            kind,
        )
    chips = ann.chat.locator(".composer .file:not(.waiting) bdi")
    await expect(chips).to_have_count(3)
    await picker.set_input_files({"name": "big.txt", "mimeType": "text/plain", "buffer": b"x" * 200_001})
    await expect(ann.alert).to_contain_text("big.txt: Too large")
    await ann.button("Remove paste.txt").click()
    await ann.says("look")
    await expect(ann.chat.locator(".person .file bdi")).to_have_text(["note.txt", "drop.txt"])
    await ann.sees("You said: look")
    said = model.server.room.inbox[-1].content
    assert [each.name for each in said.attachments] == ["note.txt", "drop.txt"]  # type: ignore[union-attr]


async def test_a_button_that_opens_a_page_is_a_link(visit: Open, model: Model) -> None:
    page = "https://pay.example/p/a_b?x=1&y=2"
    model.buttons = (Button("Pay now", url=page, translate=False),)
    ann = await visit()
    await ann.says("hello")
    link = ann.chat.get_by_role("link", name="Pay now")
    await expect(link).to_have_attribute("href", page)
    await expect(link).to_have_attribute("rel", "nofollow ugc noopener noreferrer")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(link).to_contain_text("Pay now")
    box = await link.bounding_box()
    assert box is not None
    assert round(box["height"], 2) >= 44
    assert model.asked == ["hello"]


async def test_an_answer_is_judged_by_its_thumbs(visit: Open, model: Model) -> None:
    ann = await visit()
    await ann.says("hello")
    await ann.sees("You said: hello")
    good, bad = ann.button("Good").first, ann.button("Bad").first
    await expect(good).to_have_attribute("aria-pressed", "false")
    await good.click()
    await expect(good).to_have_attribute("aria-pressed", "true")
    await bad.click()
    await expect(bad).to_have_attribute("aria-pressed", "true")
    await expect(good).to_have_attribute("aria-pressed", "false")
    async with asyncio.timeout(5):
        while len(model.asked) < 3:
            await asyncio.sleep(0.01)
    key = next(iter(model.server.room.shown.values()))
    answer = next(one.id for one in key.values() if one.role == "assistant")
    assert model.asked == ["hello", f"/rate good {answer}", f"/rate bad {answer}"]


async def test_a_draft_outlives_another_language(visit: Open, model: Model) -> None:
    ann = await visit()
    await ann.field.fill("half a thought")
    await ann.page.evaluate("document.querySelector('parley-chat').setAttribute('lang', 'de')")
    await expect(ann.field).to_have_value("half a thought")
    await ann.button("Senden").click()
    await ann.sees("You said: half a thought")
