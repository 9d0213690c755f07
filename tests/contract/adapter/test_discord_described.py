"""Everything that goes over the wire fits Discord's own description, and what discord.py would say itself."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.discord.adapter.menu import Menu
from adapters.discord.adapter.shown import shown
from adapters.discord.inspection import PERMISSIONS, inspect, invite
from adapters.discord.sandbox import DiscordSandbox
from hub.core.commands.registry import menu
from hub.core.notices import words
from hub.domain.address import Address, ChatKind
from hub.domain.errors import AdapterError
from hub.domain.reply import Button, Part, PartFile

from .discord_kit import Hub
from .discord_spec import SPEC, wrong_answer, wrong_call

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its voice part imports audioop
    import discord
    from discord import app_commands


@pytest.fixture
async def platform() -> AsyncIterator[DiscordSandbox]:
    async with DiscordSandbox() as platform:
        yield platform


async def everything(platform: DiscordSandbox) -> None:
    """A day in which the adapter makes every call it can make."""
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    buttons = (Button("Retry", "retry", translate=False), Button("demo", "model", "demo", translate=False))
    async with Hub(platform) as hub:
        await hub.adapter.publish(menu())
        await ann.says(f"{platform.mention} hello", in_=room)
        await hub.hears(1)
        thread = hub.room.inbox[0].address
        await hub.adapter.typing(thread)
        ref = await hub.adapter.send(thread, Part("one", buttons), "t1")
        await hub.adapter.edit(thread, ref, Part("two"))
        await hub.adapter.entitle(thread, "A title")
        await hub.adapter.send(thread, Part("file", file=PartFile("a.txt", "text/plain", b"a")), "t1.1")
        await ann.reacts("👍")
        await ann.reacts("👍", back=True)
        for place in (room, platform.group("Elsewhere", ann, bots=())):
            call = await ann.calls("/help", in_=place)
            await platform.town.until(lambda call=call: call.answered or None, 5, lambda: "no sign")
            number = len(hub.room.inbox)
            answered = hub.room.inbox[-1].address
            ref = await hub.adapter.send(answered, Part("help", buttons), f"t{number}")
            await hub.adapter.edit(answered, ref, Part("better help"))
            await hub.adapter.send(answered, Part("more"), f"t{number}.1")
            await hub.adapter.erase(answered, ref)
        hub.room.store_down = True
        refused = await ann.calls("/help")
        await platform.town.until(lambda: refused.answered or None, 5, lambda: "no sign")
        hub.room.store_down = False
        await ann.types("/model")
        nowhere = Address(1, "discord", platform.parley.id, room.id, "12345678901234567", ChatKind.GROUP)
        await hub.adapter.send(nowhere, Part("quoting nothing"), "t99")
        with pytest.raises(AdapterError):
            await hub.adapter.send(Address(1, "discord", platform.parley.id, "12345678901234567"), Part("x"), "t98")
        await inspect(hub.config)
    platform.forget_sessions()
    await ann.says("missed", in_=room)
    async with Hub(platform, hub.room) as again:
        await again.hears(len(hub.room.inbox))
        await asyncio.sleep(0.1)


async def test_requests_and_answers_fit_the_description(platform: DiscordSandbox) -> None:
    await everything(platform)
    assert len({call.name for call in platform.calls}) >= 16
    wrong: list[str] = []
    for call in platform.calls:
        wrong += wrong_call(call.name, call.body) + wrong_answer(call.name, call.status, call.answer)
    assert wrong == []


async def test_a_fault_on_purpose_has_discords_own_shape(platform: DiscordSandbox) -> None:
    hub = Hub(platform)
    address = Address(1, "discord", platform.parley.id, platform.person("Ann").private().id)
    for fault in ({"status": 429, "after": 0.01}, {"status": 429, "everywhere": True, "after": 0.01}, {"status": 503}):
        platform.misbehave("POST channels/{}/messages", **fault)
        with pytest.raises(AdapterError):
            await hub.adapter.send(address, Part("x"), "t1")
        await asyncio.sleep(0.02)
    wrong = [fault for call in platform.calls for fault in wrong_answer(call.name, call.status, call.answer)]
    assert wrong == []
    await hub.stop()


def test_a_wrong_call_would_be_noticed() -> None:
    name = "POST channels/{}/messages"
    good: dict[str, Any] = shown(Part("hi", (Button("A", "b", translate=False),)))
    assert wrong_call(name, good) == []
    assert wrong_call(name, good | {"content": 7})
    assert wrong_call(name, good | {"contents": "x"})
    assert wrong_call(name, good | {"nonce": "x" * 26})
    assert wrong_call(name, good | {"components": [{"type": 1, "components": [{"type": 2, "label": "x"}]}]})
    assert wrong_call("POST channels/{}/nothing", {})
    assert wrong_answer(name, 200, {"id": "1"})
    assert wrong_answer(name, 429, {"message": "x", "code": 0})
    assert len(SPEC["schemas"]) > 100


# The same call both ways: what discord.py would have sent


def tree() -> app_commands.CommandTree[discord.Client]:
    made = app_commands.CommandTree(
        discord.Client(intents=discord.Intents.none()),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
    )

    @made.command(name="help", description="what you can do")
    async def help_(interaction: discord.Interaction) -> None: ...

    @made.command(name="ask", description=words("discord_ask", "en"))
    @app_commands.describe(prompt=words("discord_prompt", "en"), file=words("discord_file", "en"))
    async def ask(interaction: discord.Interaction, prompt: str, file: discord.Attachment | None = None) -> None: ...

    @made.context_menu(name="Ask about this")
    async def about(interaction: discord.Interaction, message: discord.Message) -> None: ...

    return made


def test_the_menu_is_what_discord_py_would_publish() -> None:
    theirs = {
        command["name"]: command for command in (one.to_dict(made) for made in [tree()] for one in everything_in(made))
    }
    ours = {command["name"]: command for command in Menu(words).take(menu())}
    for name, command in theirs.items():
        for field in ("name", "type", "integration_types", "contexts"):
            assert ours[name].get(field) == command.get(field), (name, field)
        assert ours[name].get("description", "") == command.get("description", "")
        for mine, other in zip(ours[name].get("options", []), command.get("options", []), strict=True):
            assert {key: mine[key] for key in ("name", "type", "description", "required")} == {
                key: other[key] for key in ("name", "type", "description", "required")
            }


def everything_in(made: app_commands.CommandTree[discord.Client]) -> list[Any]:
    return [*made.get_commands(), *made.get_commands(type=discord.AppCommandType.message)]


async def test_buttons_and_mentions_are_what_discord_py_would_send() -> None:
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Retry", custom_id="p:retry:", style=discord.ButtonStyle.secondary))
    ours = shown(Part("x", (Button("Retry", "retry", translate=False),)))
    theirs = view.to_components()
    for row in theirs:
        row.pop("id", None)
        for part in row["components"]:
            part.pop("id", None)
            part.pop("disabled", None)
    assert ours["components"] == theirs
    assert ours["allowed_mentions"] == discord.AllowedMentions.none().to_dict()
    assert ours["flags"] == discord.MessageFlags(suppress_embeds=True).value


def test_the_invitation_is_the_one_discord_py_would_make() -> None:
    needed = discord.Permissions(
        view_channel=True,
        send_messages=True,
        attach_files=True,
        read_message_history=True,
        create_public_threads=True,
        send_messages_in_threads=True,
    )
    assert needed.value == PERMISSIONS
    theirs = discord.utils.oauth_url(123, permissions=needed, scopes=("bot", "applications.commands"))
    query = dict(part.split("=") for part in invite("123").split("?")[1].split("&"))
    assert set(theirs.split("?")[1].split("&")) == {
        f"{key}={value}" for key, value in query.items() if key != "integration_type"
    }


async def test_intents_are_those_that_discord_py_names() -> None:
    from adapters.discord.adapter.listen import INTENTS, MESSAGE_CONTENT

    theirs = discord.Intents.none()
    theirs.guilds = theirs.guild_messages = theirs.guild_reactions = True
    theirs.dm_messages = theirs.dm_reactions = True
    assert theirs.value == INTENTS
    theirs.message_content = True
    assert theirs.value == INTENTS | MESSAGE_CONTENT
