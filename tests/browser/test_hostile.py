"""Hostile words, strange pages and strict policies: nothing runs, nobody else is asked for anything."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time

import pytest
from playwright.async_api import Page, expect

from hub.domain.address import Address
from hub.domain.conversation import ShownMessage
from hub.domain.reply import Part
from tests.browser.conftest import SECRET, Open
from tests.browser.model import Model
from tests.browser.payloads import PAYLOADS
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

HARM = """() => {
  const root = document.querySelector("parley-chat").shadowRoot;
  const inside = [...root.querySelectorAll(".list *, .queue *")];
  const bad = "script img iframe object embed style link base form input video audio source math meta parley-chat";
  const links = inside.filter((one) => one.localName == "a").map((one) => one.protocol);
  const names = inside.flatMap((one) => one.getAttributeNames());
  return {
    pwned: window.__pwned ?? null,
    faults: window.__faults,
    tags: [...new Set(inside.map((one) => one.localName))].filter((tag) => bad.split(" ").includes(tag)),
    links: links.filter((scheme) => !["http:", "https:", "mailto:"].includes(scheme)),
    handlers: names.filter((name) => /^(on|style|src|xlink|formaction)/.test(name)),
  };
}"""
HARMLESS: dict[str, object] = {"pwned": None, "faults": [], "tags": [], "links": [], "handlers": []}


def foreign(page: Page, own: str) -> list[str]:
    """Collects every request that does not go to `own`."""
    asked: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(own + "/") else asked.append(request.url))
    return asked


def address(visitor: str, site: str = "default") -> Address:
    return Address(1, "web", site, visitor)


async def visitor_id(visitor: Visitor) -> str:
    """The id the hub gave this browser."""
    return str(await visitor.page.evaluate("JSON.parse(localStorage.getItem('parley:default::session')).visitor"))


async def test_hostile_answers_run_nothing_and_ask_nobody(visit: Open, model: Model) -> None:
    ann = await visit()
    asked = foreign(ann.page, model.server.url)
    await ann.says("hi")
    await ann.sees("You said: hi")
    place = address(await visitor_id(ann))
    for number, payload in enumerate(PAYLOADS):
        await model.server.adapter.send(place, Part(payload), f"x{number}")
    await model.says(place, "end", "the end")
    await expect(ann.answers.last).to_have_text("the end")
    await ann.chat.evaluate(
        """(chat) => chat.shadowRoot.querySelectorAll('.list a')
            .forEach((link) => link.dispatchEvent(new MouseEvent('mouseover')))"""
    )
    await asyncio.sleep(0.2)
    assert await ann.page.evaluate(HARM) == HARMLESS
    assert asked == []


async def test_hostile_answers_that_stream_run_nothing(visit: Open, model: Model) -> None:
    ann = await visit()
    asked = foreign(ann.page, model.server.url)
    await ann.says("hi")
    await ann.sees("You said: hi")
    place = address(await visitor_id(ann))
    text = "\n\n".join(payload for payload in PAYLOADS if "```" not in payload and len(payload) < 400)
    stream = await model.server.adapter.open_stream(place, "s1")
    for end in range(0, len(text), 97):
        await stream.show(text[: end + 97])
        await asyncio.sleep(0)
    await stream.close()
    await model.server.adapter.edit(place, stream.ref, Part(text))
    await model.says(place, "end", "the end")
    await expect(ann.answers.last).to_have_text("the end")
    assert await ann.page.evaluate(HARM) == HARMLESS
    assert asked == []


async def test_hostile_words_of_the_person_are_only_words(visit: Open, model: Model) -> None:
    ann = await visit()
    asked = foreign(ann.page, model.server.url)
    await ann.says("hi")
    await ann.sees("You said: hi")
    place = address(await visitor_id(ann))
    for start in range(0, len(PAYLOADS), 49):
        model.server.room.shown[place] = {
            f"p{number}": ShownMessage(f"p{number}", "person", payload, "done", 0)
            for number, payload in enumerate(PAYLOADS[start : start + 49], 100)
        }
        await ann.page.reload()
        await expect(ann.person).to_have_count(len(PAYLOADS[start : start + 49]))
        assert await ann.page.evaluate(HARM) == HARMLESS
    await ann.page.route("**/web/v1/messages", lambda route: route.abort())
    await ann.page.evaluate(
        "(texts) => texts.forEach((text) => document.querySelector('parley-chat').send(text))", PAYLOADS[:50]
    )
    await expect(ann.chat.locator(".queue .msg")).to_have_count(50)
    assert await ann.page.evaluate(HARM) == HARMLESS
    assert asked == []


async def test_nodes_that_no_hub_would_send_are_built_from_the_closed_list_only(visit: Open, model: Model) -> None:
    ann = await visit()
    await ann.says("hi")
    await ann.sees("You said: hi")
    nodes = [
        ["script", 0, "window.__pwned=1"],
        ["img", {"src": "x", "onerror": "window.__pwned=1"}],
        ["p", {"onclick": "window.__pwned=1", "style": "color:red", "class": "launcher"}, "words"],
        ["a", {"href": "javascript:window.__pwned=1", "onclick": "window.__pwned=1"}, "words"],
        ["a", {"href": {"toString": 1}}, "words"],
        ["svg", {"onload": "window.__pwned=1"}],
        ["__proto__", 0, "words"],
        [["p"], 0],
        [],
        "words",
        None,
        7,
    ]
    event = {
        "type": "snapshot",
        "seq": 9_000_000_000_000,
        "messages": [{"id": "a1", "role": "assistant", "text": "", "nodes": nodes, "state": "done"}],
    }

    async def lie(route: object) -> None:
        await route.fulfill(content_type="text/event-stream", body=f"data: {json.dumps(event)}\n\n")  # type: ignore[attr-defined]

    await ann.page.route("**/web/v1/stream*", lie)
    await ann.page.reload()
    await expect(ann.answers).to_contain_text("words")
    assert await ann.page.evaluate(HARM) == HARMLESS
    assert await ann.chat.locator(".body .launcher").count() == 0


async def test_the_page_keeps_its_own_strict_policy(visit: Open, model: Model) -> None:
    ann = await visit()
    reply = await ann.page.request.get(model.server.url)
    policy = reply.headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    await ann.says("rich")
    await ann.answers.locator("pre").wait_for()
    await ann.page.locator("#language").select_option("de")
    await ann.page.locator("#theme").click()
    await ann.page.get_by_text("Ein echtes Modell verbinden").click()
    await ann.page.locator(".snippet .copy:visible").first.click()
    assert await ann.page.evaluate("window.__faults") == []


async def test_a_page_that_is_allowed_can_embed_the_widget_and_cannot_bend_it(
    visit: Open, model: Model, shop: dict[str, str]
) -> None:
    ann = await visit(shop["url"])
    asked = foreign(ann.page, model.server.url)
    await ann.button("Open chat").click()
    await expect(ann.chat.locator("#title")).to_have_text("Ask the baker")
    await ann.says("bread?")
    await ann.sees("You said: bread?")
    assert await ann.answers.evaluate("(body) => getComputedStyle(body).textTransform") == "none"
    assert await ann.page.evaluate("window.__faults") == []
    assert asked == []


async def test_a_page_that_is_not_allowed_is_told_so(visit: Open, model: Model, shop: dict[str, str]) -> None:
    ann = await visit(shop["url"] + "?site=closed")
    await ann.button("Open chat").click()
    await expect(ann.alert).to_be_visible()
    await ann.says("hello?")
    await asyncio.sleep(0.3)
    assert model.server.room.inbox == []
    assert await ann.answers.count() == 0


def pack(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def jwt(**claims: object) -> str:
    """Signed as a customer's server signs."""
    body = f"{pack(json.dumps({'alg': 'HS256'}).encode())}.{pack(json.dumps(claims).encode())}"
    return f"{body}.{pack(hmac.digest(SECRET.encode(), body.encode(), 'sha256'))}"


async def test_a_signed_visitor_has_their_own_conversation(visit: Open, model: Model, shop: dict[str, str]) -> None:
    ann = await visit(shop["url"])
    await ann.button("Open chat").click()
    await ann.says("nobody knows me")
    await ann.sees("You said: nobody knows me")
    token = jwt(sub="ann", aud="shop", exp=time.time() + 600)
    await ann.chat.evaluate("(chat, token) => chat.identify(token)", token)
    await expect(ann.person).to_have_count(0)
    await ann.says("it is me")
    await ann.sees("You said: it is me")
    senders = [inbound.sender.user for inbound in model.server.room.inbox]
    assert senders[0] != senders[1]
    assert senders[1].startswith("shop:s")
    await ann.chat.evaluate("(chat) => chat.identify('not.a.token')")
    await expect(ann.alert).to_be_visible()
    await expect(ann.person).to_have_count(0)
    await ann.chat.evaluate("(chat) => chat.identify(null)")
    await ann.said("nobody knows me")
