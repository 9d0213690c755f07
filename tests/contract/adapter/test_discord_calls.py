"""Calls on Discord: first signs in time, answers by token, and what becomes of them when time runs out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.discord.sandbox import DiscordSandbox
from adapters.discord.sandbox.town import File
from hub.domain.address import ChatKind
from hub.domain.errors import Forbidden, TooLarge
from hub.domain.inbound import Called, Inbound, Said
from hub.domain.reply import Button, Part
from hub.ports.adapter import MenuCommand

from .discord_kit import Hub
from .house import Room

MENU = (
    MenuCommand("help", {"en": "what you can do", "de": "was du tun kannst", "ar": "ما يمكنك فعله"}),
    MenuCommand("model", {"en": "choose the model that answers"}, ("demo", "big-model", "bigger-model", "x" * 101)),
)


@pytest.fixture
async def platform() -> AsyncIterator[DiscordSandbox]:
    async with DiscordSandbox() as platform:
        yield platform


@pytest.fixture
async def hub(platform: DiscordSandbox) -> AsyncIterator[Hub]:
    async with Hub(platform) as hub:
        await hub.adapter.publish(MENU)
        yield hub


async def acknowledged(platform: DiscordSandbox, interaction: object) -> int:
    return await platform.town.until(lambda: interaction.answered or None, 5, lambda: "no first sign")  # type: ignore[attr-defined]


async def test_a_call_is_committed_then_deferred_then_answered(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann", language="de")
    room = platform.group("Team", ann)
    call = await ann.calls("/model big-model", in_=room)
    await hub.hears(1)
    inbound = hub.room.inbox[0]
    assert inbound.content == Called("model", "big-model")
    assert (inbound.event_id, inbound.sender.language, inbound.sender.name) == (call.id, "de", "Ann")
    assert (inbound.address.chat, inbound.address.kind) == (room.id, ChatKind.GROUP)
    assert await acknowledged(platform, call) == 5
    assert ann.thinking() == 1
    ref = await hub.adapter.send(inbound.address, Part("chosen"), "t1")
    assert ann.thinking() == 0
    assert ann.screen() == ["chosen"]
    assert await hub.adapter.send(inbound.address, Part("chosen"), "t1") == ref
    await hub.adapter.edit(inbound.address, ref, Part("chosen **well**", (Button("Retry", "retry", translate=False),)))
    await hub.adapter.send(inbound.address, Part("part two"), "t1.1")
    await hub.adapter.send(inbound.address, Part("part two"), "t1.1")
    assert ann.screen() == ["chosen well", "part two"]
    assert platform.called("POST channels/{}/messages")[0].body["enforce_nonce"]


async def test_nothing_is_acknowledged_before_it_is_committed(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    seen: list[int] = []

    async def look(inbound: Inbound, number: int) -> None:
        seen.append(len(platform.called("POST interactions/{}/{}/callback")))

    hub.room.then = look
    call = await ann.calls("/help")
    await acknowledged(platform, call)
    assert seen == [0]


async def test_a_house_that_answers_before_it_has_accepted(platform: DiscordSandbox, hub: Hub) -> None:
    """Overtaking commands are answered inside accept: the reply's key is not known to the adapter then."""
    ann = platform.person("Ann")
    await ann.says("something before")
    await hub.hears(1)

    async def quick(inbound: Inbound, number: int) -> None:
        async with asyncio.timeout(2):
            await hub.adapter.send(inbound.address, Part("quick help"), f"t{number}")

    hub.room.then = quick
    call = await ann.calls("/help")
    await ann.sees("quick help")
    assert call.original is not None
    assert call.original.content == "quick help"
    assert len(ann.screen()) == 1


