"""Our adapter against a Slack that this project did not write: npm `emulate`, over HTTP with signed events.

It has no Socket Mode, streams or interactions; those are held against Slack's SDK elsewhere.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.config import SlackBot, SlackConfig
from adapters.slack.wire.calls import Calls
from adapters.slack.wire.upload import upload
from adapters.table import create
from hub.domain.address import Address
from hub.domain.errors import Forbidden, Rejected
from hub.domain.inbound import Inbound, Pressed, Said
from hub.domain.reply import Button, Part, PartFile
from tests.kit.hub import free_port
from tests.kit.node import node, npm_package

from .house import Room

BOT, SECRET = "U0BOT00001", "0123456789abcdef0123456789abcdef"

START = """
const [port, hook, chunk, api, seed] = process.argv.slice(2);
const { slackPlugin } = await import(chunk);
const register = slackPlugin.register;
slackPlugin.register = (app, store, webhooks, ...rest) => {
  webhooks.register({ url: hook, events: ["*"], active: true, owner: "slack" });
  return register.call(slackPlugin, app, store, webhooks, ...rest);
};
const { createEmulator } = await import(api);
const baseUrl = `http://127.0.0.1:${port}`;
await createEmulator({ service: "slack", port: Number(port), baseUrl, seed: { slack: JSON.parse(seed) } });
console.log("ready");
"""
"""Starts it with one subscriber: it has a list of them, and no option or route that fills it."""

SEED = {
    "users": [{"name": "ann", "real_name": "Ann Example"}],
    "signing_secret": SECRET,
    "oauth_apps": [
        {"client_id": "1.2", "client_secret": "s", "app_id": "A1", "name": "Parley", "redirect_uris": [], "scopes": [],
         "bot_id": "B0BOT00001", "bot_user_id": BOT, "bot_name": "parley"}
    ],
    "tokens": [
        {"token": "xoxb-emulate-1", "user_id": BOT, "type": "bot", "bot_id": "B0BOT00001"},
        {"token": "xoxp-emulate-2", "user": "ann", "type": "user"},
    ],
}  # fmt: skip


class Emulated:
    """The server, our adapter listening to it, and Ann with a token of her own."""

    def __init__(self, url: str, adapter: Any, room: Room) -> None:
        self.adapter, self.room = adapter, room
        self.calls = Calls(f"{url}/api/")
        self.ann = AsyncWebClient("xoxp-emulate-2", base_url=f"{url}/api/")

    async def arrived(self, count: int) -> Inbound:
        async with asyncio.timeout(10):
            while len(self.room.inbox) < count:
                await asyncio.sleep(0.01)
        return self.room.inbox[count - 1]

    async def shown(self, address: Address, where: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        told = await self.calls.ask("xoxp-emulate-2", "conversations.history", channel=address.chat)
        replies = await self.calls.ask(
            "xoxp-emulate-2", "conversations.replies", channel=address.chat, ts=address.thread
        )
        found = {each["ts"]: each for each in [*told["messages"], *replies["messages"]]}
        return [each for each in found.values() if where(each)]


@pytest.fixture
async def emulated() -> AsyncIterator[Emulated]:
    package = await asyncio.to_thread(npm_package, "emulate", "0.12.2")
    if isinstance(package, str):
        pytest.skip(package)
    chunk = next(path for path in (package / "dist").glob("dist-*.js") if "var slackPlugin" in path.read_text())
    room, port = Room(), free_port()
    url = f"http://127.0.0.1:{port}"
    bot = SlackBot(bot_token=SecretStr("xoxb-emulate-1"), signing_secret=SecretStr(SECRET))
    adapter: Any = create("slack", SlackConfig(bots=(bot,), mode="http", api_base=f"{url}/api"), room)
    server = web.Application()
    for route in adapter.routes():
        server.router.add_route(route.method, route.path, route.serve)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/slack"
    script: Path = package.parents[1] / "start.mjs"
    await asyncio.to_thread(script.write_text, START)
    given = str(port), hook, chunk.as_uri(), (package / "dist" / "api.js").as_uri(), json.dumps(SEED)
    process = await asyncio.create_subprocess_exec(node()[0], str(script), *given, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(30):
        while b"ready" not in (line := await process.stdout.readline()):
            assert line, "it died at its start"
    running = asyncio.create_task(adapter.run(room.accept))
    here = Emulated(url, adapter, room)
    yield here
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await here.calls.close()
    await adapter.close()
    process.kill()
    await process.wait()
    await runner.cleanup()


async def test_a_person_talks_to_us_there(emulated: Emulated) -> None:
    root = await emulated.ann.chat_postMessage(channel=BOT, text="hello &amp; <https://e.org|welcome>")
    inbound = await emulated.arrived(1)
    assert inbound.content == Said("hello & [welcome](https://e.org)")
    assert inbound.address.thread == root["ts"]
    assert inbound.sender.name == "Ann Example"
    address, adapter = inbound.address, emulated.adapter
    part = Part("A **fine** answer <!channel>", (Button("Again", "retry", translate=False),))
    ref = await adapter.send(address, part, "t1")
    (message,) = await emulated.shown(address, lambda each: each["ts"] == ref.value)
    assert message["thread_ts"] == root["ts"]
    assert [block["type"] for block in message["blocks"]] == ["markdown", "actions", "context_actions"]
    assert "<!channel>" not in json.dumps(message)
    await adapter.edit(address, ref, Part("Another"))
    (message,) = await emulated.shown(address, lambda each: each["ts"] == ref.value)
    assert message["blocks"][0]["text"] == "Another"
    await emulated.ann.chat_postMessage(channel=address.chat, text="more", thread_ts=root["ts"])
    assert (await emulated.arrived(2)).address == address
    await emulated.calls.ask("xoxp-emulate-2", "reactions.add", channel=address.chat, timestamp=ref.value, name="+1")
    assert (await emulated.arrived(3)).content == Pressed("rate", f"good {ref.value}")
    await adapter.erase(address, ref)
    await adapter.erase(address, ref)
    assert await emulated.shown(address, lambda each: each["ts"] == ref.value) == []
    with pytest.raises(Rejected):
        await adapter.edit(address, ref, Part("gone"))
    assert len(emulated.room.inbox) == 3


async def test_files_travel_both_ways(emulated: Emulated) -> None:
    await emulated.ann.chat_postMessage(channel=BOT, text="a file follows")
    address = (await emulated.arrived(1)).address
    await upload(emulated.calls, "xoxp-emulate-2", address, PartFile("a.txt", "text/plain", b"content"), "look")
    inbound = await emulated.arrived(2)
    assert isinstance(inbound.content, Said)
    (file,) = inbound.content.attachments
    assert (inbound.content.text, file.name, file.size) == ("look", "a.txt", 7)
    assert await emulated.adapter.fetch(inbound.address, file.source, 100) == b"content"
    ref = await emulated.adapter.send(address, Part("The **code**", file=PartFile("b.py", "text/x-python", b"1")), "t2")
    (shared,) = await emulated.shown(address, lambda each: each["text"] == "The *code*")
    assert shared["files"][0]["name"] == "b.py"
    await emulated.adapter.erase(address, ref)


async def test_channels_home_and_what_it_refuses(emulated: Emulated) -> None:
    root = await emulated.ann.chat_postMessage(channel="C000000001", text=f"<@{BOT}> hi there")
    inbound = await emulated.arrived(1)
    assert (inbound.content, inbound.directed, inbound.address.thread) == (Said("hi there"), True, root["ts"])
    home = Address(1, "slack", inbound.address.bot, f"home:{inbound.sender.user}")
    assert (await emulated.adapter.send(home, Part("# Plan\n\nall of it"), "t1")).value == "home"
    for chat in ("C404", "home:U404"):
        place = Address(1, "slack", inbound.address.bot, chat)
        with pytest.raises(Forbidden):
            await emulated.adapter.send(place, Part("x"), "t2")
