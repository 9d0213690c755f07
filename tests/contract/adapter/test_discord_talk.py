"""Talk on Discord: who is meant, where the answer goes, what goes out with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.discord.sandbox import DiscordSandbox
from adapters.discord.sandbox.town import FORUM, VOICE
from adapters.kit.rate import REFUSALS
from hub.domain.address import Address, ChatKind
from hub.domain.errors import Busy, Forbidden, RateLimited, Rejected, TooLarge, Unreachable
from hub.domain.inbound import Called, Pressed, Said
from hub.domain.reply import Button, Part, PartFile, Ref

from .discord_kit import Hub


@pytest.fixture
async def platform() -> AsyncIterator[DiscordSandbox]:
    async with DiscordSandbox() as platform:
        yield platform


@pytest.fixture
async def hub(platform: DiscordSandbox) -> AsyncIterator[Hub]:
    async with Hub(platform) as hub:
        yield hub


def bodies(platform: DiscordSandbox, name: str = "POST channels/{}/messages") -> list[Any]:
    return [call.body for call in platform.called(name)]


# Who is meant


async def test_a_private_word_is_for_us(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    said = await ann.says("hi")
    await hub.hears(1)
    inbound = hub.room.inbox[0]
    assert inbound.address == Address(1, "discord", platform.parley.id, ann.private().id)
    assert inbound.event_id == said.id
    assert (inbound.sender.user, inbound.sender.name, inbound.directed) == (ann.id, "Ann", True)


async def test_a_mention_begins_a_thread_that_goes_on_without_mentions(platform: DiscordSandbox, hub: Hub) -> None:
    ann, bob = platform.person("Ann"), platform.person("Bob")
    room = platform.group("Team", ann, bob)
    asked = await ann.says(f"{platform.mention} what is the plan for <@{bob.id}>?", in_=room)
    await hub.hears(1)
    inbound = hub.room.inbox[0]
    assert inbound.content == Said("what is the plan for @Bob?")
    assert inbound.address == Address(1, "discord", platform.parley.id, room.id, asked.id, ChatKind.GROUP)
    await hub.adapter.typing(inbound.address)
    assert room.typed
    await hub.adapter.send(inbound.address, Part("the plan"), "t1")
    thread = platform.thread_of(asked)
    assert thread is not None
    assert thread.name == "what is the plan for @Bob?"
    assert ann.screen(thread) == ["the plan"]
    await hub.adapter.typing(inbound.address)
    assert thread.typed
    await bob.says("and then?", thread=thread)
    await hub.hears(2)
    assert hub.room.inbox[1].address == inbound.address
    assert hub.room.inbox[1].directed
    await hub.adapter.entitle(inbound.address, "The plan, in short " + "x" * 100)
    assert thread.name.startswith("The plan, in short")
    assert len(thread.name) == 100


async def test_a_thread_of_somebody_else_keeps_its_name(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    theirs = platform.town.thread(room, "theirs", ann.id)
    await ann.says(f"{platform.mention} what a member without rights asked first", thread=theirs)
    await hub.hears(1)
    await hub.adapter.entitle(hub.room.inbox[0].address, "What a member asked")
    assert theirs.name == "theirs"


async def test_what_is_overheard_is_not_directed(platform: DiscordSandbox, hub: Hub) -> None:
    ann, bob = platform.person("Ann"), platform.person("Bob")
    room = platform.group("Team", ann, bob)
    await ann.says("bob, are you there?", in_=room)
    foreign = platform.town.thread(room, "theirs", ann.id)
    platform.posting.tell("THREAD_CREATE", foreign)
    await bob.says("in a thread of Ann's", thread=foreign)
    await hub.hears(2)
    assert [one.directed for one in hub.room.inbox] == [False, False]
    assert [one.address.thread for one in hub.room.inbox] == ["", foreign.id]


async def test_an_answer_to_us_and_our_role_are_for_us(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    ours = platform.posting.post(room, platform.parley, {"content": "done"}, [])
    await ann.says("why?", in_=room, answers=ours)
    role = str(int(platform.parley.id) + 1)
    await ann.says(f"<@&{role}> hello", in_=room)
    await hub.hears(2)
    assert [one.directed for one in hub.room.inbox] == [True, True]
    assert [one.content for one in hub.room.inbox] == [Said("why?"), Said("hello")]
    assert hub.room.inbox[0].address.thread == ""


async def test_bots_and_the_platform_itself_are_not_people(platform: DiscordSandbox, hub: Hub) -> None:
    ann, other = platform.person("Ann"), platform.bot("Other")
    room = platform.group("Team", ann, bots=(platform.parley, other))
    platform.posting.post(room, other, {"content": f"{platform.mention} beep"}, [])
    platform.posting.post(room, platform.parley, {"content": "our own"}, [])
    platform.push(
        "MESSAGE_CREATE",
        {"id": "99", "channel_id": room.id, "guild_id": room.guild.id if room.guild else "", "type": 7}
        | {"author": {"id": ann.id, "username": "ann"}, "content": ""},
    )
    await ann.says(f"{platform.mention} hi", in_=room)
    await hub.hears(1)
    await asyncio.sleep(0.05)
    assert [one.content for one in hub.room.inbox] == [Said("hi")]


async def test_threads_are_known_after_a_restart_too(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    asked = await ann.says(f"{platform.mention} one", in_=room)
    await hub.hears(1)
    await hub.adapter.send(hub.room.inbox[0].address, Part("answer"), "t1")
    thread = platform.thread_of(asked)
    await hub.stop()
    async with Hub(platform, hub.room) as again:
        await ann.says("two", thread=thread)
        await again.hears(2)
        assert hub.room.inbox[1].address == hub.room.inbox[0].address
        assert hub.room.inbox[1].directed
        await again.adapter.send(hub.room.inbox[1].address, Part("second"), "t2")
        assert ann.screen(thread) == ["answer", "second"]
    lookups = platform.called("GET channels/{}")
    assert len(lookups) == 1


async def test_threads_that_are_told_of_need_not_be_asked_for(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    thread = platform.town.thread(room, "old", platform.parley.id)
    assert room.guild is not None
    listed = [{"id": thread.id, "type": 11, "parent_id": room.id, "owner_id": platform.parley.id}]
    platform.push("THREAD_LIST_SYNC", {"guild_id": room.guild.id, "threads": listed, "members": []})
    await ann.says("still here?", thread=thread)
    await hub.hears(1)
    assert (hub.room.inbox[0].address.chat, hub.room.inbox[0].directed) == (room.id, True)
    assert platform.called("GET channels/{}") == []


# Where the answer goes


async def test_a_thread_that_is_there_already_is_used(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    asked = await ann.says(f"{platform.mention} one", in_=room)
    await hub.hears(1)
    platform.town.thread(room, "made by Ann", ann.id, asked.id)
    await hub.adapter.send(hub.room.inbox[0].address, Part("answer"), "t1")
    assert ann.screen(platform.thread_of(asked)) == ["answer"]
    assert [call.status for call in platform.called("POST channels/{}/messages/{}/threads")] == [400]


async def test_an_adapter_that_does_not_listen_begins_the_thread_too(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    asked = await ann.says(f"{platform.mention} one", in_=room)
    hub = Hub(platform)
    address = Address(1, "discord", platform.parley.id, room.id, asked.id, ChatKind.GROUP)
    await hub.adapter.send(address, Part("answer"), "t1")
    assert ann.screen(platform.thread_of(asked)) == ["answer"]
    await hub.stop()


@pytest.mark.parametrize("why", ["no right", "voice"])
async def test_where_no_thread_can_be_begun_the_answer_quotes_the_question(
    platform: DiscordSandbox, hub: Hub, why: str
) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    if why == "voice":
        room = platform.channel(room, "voice", VOICE)
    room.may_thread = False
    asked = await ann.says(f"{platform.mention} one", in_=room)
    await hub.hears(1)
    address = hub.room.inbox[0].address
    ref = await hub.adapter.send(address, Part("answer"), "t1")
    assert await hub.adapter.send(address, Part("answer"), "t1") == ref
    await hub.adapter.edit(address, ref, Part("better answer"))
    assert ann.screen(room) == ["better answer"]
    message = await ann.sees("better answer")
    if why == "no right":
        assert message.answers is asked
        assert address.thread == asked.id
    else:
        assert address.thread == ""


async def test_posts_of_a_forum_are_threads(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    forum = platform.channel(platform.group("Team", ann), "forum", FORUM)
    post = platform.town.thread(forum, "a post", ann.id)
    await ann.says(f"{platform.mention} help", thread=post)
    await hub.hears(1)
    assert (hub.room.inbox[0].address.chat, hub.room.inbox[0].address.thread) == (forum.id, post.id)
    await hub.adapter.send(hub.room.inbox[0].address, Part("helped"), "t1")
    assert ann.screen(post) == ["helped"]


async def test_a_thread_that_was_put_away_is_taken_out_for_an_edit(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    asked = await ann.says(f"{platform.mention} one", in_=room)
    await hub.hears(1)
    address = hub.room.inbox[0].address
    ref = await hub.adapter.send(address, Part("answer"), "t1")
    thread = platform.thread_of(asked)
    assert thread is not None
    thread.archived = True
    await hub.adapter.edit(address, ref, Part("better"))
    assert ann.screen(thread) == ["better"]


async def test_being_kicked_is_left_quietly(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    await ann.says(f"{platform.mention} one", in_=room)
    await hub.hears(1)
    platform.kick(room)
    with pytest.raises(Forbidden):
        await hub.adapter.send(hub.room.inbox[0].address, Part("answer"), "t1")
    await ann.says("hello")
    await hub.hears(2)


# What goes out


async def test_nobody_is_ever_pinged(platform: DiscordSandbox, hub: Hub) -> None:
    ann, bob = platform.person("Ann"), platform.person("Bob")
    room = platform.group("Team", ann, bob)
    address = Address(1, "discord", platform.parley.id, room.id, kind=ChatKind.GROUP)
    hostile = f"@everyone @here <@{bob.id}> <@!{bob.id}> <@&123> `<@{bob.id}>`"
    ref = await hub.adapter.send(address, Part(hostile), "t1")
    await hub.adapter.edit(address, ref, Part(hostile + " again"))
    message = await ann.sees("again")
    assert message.pinged == []
    assert message.mentions == []
    for name in ("POST channels/{}/messages", "PATCH channels/{}/messages/{}"):
        for body in bodies(platform, name):
            assert body["allowed_mentions"] == {"parse": []}
            assert body["flags"] & 4


async def test_a_repeat_is_the_same_message_and_another_house_has_other_nonces(
    platform: DiscordSandbox, hub: Hub
) -> None:
    ann = platform.person("Ann")
    address = Address(1, "discord", platform.parley.id, ann.private().id)
    platform.misbehave("POST channels/{}/messages", lose_answer=True)
    with pytest.raises(Unreachable):
        await hub.adapter.send(address, Part("once"), "t1")
    await hub.adapter.send(address, Part("once"), "t1")
    await hub.adapter.send(address, Part("part two"), "t1.1")
    assert ann.screen() == ["once", "part two"]
    nonces = [body["nonce"] for body in bodies(platform)]
    assert all(len(nonce) <= 25 for nonce in nonces)
    assert len(set(nonces)) == 2
    hub.room.secret = b"another house"
    other = Hub(platform, hub.room)
    await other.adapter.send(address, Part("from another database"), "t1")
    assert ann.screen() == ["once", "part two", "from another database"]
    await other.stop()


async def test_a_repeat_with_more_words_shows_them(platform: DiscordSandbox, hub: Hub) -> None:
    """A hub that dies after the first words of an answer sends the whole of it with the same key."""
    ann = platform.person("Ann")
    address = Address(1, "discord", platform.parley.id, ann.private().id)
    first = await hub.adapter.send(address, Part("first words", (Button("Stop", "stop", translate=False),)), "t1")
    again = Hub(platform, hub.room)
    assert await again.adapter.send(address, Part("first words and all others"), "t1") == first
    message = await ann.sees("and all others")
    assert message.components == []
    assert await again.adapter.send(address, Part("first words and all others"), "t1") == first
    assert len(message.frames) == 2
    await again.stop()


async def test_a_send_in_doubt_is_looked_for_once_discord_has_forgotten_its_nonce(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    address = Address(1, "discord", platform.parley.id, ann.private().id)
    platform.posting.nonce_seconds = 0
    async with Hub(platform, nonce_seconds=0) as hub:
        earlier = await hub.adapter.send(address, Part("same words"), "t1")
        platform.misbehave("POST channels/{}/messages", lose_answer=True)
        with pytest.raises(Unreachable):
            await hub.adapter.send(address, Part("same words"), "t2")
        found = await hub.adapter.send(address, Part("same words"), "t2")
        assert found != earlier
        assert ann.screen() == ["same words", "same words"]
        platform.misbehave("POST channels/{}/messages", drop=True)
        with pytest.raises(Unreachable):
            await hub.adapter.send(address, Part("never arrived"), "t3")
        await hub.adapter.send(address, Part("never arrived"), "t3")
        assert ann.screen() == ["same words", "same words", "never arrived"]


async def test_buttons_carry_their_call_and_come_back_as_a_press(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    address = Address(1, "discord", platform.parley.id, ann.private().id)
    many = [Button(f"M{number}", "model", f"model-{number}", translate=False) for number in range(30)]
    buttons = (Button("Retry", "retry", translate=False), Button("Long", "model", "x" * 100, translate=False), *many)
    ref = await hub.adapter.send(address, Part("choose", (*buttons, buttons[0])), "t1")
    rows = bodies(platform)[0]["components"]
    assert [len(row["components"]) for row in rows] == [5, 5, 5, 5, 5]
    assert "Long" not in str(rows)
    press = await ann.presses("M7")
    await hub.hears(1)
    assert hub.room.inbox[0].content == Pressed("model", "model-7")
    assert hub.room.inbox[0].address == address
    await platform.town.until(lambda: press.answered or None, 2, lambda: "no first sign")
    assert press.answered == 6
    await hub.adapter.send(address, Part("chosen"), "t1x")
    await hub.adapter.edit(address, ref, Part("choose"))
    assert (await ann.sees("choose")).components == []
    assert ann.screen() == ["choose", "chosen"]


async def test_buttons_work_after_a_restart(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    address = Address(1, "discord", platform.parley.id, ann.private().id)
    await hub.adapter.send(address, Part("choose", (Button("Retry", "retry", translate=False),)), "t1")
    await hub.stop()
    async with Hub(platform, hub.room) as again:
        await ann.presses("Retry")
        await again.hears(1)
    assert hub.room.inbox[0].content == Pressed("retry")


async def test_reactions_are_verdicts(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    address = Address(1, "discord", platform.parley.id, room.id, kind=ChatKind.GROUP)
    ref = await hub.adapter.send(address, Part("an answer"), "t1")
    await ann.reacts("🎲")
    await ann.reacts("👍🏽")
    await ann.reacts("👎")
    await ann.reacts("👎", back=True)
    theirs = await ann.says("mine", in_=room)
    await ann.reacts("👍", theirs)
    await ann.reacts("👍", theirs, back=True)
    await hub.hears(4)
    await asyncio.sleep(0.05)
    verdicts = [one.content.argument for one in hub.room.inbox if isinstance(one.content, Pressed)]
    assert verdicts == [f"good {ref.value}", f"bad {ref.value}", f"none {ref.value}"]
    assert len({one.event_id for one in hub.room.inbox}) == 4


async def test_files_come_in_within_their_limit_and_after_their_address_ran_out(
    platform: DiscordSandbox, hub: Hub
) -> None:
    ann = platform.person("Ann")
    await ann.uploads("voice-message.ogg", "audio/ogg", b"OggS" + b"x" * 2_000, "listen")
    await hub.hears(1)
    content = hub.room.inbox[0].content
    assert isinstance(content, Said)
    file = content.attachments[0]
    assert (file.file, file.media_type, file.name, file.size) == ("", "audio/ogg", "voice-message.ogg", 2_004)
    address = hub.room.inbox[0].address
    assert (await hub.adapter.fetch(address, file.source, 10_000))[:4] == b"OggS"
    with pytest.raises(TooLarge):
        await hub.adapter.fetch(address, file.source, 1_000)
    platform.expire_files()
    assert (await hub.adapter.fetch(address, file.source, 10_000))[:4] == b"OggS"
    with pytest.raises(Forbidden):
        await hub.adapter.fetch(address, "- - 1 http://169.254.169.254/latest", 10_000)
    with pytest.raises((Forbidden, Rejected)):
        await hub.adapter.fetch(address, "nonsense", 10_000)
    with pytest.raises(Rejected):
        await hub.adapter.fetch(address, "- - 1 http://[broken", 10_000)


async def test_files_go_out_with_their_words(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    address = Address(1, "discord", platform.parley.id, ann.private().id)
    part = Part("the **whole** code", file=PartFile("code.py", "text/x-python", b"print(1)\n"))
    ref = await hub.adapter.send(address, part, "t1")
    assert await hub.adapter.send(address, part, "t1") == ref
    message = await ann.sees_file("code.py")
    assert message.files[0].content == b"print(1)\n"
    assert ann.screen() == ["the whole code"]
    with pytest.raises(Rejected):
        await hub.adapter.send(address, Part("", file=PartFile("a", "a/b", b"x" * (10 * 1024 * 1024 + 1))), "t2")


async def test_what_is_erased_is_gone_and_gone_already_is_fine(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    address = Address(1, "discord", platform.parley.id, ann.private().id)
    ref = await hub.adapter.send(address, Part("away"), "t1")
    await hub.adapter.erase(address, ref)
    await hub.adapter.erase(address, ref)
    assert ann.screen() == []
    with pytest.raises(Rejected):
        await hub.adapter.edit(address, ref, Part("back"))
    with pytest.raises(Rejected):
        await hub.adapter.edit(address, Ref("no/thing"), Part("back"))


async def test_a_refused_message_is_answered_in_words(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    hub.room.refuse = Busy("too_fast", after=7)
    await ann.says("quick")
    await ann.sees("7 seconds")
    await ann.says("overheard", in_=platform.group("Team", ann))
    for _ in range(2 * REFUSALS):
        await ann.says("quicker")
    hub.room.refuse = None
    await ann.says("slow")
    await hub.hears(1)
    assert 1 <= len(ann.screen()) <= REFUSALS, "whoever floods us does not make us flood Discord"


async def test_a_command_typed_as_text_stays_text(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    await ann.says("/model demo")
    await hub.hears(1)
    assert hub.room.inbox[0].content == Said("/model demo")
    assert not isinstance(hub.room.inbox[0].content, Called)


async def test_an_unknown_bot_is_refused(platform: DiscordSandbox, hub: Hub) -> None:
    with pytest.raises(Forbidden):
        await hub.adapter.send(Address(1, "discord", "1", "2"), Part("x"), "t1")


async def test_limits_are_obeyed_without_being_hit(platform: DiscordSandbox, hub: Hub) -> None:
    ann = platform.person("Ann")
    address = Address(1, "discord", platform.parley.id, ann.private().id)
    platform.paced(calls=3, seconds=0.3)
    waits = []
    for number in range(8):
        while True:
            try:
                await hub.adapter.send(address, Part(f"m{number}"), f"t{number}")
                break
            except RateLimited as error:
                waits.append(error.after)
                await asyncio.sleep(error.after)
    assert ann.screen() == [f"m{number}" for number in range(8)]
    assert waits
    assert all(0 < wait <= 0.3 for wait in waits)
    assert platform.trouble.refusals == 0