async def test_the_very_first_call_waits_until_its_key_is_known(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    sending: list[asyncio.Task[object]] = []

    async def quick(inbound: Inbound, number: int) -> None:
        sending.append(asyncio.create_task(hub.adapter.send(inbound.address, Part("first"), f"t{number}")))
        await asyncio.sleep(0.1)

    hub.room.then = quick
    call = await ann.calls("/help")
    await ann.sees("first")
    assert call.original is not None
    assert call.original.content == "first"
    await asyncio.gather(*sending)


async def test_an_older_answer_does_not_take_the_place_of_a_call(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    await ann.says("a long question")
    await hub.hears(1)

    async def older(inbound: Inbound, number: int) -> None:
        await hub.adapter.send(inbound.address, Part("answer to the long question"), "t1")

    hub.room.then = older
    call = await ann.calls("/help")
    await acknowledged(platform, call)
    await hub.adapter.send(hub.room.inbox[1].address, Part("help"), "t2")
    assert sorted(ann.screen()) == ["answer to the long question", "help"]
    assert call.original is not None
    assert call.original.content == "help"


async def test_a_restarted_hub_still_answers_by_the_token(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    call = await ann.calls("/help")
    await acknowledged(platform, call)
    await hub.stop()
    async with Hub(platform, hub.room) as again:
        await again.adapter.send(hub.room.inbox[0].address, Part("late, but here"), "t1")
        assert call.original is not None
        assert call.original.content == "late, but here"
        assert ann.thinking() == 0


async def test_after_its_time_an_answer_is_a_message(platform: DiscordSandbox) -> None:
    async with Hub(platform, answer_seconds=0.2) as hub:
        await hub.adapter.publish(MENU)
        ann = platform.person("Ann")
        call = await ann.calls("/help")
        await acknowledged(platform, call)
        ref = await hub.adapter.send(hub.room.inbox[0].address, Part("growing"), "t1")
        await asyncio.sleep(0.25)
        await hub.adapter.edit(hub.room.inbox[0].address, ref, Part("grown"))
        await hub.adapter.send(hub.room.inbox[0].address, Part("more"), "t1.1")
        assert ann.screen() == ["grown", "more"]
        slow = await ann.calls("/help")
        await acknowledged(platform, slow)
        await asyncio.sleep(0.25)
        await hub.adapter.send(hub.room.inbox[1].address, Part("after a long time"), "t2")
        assert ann.screen() == ["grown", "more", "after a long time"]


async def test_a_token_that_dies_early_is_noticed(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    call = await ann.calls("/help")
    await acknowledged(platform, call)
    ref = await hub.adapter.send(hub.room.inbox[0].address, Part("growing"), "t1")
    platform.interactions.token_life = 0
    await hub.adapter.edit(hub.room.inbox[0].address, ref, Part("grown"))
    assert ann.screen() == ["grown"]
    second = await ann.calls("/help")
    await acknowledged(platform, second)
    await hub.adapter.send(hub.room.inbox[1].address, Part("as a message"), "t2")
    assert ann.screen() == ["grown", "as a message"]


async def test_a_call_taken_too_late_is_answered_by_a_message(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    platform.interactions.answer_within = 0.05

    async def slow(inbound: Inbound, number: int) -> None:
        await asyncio.sleep(0.1)

    hub.room.then = slow
    call = await ann.calls("/help")
    await hub.hears(1)
    await asyncio.sleep(0.15)
    assert platform.interactions.failed(call)
    await hub.adapter.send(hub.room.inbox[0].address, Part("here"), "t1")
    assert ann.screen() == ["here"]


@pytest.mark.parametrize("trouble", ["refused", "store down"])
async def test_what_is_not_taken_is_said_at_once_and_to_one_person(
    platform: DiscordSandbox, hub: Hub, trouble: str
) -> None:
    ann, bob = platform.person("Ann"), platform.person("Bob")
    room = platform.group("Team", ann, bob)
    if trouble == "refused":
        hub.room.refuse = TooLarge(limit="1 MiB")
    else:
        hub.room.store_down = True
    call = await ann.calls("/help", in_=room)
    assert await acknowledged(platform, call) == 4
    hub.room.store_down = False
    assert len(ann.screen(room)) == 1
    assert bob.screen(room) == []


async def test_where_we_are_no_member_only_the_token_leads_in(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    room = platform.group("Elsewhere", ann, bots=())
    call = await ann.calls("/ask what is this?", in_=room)
    await hub.hears(1)
    address = hub.room.inbox[0].address
    assert hub.room.inbox[0].content == Said("what is this?")
    await acknowledged(platform, call)
    ref = await hub.adapter.send(address, Part("an answer", (Button("Again", "retry", translate=False),)), "t1")
    await hub.adapter.send(address, Part("and more"), "t1.1")
    await hub.adapter.send(address, Part("and more"), "t1.1")
    await hub.adapter.edit(address, ref, Part("the answer", (Button("Again", "retry", translate=False),)))
    assert ann.screen(room) == ["the answer", "and more"]
    press = await ann.presses("Again")
    assert await acknowledged(platform, press) == 6
    await hub.adapter.send(address, Part("once more"), "t2")
    assert ann.screen(room) == ["the answer", "and more", "once more"]
    await hub.stop()
    async with Hub(platform, hub.room) as again:
        await again.adapter.edit(address, ref, Part("mended"))
        assert ann.screen(room) == ["mended", "and more", "once more"]
        late = await ann.calls("/help", in_=room)
        await acknowledged(platform, late)
        platform.interactions.token_life = 0
        with pytest.raises(Forbidden):
            await again.adapter.send(address, Part("too late"), "t3")


async def test_a_call_in_a_thread_belongs_to_the_thread(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    asked = await ann.says(f"{platform.mention} hello", in_=room)
    await hub.hears(1)
    address = hub.room.inbox[0].address
    await hub.adapter.send(address, Part("hi"), "t1")
    await ann.calls("/help", in_=platform.thread_of(asked))
    await hub.hears(2)
    assert hub.room.inbox[1].address == address


async def test_ask_brings_its_file_and_the_menu_of_a_message_brings_the_message(
    platform: DiscordSandbox, hub: Hub
) -> None:
    ann, bob = platform.person("Ann"), platform.person("Bob")
    file = File("123456789012345678", "notes.txt", "text/plain", b"notes")
    await ann.calls("/ask what is in it?", file=file)
    await hub.hears(1)
    content = hub.room.inbox[0].content
    assert isinstance(content, Said)
    assert (content.text, content.attachments[0].name, content.attachments[0].size) == (
        "what is in it?",
        "notes.txt",
        5,
    )
    room = platform.group("Team", ann, bob)
    said = await bob.says("the meeting is at\nnine", in_=room)
    await hub.hears(2)
    await ann.asks_about(said)
    await hub.hears(3)
    content = hub.room.inbox[2].content
    assert isinstance(content, Said)
    assert content.text == "What about this message of Bob?\n\n> **Bob:** the meeting is at\n> nine"
    assert hub.room.inbox[2].sender.user == ann.id


async def test_what_could_be_typed_next_is_suggested(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    assert await ann.types("/model") == ["demo", "big-model", "bigger-model"]
    assert await ann.types("/model BIG") == ["big-model", "bigger-model"]
    assert await ann.types("/model zzz") == []
    assert hub.room.inbox == []


async def test_a_replayed_call_is_answered_once(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    platform.gateway.repeat = 2
    call = await ann.calls("/help")
    await acknowledged(platform, call)
    await asyncio.sleep(0.05)
    await hub.adapter.send(hub.room.inbox[0].address, Part("help"), "t1")
    assert len(hub.room.inbox) == 1
    assert ann.screen() == ["help"]
    assert ann.thinking() == 0


async def test_stop_is_answered_also_when_the_house_says_nothing(platform: DiscordSandbox, hub: Hub) -> None:
    ann, bob = platform.person("Ann"), platform.person("Bob")
    room = platform.group("Team", ann, bob)
    await hub.adapter.publish([*MENU, MenuCommand("stop", {"en": "stop the running answer"})])
    await ann.says("something before", in_=room)
    await hub.hears(1)
    call = await ann.calls("/stop", in_=room)
    assert await acknowledged(platform, call) == 4
    assert (ann.screen(room), bob.screen(room), ann.thinking()) == (["Stopped."], [], 0)

    async def quick(inbound: Inbound, number: int) -> None:
        await hub.adapter.send(inbound.address, Part("Nothing is running."), f"t{number}")

    hub.room.then = quick
    call = await ann.calls("/stop", in_=room)
    assert await acknowledged(platform, call) == 5
    await bob.sees("Nothing is running.")


async def test_a_call_that_makes_no_sense_is_said_so(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    message = platform.posting.post(
        ann.private(),
        platform.parley,
        {"content": "old", "components": [{"type": 1, "components": [{"type": 2, "label": "X", "custom_id": "zzz"}]}]},
        [],
    )
    press = await ann.presses("X", message)
    assert await acknowledged(platform, press) == 4
    assert hub.room.inbox == []


async def test_the_language_of_a_call_is_remembered_for_messages(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann", language="es-ES")
    await ann.calls("/help")
    await ann.says("hola")
    await hub.hears(2)
    assert {one.sender.language for one in hub.room.inbox} == {"es-ES"}


async def test_the_menu_is_published_once_and_again_when_it_changes(platform: DiscordSandbox) -> None:
    room = Room()
    hub = Hub(platform, room)
    await hub.adapter.publish(MENU)
    await hub.adapter.publish(MENU)
    assert len(platform.called("PUT applications/{}/commands")) == 1
    await hub.adapter.publish(MENU[:1])
    assert len(platform.called("PUT applications/{}/commands")) == 2
    commands = {command["name"]: command for command in platform.parley.commands}
    assert set(commands) == {"help", "ask", "Ask about this"}
    for command in commands.values():
        assert (command["integration_types"], command["contexts"]) == ([0, 1], [0, 1, 2])
    assert commands["help"]["description_localizations"]["de"] == "was du tun kannst"
    assert "ar" not in commands["help"]["description_localizations"]
    await hub.stop()
