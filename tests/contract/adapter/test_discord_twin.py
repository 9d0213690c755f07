"""Our adapter against a Discord that this project did not write: npm `discord-digital-twin`.

It knows no resume, no nonces, no limits and no private talks, and gives a thread another id than its message has; those
are held against discord.py and our own stand-in.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from adapters.discord.config import DiscordConfig
from adapters.table import create
from hub.domain.errors import Rejected
from hub.domain.inbound import Called, Pressed, Said
from hub.domain.reply import Button, Part
from hub.ports.adapter import MenuCommand
from tests.kit.node import node, npm_package

from .house import Room

TOKEN = "a-token-that-tells-nothing"

DRIVER = """
import { createInterface } from "node:readline";
const { DigitalDiscord } = await import(process.argv[2]);
const discord = new DigitalDiscord({
  channels: [{ name: "general", type: 0 }], users: [{ username: "Ann" }], botToken: process.argv[3],
});
await discord.start();
const channel = (await discord.prisma.channel.findMany())[0].id;
const user = await discord.getFirstNonBotUserId();
const say = (value) => console.log(JSON.stringify(value ?? null));
say({ rest: discord.restUrl, bot: discord.botUserId, channel, user });
for await (const line of createInterface({ input: process.stdin })) {
  const { does, at, ...what } = JSON.parse(line);
  if (does === "messages") say(await discord.channel(at).getMessages());
  else if (does === "threads") say(await discord.channel(at).getThreads());
  else if (does === "typing") say(discord.getTypingEvents({ channelId: at }));
  else say(await discord.channel(at).user(user)[does](what));
}
"""


class Twin:
    """The stand-in, Ann on it, and our adapter."""

    def __init__(self, process: asyncio.subprocess.Process, told: dict[str, Any]) -> None:
        self._process = process
        self.api_base, self.bot, self.channel, self.ann = (
            told["rest"] + "/v10",
            told["bot"],
            told["channel"],
            told["user"],
        )
        self.room = Room()
        self.adapter: Any = None
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        config = DiscordConfig(token=TOKEN, api_base=self.api_base, call_seconds=1.5, pause_seconds=0.05)
        self.adapter = create("discord", config, self.room)
        self._running = asyncio.create_task(self.adapter.run(self.room.accept))
        notes = self.room.notes
        await until(lambda: '"id":""' not in notes.get(("discord", f"session:{self.bot}"), '"id":""'))

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            await self.adapter.close()

    async def ask(self, does: str, at: str = "", **what: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"does": does, "at": at or self.channel, **what}).encode() + b"\n")
        return json.loads(await asyncio.wait_for(self._process.stdout.readline(), 20))

    async def shown(self, at: str = "") -> list[str]:
        return [one["content"] for one in await self.ask("messages", at) if one["author"]["id"] == self.bot]

    async def hears(self, count: int) -> None:
        await until(lambda: len(self.room.inbox) >= count)


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


@pytest.fixture
async def twin(tmp_path: Any) -> AsyncIterator[Twin]:
    package = await asyncio.to_thread(npm_package, "discord-digital-twin", "0.1.1", spiceflow="1.19.0")
    if isinstance(package, str):
        pytest.skip(package)
    script = tmp_path / "drive.mjs"
    script.write_text(DRIVER)
    program = (node()[0], str(script), (package / "dist" / "index.js").as_uri(), TOKEN)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*program, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    told = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
    twin = Twin(process, told)
    await twin.start()
    yield twin
    await twin.stop()
    process.kill()
    await process.wait()


@pytest.mark.timeout(400)
async def test_a_conversation_with_a_discord_of_somebody_else(twin: Twin) -> None:
    asked = await twin.ask("sendMessage", content=f"<@{twin.bot}> what is **new**?")
    await twin.hears(1)
    inbound = twin.room.inbox[0]
    assert inbound.content == Said("what is **new**?")
    assert (inbound.address.bot, inbound.address.chat, inbound.address.thread) == (twin.bot, twin.channel, asked["id"])
    assert (inbound.sender.user, inbound.directed) == (twin.ann, True)

    buttons = (Button("Again", "retry", translate=False),)
    ref = await twin.adapter.send(inbound.address, Part("a *growing* answer", buttons), "t1")
    await twin.adapter.edit(inbound.address, ref, Part("a *grown* answer <@1>", buttons))
    assert await twin.shown() == ["a *grown* answer <\u200b@1>"]
    await twin.adapter.typing(inbound.address)
    assert len(await twin.ask("typing")) == 1

    thread = (await twin.ask("threads"))[0]
    assert thread["name"] == "what is **new**?"
    await twin.ask("sendMessage", thread["id"], content="and in here?")
    await twin.hears(2)
    inside = twin.room.inbox[1]
    assert (inside.address.chat, inside.address.thread, inside.directed) == (twin.channel, thread["id"], True)
    await twin.adapter.send(inside.address, Part("in here too"), "t2")
    assert await twin.shown(thread["id"]) == ["in here too"]
    await twin.adapter.entitle(inside.address, "What is new")
    assert (await twin.ask("threads"))[0]["name"] == "What is new"

    message = ref.value.partition("/")[2]
    await twin.ask("clickButton", messageId=message, customId="p:retry:")
    await twin.hears(3)
    assert twin.room.inbox[2].content == Pressed("retry")

    await twin.adapter.publish([MenuCommand("model", {"en": "choose the model"})])
    await twin.ask("runSlashCommand", name="model", options=[{"name": "argument", "type": 3, "value": "demo"}])
    await twin.hears(4)
    assert twin.room.inbox[3].content == Called("model", "demo")
    await twin.adapter.send(twin.room.inbox[3].address, Part("chosen"), "t4")
    assert "chosen" in await twin.shown()

    await twin.adapter.erase(inbound.address, ref)
    assert await twin.shown() == ["chosen"]
    with pytest.raises(Rejected):
        await twin.adapter.edit(inbound.address, ref, Part("too late"))


@pytest.mark.timeout(400)
async def test_where_nothing_can_be_resumed_a_new_session_reads_back(twin: Twin) -> None:
    await twin.ask("sendMessage", content=f"<@{twin.bot}> one")
    await twin.hears(1)
    await twin.stop()
    await twin.ask("sendMessage", content=f"<@{twin.bot}> two")
    await twin.start()
    await twin.hears(2)
    assert [one.content for one in twin.room.inbox] == [Said("one"), Said("two")]
