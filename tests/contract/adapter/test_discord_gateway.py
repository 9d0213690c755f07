"""Sessions: kept, resumed, begun anew, given up; nothing lost and nothing taken twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from adapters.discord.adapter.order import MOST_AT_ONCE
from adapters.discord.errors import BadToken
from adapters.discord.sandbox import DiscordSandbox
from hub.domain.address import Address
from hub.domain.errors import Unreachable
from hub.domain.inbound import Inbound, Said
from hub.domain.reply import Part
from hub.ports.house import Heard

from .discord_kit import Hub
from .house import Room

IDENTIFY, RESUME = 2, 6


@pytest.fixture
async def platform() -> AsyncIterator[DiscordSandbox]:
    async with DiscordSandbox() as platform:
        yield platform


def texts(room: Room) -> list[str]:
    return [inbound.content.text for inbound in room.inbox if isinstance(inbound.content, Said)]


def opened(platform: DiscordSandbox) -> list[int]:
    return [op for _, op, _ in platform.gateway.opened]


async def until(true: Callable[[], bool], timeout: float = 5) -> None:
    async with asyncio.timeout(timeout):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_restarted_hub_resumes_and_hears_what_was_said_meanwhile(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    room = Room()
    async with Hub(platform, room) as hub:
        await ann.says("one")
        await hub.hears(1)
    assert platform.gateway.closed == [4000]
    await ann.says("two")
    await ann.says("three")
    async with Hub(platform, room) as hub:
        await hub.hears(3)
        await ann.says("four")
        await hub.hears(4)
    assert texts(room) == ["one", "two", "three", "four"]
    assert opened(platform) == [IDENTIFY, RESUME]
    assert platform.gateway.opened[-1][2].startswith("/resume")


async def test_what_was_not_committed_is_given_again(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    room = Room()
    async with Hub(platform, room) as hub:
        await ann.says("before")
        await hub.hears(1)
        await asyncio.sleep(1.1)
        room.store_down = True
        await ann.says("while the store is down")
        await asyncio.sleep(0.05)
    room.store_down = False
    async with Hub(platform, room) as hub:
        await hub.hears(2)
    assert texts(room) == ["before", "while the store is down"]
    assert opened(platform) == [IDENTIFY, RESUME]


async def test_a_store_that_comes_back_loses_nothing_without_a_restart(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    async with Hub(platform) as hub:
        hub.room.store_down = True
        await ann.says("one")
        await ann.says("two")
        await asyncio.sleep(0.05)
        assert hub.room.inbox == []
        hub.room.store_down = False
        await hub.hears(2)
        assert texts(hub.room) == ["one", "two"]


@pytest.mark.parametrize("code", [None, 4000, 4001, 4008, 1012])
async def test_a_lost_connection_is_resumed(platform: DiscordSandbox, code: int | None) -> None:
    ann = platform.person("Ann")
    async with Hub(platform) as hub:
        await ann.says("one")
        await hub.hears(1)
        await platform.drop_connections(code)
        await ann.says("two")
        await hub.hears(2)
    assert texts(hub.room) == ["one", "two"]
    assert opened(platform) == [IDENTIFY, RESUME]


async def test_op_7_is_obeyed_at_once_by_a_resume(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    async with Hub(platform, pause_seconds=30) as hub:
        await ann.says("one")
        await hub.hears(1)
        platform.reconnect()
        await until(lambda: len(opened(platform)) == 2)
        await ann.says("two")
        await hub.hears(2)
    assert opened(platform) == [IDENTIFY, RESUME]


async def test_op_9_true_is_resumed_and_op_9_false_begins_anew(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    async with Hub(platform) as hub:
        await ann.says("one")
        await hub.hears(1)
        platform.invalidate(resumable=True)
        await until(lambda: len(opened(platform)) == 2)
        platform.invalidate(resumable=False)
        await until(lambda: len(opened(platform)) == 3)
        await ann.says("two")
        await hub.hears(2)
    assert opened(platform) == [IDENTIFY, RESUME, IDENTIFY]
    assert texts(hub.room) == ["one", "two"]


async def test_after_a_lost_session_private_talks_are_read_back(platform: DiscordSandbox) -> None:
    ann, bob = platform.person("Ann"), platform.person("Bob")
    room = Room()
    async with Hub(platform, room) as hub:
        await ann.says("a1")
        await bob.says("b1")
        await hub.hears(2)
    platform.forget_sessions()
    for number in range(2, 5):
        await ann.says(f"a{number}")
    await bob.says("b2")
    async with Hub(platform, room) as hub:
        await hub.hears(6)
        await ann.says("a5")
        await hub.hears(7)
    assert [text for text in texts(room) if text[0] == "a"] == ["a1", "a2", "a3", "a4", "a5"]
    assert [text for text in texts(room) if text[0] == "b"] == ["b1", "b2"]
    assert opened(platform) == [IDENTIFY, RESUME, IDENTIFY]


async def test_after_a_lost_session_servers_are_read_back_also_where_nobody_spoke_to_us_before(
    platform: DiscordSandbox,
) -> None:
    ann = platform.person("Ann")
    room = platform.group("Team", ann)
    other, silent = platform.channel(room, "other"), platform.channel(room, "silent")
    house = Room()
    async with Hub(platform, house) as hub:
        first = await ann.says(f"{platform.mention} one", in_=room)
        await hub.hears(1)
        await hub.adapter.send(house.inbox[0].address, Part("answer"), "t1")
    platform.forget_sessions()
    thread = platform.thread_of(first)
    await ann.says("two", thread=thread)
    await ann.says(f"{platform.mention} three", in_=other)
    before = len(platform.calls)
    async with Hub(platform, house) as hub:
        await hub.hears(3)
        await asyncio.sleep(0.05)
    assert sorted(texts(house)) == ["one", "three", "two"]
    read = [call.path for call in platform.calls[before:] if call.name == "GET channels/{}/messages"]
    assert not [path for path in read if silent.id in path]
    said_in_thread = next(one for one in house.inbox if one.content == Said("two"))
    assert (said_in_thread.address.chat, said_in_thread.address.thread) == (room.id, first.id)


async def test_private_talks_are_read_back_also_after_mere_calls_and_resumes(platform: DiscordSandbox) -> None:
    ann, bob = platform.person("Ann"), platform.person("Bob")
    room = Room()
    async with Hub(platform, room) as hub:
        await hub.adapter.publish([])
        await ann.calls("/ask one")
        await hub.hears(1)
    async with Hub(platform, room) as hub:
        await bob.says("b1")
        await hub.hears(2)
    platform.forget_sessions()
    room.heard = nobody_heard  # type: ignore[method-assign]
    await ann.says("a2")
    await bob.says("b2")
    async with Hub(platform, room) as hub:
        await hub.hears(4)
    assert sorted(texts(room)) == ["a2", "b1", "b2", "one"]
    assert opened(platform) == [IDENTIFY, RESUME, RESUME, IDENTIFY]


async def nobody_heard(tenant: int, platform: str, bot: str, limit: int) -> tuple[Heard, ...]:
    """A house that remembers nobody: it keeps only so much."""
    return ()


async def test_many_missed_messages_come_in_pages_and_in_order(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    room = Room()
    async with Hub(platform, room) as hub:
        await ann.says("0")
        await hub.hears(1)
    platform.forget_sessions()
    for number in range(1, 251):
        await ann.says(str(number))
    platform.misbehave("GET channels/{}/messages", status=429, after=0.02)
    platform.misbehave("GET channels/{}/messages", status=502)
    async with Hub(platform, room) as hub:
        await hub.hears(251, timeout=10)
    assert texts(room) == [str(number) for number in range(251)]


async def test_thousands_of_waiting_messages_come_in_order_and_never_too_many_at_once(platform: DiscordSandbox) -> None:
    people = [platform.person(f"P{number}") for number in range(20)]
    room = Room()
    async with Hub(platform, room) as hub:
        await people[0].says("first")
        await hub.hears(1)
    for turn in range(120):
        for number, person in enumerate(people):
            await person.says(f"{number} {turn}")
    under_way = 0
    most = 0

    async def slowly(inbound: Inbound, number: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way, len(asyncio.all_tasks()))
        await asyncio.sleep(0)
        under_way -= 1

    room.then = slowly
    async with Hub(platform, room) as hub:
        await hub.hears(2_401, timeout=25)
    said = [text.split() for text in texts(room)[1:]]
    for number in range(20):
        assert [int(turn) for who, turn in said if int(who) == number] == list(range(120))
    assert most <= MOST_AT_ONCE + 50
    assert opened(platform) == [IDENTIFY, RESUME]


async def test_duplicates_and_disorder_do_no_harm(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    async with Hub(platform) as hub:
        platform.gateway.repeat = 3
        for number in range(5):
            await ann.says(str(number))
        await hub.hears(5)
        platform.gateway.repeat = 1
        platform.hold()
        for number in range(5, 10):
            await ann.says(str(number))
        platform.release(shuffled=True)
        await hub.hears(10)
    assert sorted(texts(hub.room)) == [str(number) for number in range(10)]


async def test_a_connection_that_answers_no_heartbeat_is_left_and_resumed(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    platform.gateway.interval = 0.1
    platform.gateway.deaf = True
    async with Hub(platform) as hub:
        await until(lambda: len(opened(platform)) >= 2)
        platform.gateway.deaf = False
        await ann.says("still there")
        await hub.hears(1)
    assert opened(platform)[:2] == [IDENTIFY, RESUME]
    assert set(platform.gateway.closed) == {4000}


async def test_a_resume_that_is_not_answered_is_given_up(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    platform.gateway.mute = True
    async with Hub(platform, call_seconds=0.3) as hub:
        await ann.says("one")
        await hub.hears(1)
        await platform.drop_connections()
        await ann.says("two")
        await hub.hears(2)
    assert opened(platform) == [IDENTIFY, RESUME, IDENTIFY]


async def test_heartbeats_keep_a_slow_house_connected(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    platform.gateway.interval = 0.05

    async def slowly(inbound: Inbound, number: int) -> None:
        await asyncio.sleep(0.5)

    room = Room(then=slowly)
    async with Hub(platform, room) as hub:
        await ann.says("one")
        await hub.hears(1)
        await asyncio.sleep(0.6)
    assert opened(platform) == [IDENTIFY]


@pytest.mark.parametrize(
    ("code", "words"), [(4004, "DISCORD_BOT_TOKEN"), (4014, "Message Content Intent"), (4011, "2,500")]
)
async def test_a_fatal_close_stops_the_bot_with_words(
    platform: DiscordSandbox, caplog: pytest.LogCaptureFixture, code: int, words: str
) -> None:
    async with Hub(platform) as hub:
        with caplog.at_level(logging.ERROR, "parley.discord"):
            await platform.drop_connections(code)
            await until(lambda: words in caplog.text)
        await asyncio.sleep(0.1)
        assert opened(platform) == [IDENTIFY]
        assert hub._running is not None
        assert not hub._running.done()
    assert platform.token not in caplog.text


async def test_a_bad_token_stops_one_bot_and_not_the_other(
    platform: DiscordSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    bad = platform.bot("Bad")
    bad.revoked = True
    ann = platform.person("Ann")
    with caplog.at_level(logging.ERROR, "parley.discord"):
        async with Hub(platform, token=bad.token, bots=[{"token": platform.token}]) as hub:
            await ann.says("hello")
            await hub.hears(1)
            assert bad.id in caplog.text
            calls = len([call for call in platform.calls if call.status == 401])
            with pytest.raises(BadToken):
                await hub.adapter.send(ann_address(hub, ann.private(bad).id, bad.id), Part("x"), "t1")
            assert len([call for call in platform.calls if call.status == 401]) == calls == 1
    assert bad.token not in caplog.text


def ann_address(hub: Hub, chat: str, bot: str) -> Address:
    return Address(1, "discord", bot, chat)


async def test_several_bots_have_sessions_tenants_and_answers_of_their_own(platform: DiscordSandbox) -> None:
    second = platform.bot("Second")
    ann = platform.person("Ann")
    async with Hub(platform, bots=[{"token": second.token, "tenant": 2}]) as hub:
        await until(lambda: len(opened(platform)) == 2)
        await ann.says("to one")
        await ann.says("to two", to=second)
        await hub.hears(2)
        by_bot = {inbound.address.bot: inbound for inbound in hub.room.inbox}
        assert by_bot[second.id].address.tenant == 2
        assert by_bot[platform.parley.id].address.tenant == 1
        for inbound in hub.room.inbox:
            await hub.adapter.send(inbound.address, Part(f"answer of {inbound.address.bot}"), "t1")
        assert ann.screen(ann.private(second)) == [f"answer of {second.id}"]
        assert ann.screen(ann.private()) == [f"answer of {platform.parley.id}"]


async def test_without_the_content_intent_it_listens_to_what_it_may(
    platform: DiscordSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    platform.parley.content_intent = False
    ann = platform.person("Ann")
    with caplog.at_level(logging.WARNING, "parley.discord"):
        async with Hub(platform) as hub:
            await ann.says("in private")
            await ann.says(f"{platform.mention} by name", in_=platform.group("Team", ann))
            await hub.hears(2)
    assert sorted(texts(hub.room)) == ["by name", "in private"]
    assert "Message Content Intent" in caplog.text


async def test_no_session_is_begun_when_the_budget_is_used_up(platform: DiscordSandbox) -> None:
    platform.parley.identify_budget = 0
    hub = Hub(platform)
    running = asyncio.create_task(hub.adapter.run(hub.room.accept))
    await until(lambda: bool(platform.called("GET gateway/bot")))
    await asyncio.sleep(0.1)
    assert opened(platform) == []
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await hub.stop()


@pytest.mark.parametrize(
    "frame",
    ["no json", "[]", '{"op": "x"}', '{"op":0}', '{"op":0,"s":99999,"t":"MESSAGE_CREATE","d":{"id":[]}}', '{"op":99}'],
)
async def test_what_cannot_be_read_is_kept_and_passed_over(platform: DiscordSandbox, frame: str) -> None:
    ann = platform.person("Ann")
    async with Hub(platform) as hub:
        platform.push_frame(frame)
        platform.push("MESSAGE_CREATE", {"id": "1", "nonsense": True})
        await ann.says("after")
        await hub.hears(1)
        assert texts(hub.room) == ["after"]
        kept = [note for (_, name), note in hub.room.notes.items() if name.startswith("unparsed:")]
        assert any("nonsense" in note for note in kept)
        assert all(len(note) < 4_100 for note in kept)


async def test_the_kept_session_holds_no_token_and_survives_being_spoilt(platform: DiscordSandbox) -> None:
    room = Room()
    async with Hub(platform, room):
        await asyncio.sleep(0.05)
    name = ("discord", f"session:{platform.parley.id}")
    assert set(msgspec.json.decode(room.notes[name])) == {"id", "url", "seq", "newest"}
    assert platform.token not in str(room.notes)
    room.notes[name] = "{spoilt"
    async with Hub(platform, room):
        await until(lambda: len(opened(platform)) == 2)
    assert opened(platform) == [IDENTIFY, IDENTIFY]


async def test_it_starts_before_discord_answers(platform: DiscordSandbox) -> None:
    ann = platform.person("Ann")
    for status in (503, 403, 404):
        platform.misbehave("GET users/@me", status=status)
        platform.misbehave("GET gateway/bot", status=status)
    async with Hub(platform) as hub:
        await ann.says("hello")
        await hub.hears(1)


async def test_a_hub_far_away_from_discord_says_so() -> None:
    async with DiscordSandbox() as platform:
        hub = Hub(platform, api_base="http://127.0.0.1:9/api/v10")
        with pytest.raises(Unreachable):
            await hub.adapter.send(ann_address(hub, "1", platform.parley.id), Part("x"), "t1")
        await hub.stop()
