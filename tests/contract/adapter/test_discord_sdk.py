"""The stand-in as discord.py sees it: the real client, told only where Discord is."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest
import yarl

from adapters.discord.sandbox import DiscordSandbox

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its voice part imports audioop
    import discord
    import discord.gateway
    from discord import app_commands


class Guest(discord.Client):
    """A bot as discord.py's own documentation writes one."""

    def __init__(self, **options: Any) -> None:
        intents = discord.Intents.default()
        intents.message_content = True
        super().__init__(intents=intents, chunk_guilds_at_startup=False, guild_ready_timeout=0.05, **options)
        self.tree = app_commands.CommandTree(self)
        self.heard: list[discord.Message] = []
        self.resumed = 0
        self.here = asyncio.Event()

        @self.tree.command(name="echo", description="say it again")
        @app_commands.describe(words="what to say")
        async def echo(interaction: discord.Interaction, words: str) -> None:
            await interaction.response.send_message(f"echo {words}", view=Again())

        @self.tree.command(name="slow", description="think first")
        async def slow(interaction: discord.Interaction) -> None:
            await interaction.response.defer(thinking=True)
            await interaction.edit_original_response(content="thought **well**")
            await interaction.followup.send("and more", ephemeral=True)

        @echo.autocomplete("words")
        async def complete(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=one, value=one) for one in ("alpha", "beta") if current in one]

        @self.tree.context_menu(name="Count letters")
        async def count(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(f"{len(message.content)} letters")

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_ready(self) -> None:
        self.here.set()

    async def on_resumed(self) -> None:
        self.resumed += 1

    async def on_message(self, message: discord.Message) -> None:
        if message.author == self.user:
            return
        self.heard.append(message)
        if message.content.startswith("thread"):
            thread = await message.create_thread(name="A thread")
            await thread.send("in the thread")
            return
        sent = await message.channel.send("hello **you**", nonce="n1")
        await sent.edit(content=f"heard {message.content}")


class Again(discord.ui.View):
    @discord.ui.button(label="Again", custom_id="again")
    async def again(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        await interaction.response.edit_message(content="pressed")


@pytest.fixture
async def platform(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordSandbox]:
    async with DiscordSandbox() as platform:
        monkeypatch.setattr(discord.http.Route, "BASE", platform.api_base)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(platform.gateway_url))
        yield platform


@pytest.fixture
async def guest(platform: DiscordSandbox) -> AsyncIterator[Guest]:
    client = Guest()
    running = asyncio.create_task(client.start(platform.token))
    waiting = asyncio.create_task(client.here.wait())
    await asyncio.wait({running, waiting}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        await running
    assert client.here.is_set()
    yield client
    await client.close()
    await asyncio.gather(running, return_exceptions=True)


async def test_it_logs_in_and_talks(platform: DiscordSandbox, guest: Guest) -> None:
    ann = platform.person("Ann")
    await ann.says("good morning")
    await ann.sees("heard good morning")
    assert ann.screen() == ["heard good morning"]
    assert guest.user is not None
    assert str(guest.user.id) == platform.parley.id
    assert platform.called("POST channels/{}/messages")[0].body["enforce_nonce"] is True


async def test_it_talks_on_servers_and_in_threads(platform: DiscordSandbox, guest: Guest) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    first = await ann.says("thread please", in_=room)
    await ann.sees("in the thread")
    thread = platform.thread_of(first)
    assert thread is not None
    assert thread.name == "A thread"
    await ann.says("go on", thread=thread)
    await ann.sees("heard go on", in_=thread)
    assert isinstance(guest.heard[-1].channel, discord.Thread)


async def test_its_commands_are_called_completed_and_pressed(platform: DiscordSandbox, guest: Guest) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    assert await ann.types("/echo al", in_=room) == ["alpha"]
    await ann.calls("/echo hi there", in_=room)
    await ann.sees("echo hi there")
    await ann.presses("Again")
    await ann.sees("pressed")
    await ann.calls("/slow")
    await ann.sees("thought well")
    await ann.sees("and more")
    said = await ann.says("seven!!", in_=room)
    await ann.asks_about(said)
    await ann.sees("7 letters")


async def test_it_is_resumed_and_misses_nothing(platform: DiscordSandbox, guest: Guest) -> None:
    ann = platform.person("Ann")
    await platform.drop_connections(4000)
    await ann.says("said meanwhile")
    await ann.sees("heard said meanwhile", timeout=10)
    assert guest.resumed == 1
    assert [op for _, op, _ in platform.gateway.opened] == [2, 6]
    assert platform.gateway.opened[-1][2].startswith("/resume")
    platform.reconnect()
    await platform.town.until(
        lambda: True if len(platform.gateway.opened) == 3 else None, 10, lambda: "no second resume"
    )
    await ann.says("after op 7")
    await ann.sees("heard after op 7", timeout=10)
    assert [op for _, op, _ in platform.gateway.opened] == [2, 6, 6]


async def test_it_waits_out_a_429_and_reads_reactions(platform: DiscordSandbox, guest: Guest) -> None:
    seen: list[str] = []

    @guest.event
    async def on_raw_reaction_add(payload: discord.RawReactionActionEvent) -> None:
        seen.append(payload.emoji.name)

    ann = platform.person("Ann")
    platform.misbehave("POST channels/{}/messages", status=429, after=0.05)
    await ann.says("slowly")
    await ann.sees("heard slowly")
    assert [call.status for call in platform.called("POST channels/{}/messages")] == [429, 200]
    await ann.reacts("👍")
    async with asyncio.timeout(3):
        while not seen:
            await asyncio.sleep(0.01)
    assert seen == ["👍"]
