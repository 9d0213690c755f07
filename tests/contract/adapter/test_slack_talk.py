"""What people do on Slack arrives once, in order, and is acknowledged only when it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.kit.rate import REFUSALS
from adapters.slack.errors import Barred
from adapters.slack.sandbox import Message, SlackSandbox
from adapters.slack.sandbox.api import Fault
from adapters.slack.sandbox.payloads import callback
from adapters.slack.sandbox.payloads import said as said_event
from hub.domain.address import ChatKind
from hub.domain.errors import Busy, TooLarge
from hub.domain.inbound import Called, Pressed, Said
from hub.domain.reply import Button, Part
from hub.ports.adapter import MenuCommand

from .house import Room
from .slack_kit import Slack, bot_of, slack


@pytest.fixture(params=["socket", "http"])
async def hub(request: pytest.FixtureRequest) -> AsyncIterator[Slack]:
    async with slack(request.param) as server:
        yield server


@pytest.fixture
async def socket() -> AsyncIterator[Slack]:
    async with slack() as server:
        yield server


def said(hub: Slack) -> list[str]:
    return [each.content.text for each in hub.room.inbox if isinstance(each.content, Said)]


async def test_a_direct_message_begins_a_thread_and_its_replies_stay_there(hub: Slack) -> None:
    ann = hub.platform.person("Ann", "de-DE")
    root = await ann.says("Grüße & <tags>")
    await ann.says("more", thread=root)
    first, second = hub.room.inbox
    assert first.content == Said("Grüße & <tags>")
    assert first.address == second.address == hub.thread(ann, root.ts)
    assert (first.sender.user, first.sender.name, first.sender.language) == (ann.id, "Ann", "de-DE")
    assert first.directed
    assert all(errand.acked for errand in hub.platform.courier.delivered)
    assert len(hub.platform.called("users.info")) == 1


async def test_an_app_that_is_no_agent_talks_flat() -> None:
    async with slack(agent=False) as hub:
        ann = hub.platform.person("Ann")
        await ann.says("hello")
        address = hub.room.inbox[0].address
        assert address == hub.thread(ann, "")
        assert not hub.adapter.capabilities(address).native_stream
        assert not hub.adapter.capabilities(address).typing
        await hub.adapter.typing(address)
        ref = await hub.adapter.send(address, Part("answer"), "t1")
        await hub.adapter.edit(address, ref, Part("better answer"))
        assert ann.screen() == ["better answer"]


async def test_a_mention_is_one_inbound_and_answered_in_its_thread(hub: Slack) -> None:
    ann, bob = hub.platform.person("Ann"), hub.platform.person("Bob")
    room = hub.platform.group("team", ann, bob)
    root = await ann.says("what is 2+2?", in_=room, mention=True)
    await bob.says("I wonder too", in_=room, thread=root)
    await bob.says("lunch?", in_=room)
    asked, overheard, other = hub.room.inbox
    assert asked.content == Said("what is 2+2?")
    assert asked.event_id == f"{room.id}:{root.ts}"
    assert asked.address == overheard.address == hub.channel(room.id, root.ts)
    assert (asked.directed, overheard.directed, other.directed) == (True, False, False)
    await hub.adapter.send(asked.address, Part("It is 4."), "t1")
    shown = await bob.sees("It is 4.")
    assert shown.thread_ts == root.ts
    assert hub.adapter.capabilities(asked.address).native_stream is False
    await bob.says("thanks", in_=room, thread=shown)
    assert len(hub.room.inbox) == 4


async def test_a_mention_alone_is_taken_too(socket: Slack) -> None:
    """An app that is not subscribed to channels' messages hears of mentions only."""
    ann = socket.platform.person("Ann")
    room = socket.platform.group("team", ann)
    socket.platform.courier.hold()
    await ann.says("hello", in_=room, mention=True, settle=False)
    socket.platform.courier.release([1])
    async with asyncio.timeout(5):
        await ann.errands[1].over.wait()
    assert said(socket) == ["hello"]
    assert socket.room.inbox[0].directed


async def test_the_file_of_a_mention_is_not_lost_when_the_mention_comes_first(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    room = hub.platform.group("team", ann)
    hub.platform.courier.hold()
    upload = asyncio.create_task(ann.uploads("a.txt", "text/plain", b"content", "look", in_=room, mention=True))
    while len(hub.platform.courier.delivered) < 2:
        await asyncio.sleep(0.001)
    hub.platform.courier.release([1, 0])
    await upload
    (inbound,) = hub.room.inbox
    assert isinstance(inbound.content, Said)
    (file,) = inbound.content.attachments
    assert (file.name, file.media_type, file.size) == ("a.txt", "text/plain", 7)
    assert await hub.adapter.fetch(inbound.address, file.source, 100) == b"content"
    with pytest.raises(TooLarge):
        await hub.adapter.fetch(inbound.address, file.source, 6)


async def test_what_is_no_message_of_a_person_is_let_go(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    other = hub.platform.install("Other bot")
    room = hub.platform.group("team", ann)
    message = await ann.says("hello", in_=room)
    await ann.edits(message, "hello!")
    await ann.deletes(message)
    before = len(hub.room.inbox)
    bots = {"type": "message", "subtype": "bot_message", "bot_id": other.bot_id, "channel": room.id, "ts": "1.2"}
    own = {"type": "message", "user": hub.platform.app.user, "channel": room.id, "ts": "1.3", "text": "mine"}
    named = {"type": "message", "user": "U1", "bot_id": "B9", "channel": room.id, "ts": "1.4", "text": "a bot"}
    joined = {"type": "message", "subtype": "channel_join", "user": ann.id, "channel": room.id, "ts": "1.5"}
    strange = {"type": "channel_rename", "channel": {"id": room.id}, "user": {"id": ann.id}}
    errands = [hub.platform.tell(hub.platform.app, event) for event in (bots, own, named, joined, strange)]
    for errand in errands:
        await asyncio.wait_for(errand.over.wait(), 5)
    assert all(errand.acked for errand in errands)
    assert len(hub.room.inbox) == before == 1


async def test_a_redelivery_is_acknowledged_and_changes_nothing(hub: Slack) -> None:
    hub.platform.courier.twice = 1
    ann = hub.platform.person("Ann")
    await ann.says("once")
    await ann.says("after")
    assert said(hub) == ["once", "after"]


async def test_an_order_that_slack_mixed_up_is_kept_as_it_came(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    hub.platform.courier.hold()
    for number in range(20):
        await ann.says(f"{number}", settle=False)
    order = [*range(10, 20), *range(10)]
    errands = list(hub.platform.courier.delivered)
    hub.platform.courier.release(order)
    for errand in errands:
        await asyncio.wait_for(errand.over.wait(), 5)
    if hub.mode == "socket":
        assert said(hub) == [str(number) for number in order]
    assert sorted(said(hub), key=int) == [str(number) for number in range(20)]


async def test_nothing_is_acknowledged_before_it_is_kept(hub: Slack) -> None:
    hub.platform.courier.ack_seconds, hub.platform.courier.minute = 0.15, 0.2
    hub.room.store_down = True
    ann = hub.platform.person("Ann")
    await ann.says("keep this", settle=False)
    await asyncio.sleep(0.1)
    (errand,) = hub.platform.courier.delivered
    assert not errand.acked
    hub.room.store_down = False
    await asyncio.wait_for(errand.over.wait(), 5)
    assert errand.acked
    assert errand.tries > 1
    assert said(hub) == ["keep this"]


async def test_a_first_delivery_that_never_arrived_is_made_good_by_the_retry(hub: Slack) -> None:
    """Retries are never dropped for being retries."""
    hub.platform.courier.ack_seconds, hub.platform.courier.minute = 0.15, 0.3
    await hub.deafen()
    ann = hub.platform.person("Ann")
    await ann.says("are you there?", settle=False)
    await asyncio.sleep(0.2)
    await hub.listen()
    (errand,) = hub.platform.courier.delivered
    await asyncio.wait_for(errand.over.wait(), 5)
    assert said(hub) == ["are you there?"]


async def test_what_cannot_be_taken_is_told_to_that_person_alone(hub: Slack) -> None:
    ann, bob = hub.platform.person("Ann", "de-DE"), hub.platform.person("Bob")
    room = hub.platform.group("team", ann, bob)
    hub.room.refuse = Busy("too_fast", after=7)
    await ann.says("hello", in_=room, mention=True)
    assert "7 Sekunden" in (await ann.sees("7")).bare
    assert bob.screen() == []
    await ann.says("hello")
    await ann.calls("/parley help")
    await ann.opens_home()
    assert "7 Sekunden" in ann.home()
    for _ in range(2 * REFUSALS):
        await ann.says("hello", in_=room, mention=True)
    assert len([told for told in ann.screen() if "7 Sekunden" in told]) <= REFUSALS
    assert all(errand.acked for errand in hub.platform.courier.delivered)


async def test_buttons_come_back_as_what_they_carry(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    root = await ann.says("hi")
    address = hub.room.inbox[0].address
    buttons = (
        Button("Retry", "retry", translate=False),
        Button("x" * 100, "model", "some model: ü", translate=False),
        Button("too much", "model", "x" * 3000, translate=False),
    )
    await hub.adapter.send(address, Part("It failed.", buttons, role="notice", failed=True), "t1")
    await ann.presses("Retry")
    await ann.presses("x" * 74 + "…")
    pressed = [each for each in hub.room.inbox if isinstance(each.content, Pressed)]
    assert [each.content for each in pressed] == [Pressed("retry"), Pressed("model", "some model: ü")]
    assert {each.address for each in pressed} == {hub.thread(ann, root.ts)}
    with pytest.raises(AssertionError, match="no button"):
        await ann.presses("too much", timeout=0.05)


async def test_answers_in_private_threads_can_be_judged(hub: Slack) -> None:
    ann = hub.platform.person("Ann", "de")
    await ann.says("hi")
    ref = await hub.adapter.send(hub.room.inbox[0].address, Part("An answer"), "t1")
    await ann.presses("Schlechte Antwort")
    await ann.reacts("👍")
    await ann.reacts("+1::skin-tone-3")
    await ann.reacts("👍", away=True)
    await ann.reacts("👀")
    rated = [each.content for each in hub.room.inbox if isinstance(each.content, Pressed)]
    assert rated == [
        Pressed("rate", f"bad {ref.value}"),
        Pressed("rate", f"good {ref.value}"),
        Pressed("rate", f"good {ref.value}"),
        Pressed("rate", f"none {ref.value}"),
    ]


async def test_slash_commands_are_answered_to_one_person(hub: Slack) -> None:
    await hub.adapter.publish([MenuCommand("model", {}), MenuCommand("new", {})])
    ann, bob = hub.platform.person("Ann"), hub.platform.person("Bob")
    room = hub.platform.group("team", ann, bob, apps=())
    for line in (
        "/parley model demo",
        "/parley",
        "/parley ask why?",
        "/parley why is that?",
        "/new",
        "/parley-usage x",
    ):
        await ann.calls(line, in_=room)
    assert [each.content for each in hub.room.inbox] == [
        Called("model", "demo"),
        Called("help"),
        Said("why?"),
        Said("why is that?"),
        Called("new"),
        Called("usage", "x"),
    ]
    address = hub.room.inbox[0].address
    assert address.kind is ChatKind.PRIVATE
    buttons = (Button("First", "model", "first", translate=False),)
    for number in range(5):
        await hub.adapter.send(address, Part(f"**answer** <!channel> {number}", buttons), f"t{number}")
    assert [text.split("\n")[0][-1] for text in ann.screen()] == list("01234")
    assert bob.screen() == []
    await ann.presses("First")
    assert hub.room.inbox[-1].content == Pressed("model", "first")
    assert hub.room.inbox[-1].address == address
    assert hub.platform.pings == []


async def test_an_aside_finds_another_way_when_its_address_is_used_up(socket: Slack) -> None:
    ann = socket.platform.person("Ann")
    inside, outside = socket.platform.group("in", ann), socket.platform.group("out", ann, apps=())
    for room, method in ((inside, "chat.postEphemeral"), (outside, "chat.postMessage")):
        await ann.calls("/parley help", in_=room)
        address = socket.room.inbox[-1].address
        for token in socket.platform.responses:
            socket.platform.responses[token] = (socket.platform.app, room.id, ann.id, 0)
        await socket.adapter.send(address, Part(f"by {method}"), "t1")
        assert await ann.sees(f"by {method}")
        assert socket.platform.called(method)


async def test_the_address_of_an_answer_outlives_a_restart() -> None:
    async with slack() as first:
        ann = first.platform.person("Ann")
        room = first.platform.group("out", ann, apps=())
        await ann.calls("/parley help", in_=room)
        await first.deafen()
        second = await Slack(first.platform, room=first.room).start()
        await second.adapter.send(first.room.inbox[0].address, Part("late answer"), "t1")
        assert (await ann.sees("late answer")).only_for == ann.id
        await second.stop()


async def test_a_command_in_our_own_direct_messages_is_answered_there(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    await ann.calls("/parley help")
    address = hub.room.inbox[0].address
    assert address == hub.thread(ann, "")
    await hub.adapter.send(address, Part("here"), "t1")
    assert not (await ann.sees("here")).only_for


async def test_a_message_can_be_asked_about_privately(hub: Slack) -> None:
    ann, bob = hub.platform.person("Ann", "de"), hub.platform.person("Bob")
    room = hub.platform.group("team", ann, bob, apps=())
    message = await bob.says("ETA is EOD\nFYI", in_=room)
    await ann.asks_about(message)
    (inbound,) = hub.room.inbox
    assert isinstance(inbound.content, Said)
    assert inbound.content.text.startswith("> ETA is EOD\n> FYI\n\nWas bedeutet")
    assert inbound.directed
    await hub.adapter.send(inbound.address, Part("It means tonight."), "t1")
    assert (await ann.sees("tonight")).only_for == ann.id
    assert bob.screen() == []


async def test_home_is_a_place_like_others(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    await ann.opens_home()
    (inbound,) = hub.room.inbox
    assert inbound.content == Called("home")
    assert inbound.address.chat == f"home:{ann.id}"
    text = "# Plan\n\nYou have **3 dollars** & <more>.\n\n" + "\n\n".join(
        f"Line {n} " + "word " * 60 for n in range(40)
    )
    ref = await hub.adapter.send(inbound.address, Part(text, (Button("Choose", "model", translate=False),)), "t1")
    assert "You have 3 dollars & <more>." in ann.home()
    assert "Line 39" in ann.home()
    await ann.presses("Choose")
    assert hub.room.inbox[1].content == Pressed("model")
    assert hub.room.inbox[1].address == inbound.address
    await hub.adapter.edit(inbound.address, ref, Part("less"))
    assert ann.home() == "less"


async def test_who_opens_a_conversation_is_greeted_once_and_offered_prompts(hub: Slack) -> None:
    ann = hub.platform.person("Ann", "de-AT")
    await ann.opens_messages()
    await ann.opens_messages()
    assert len([text for text in ann.screen() if "Hallo!" in text]) == 1
    shown = ann.direct().prompts[""]
    assert shown["title"] == "Was kann ich für dich tun?"
    assert shown["prompts"][0] == {"title": "Was kannst du?", "message": "Was kannst du?"}
    root = await ann.opens_assistant()
    assert ann.direct().prompts[root.ts]
    assert hub.room.inbox == []


async def test_the_native_stop_button_calls_stop(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    root = await ann.says("count to a million")
    address = hub.room.inbox[0].address
    await hub.adapter.typing(address)
    channel = ann.direct()
    assert channel.statuses[root.ts] == "is thinking…"
    assert channel.sessions[root.ts] == "processing"
    await ann.stops(root)
    assert hub.room.inbox[1].content == Called("stop")
    assert hub.room.inbox[1].address == address
    await hub.adapter.send(address, Part("Stopped.", role="notice"), "t1")
    assert channel.sessions[root.ts] == "active"
    assert root.ts not in channel.statuses


async def test_an_app_without_sessions_is_not_asked_again() -> None:
    async with slack() as hub:
        hub.platform.app.agent = False
        ann = hub.platform.person("Ann")
        for text in ("one", "two"):
            await ann.says(text)
            await hub.adapter.typing(hub.room.inbox[-1].address)
        assert len(hub.platform.called("agents.sessions.setStatus")) == 1


async def test_a_thread_bears_its_title(socket: Slack) -> None:
    ann = socket.platform.person("Ann")
    root = await ann.says("hi")
    await socket.adapter.entitle(socket.room.inbox[0].address, "Greetings " + "x" * 300)
    assert ann.direct().titles[root.ts].startswith("Greetings")
    assert len(ann.direct().titles[root.ts]) == 200
    room = socket.platform.group("team", ann)
    await socket.adapter.entitle(socket.channel(room.id, "1.1"), "nothing happens")
    assert room.titles == {}


async def test_several_workspaces_in_one_hub() -> None:
    async with SlackSandbox() as platform:
        second = platform.install("Parley", team="T00000002")
        second.app_token = platform.app.app_token
        second.signing_secret = platform.app.signing_secret
        third = platform.install("Another app", team="T00000003")
        gone = platform.install("Uninstalled", team="T00000004")
        bots = (bot_of(platform.app), bot_of(second, tenant=2), bot_of(third, tenant=3), bot_of(gone))
        gone.bot_token = gone.app_token = "revoked"
        hub = Slack(platform, bots=bots)
        await hub.start()
        people = [platform.person(f"P{n}", team=app.team) for n, app in enumerate((platform.app, second, third))]
        async with asyncio.timeout(5):
            while len(platform.courier.lines) < 2:
                await asyncio.sleep(0.005)
        await people[0].says("one")
        message = Message(people[1].direct(second).id, platform.world.ts(), people[1].id, "two")
        event = said_event(people[1].direct(second), platform.world.post(message), second.team)
        told = platform.courier.tell(platform.app, "events_api", callback(second, "Ev1", event))
        await asyncio.wait_for(told.over.wait(), 5)
        await people[2].says("three", to=third)
        assert [each.address.tenant for each in hub.room.inbox] == [1, 2, 3]
        for inbound, app in zip(hub.room.inbox, (platform.app, second, third), strict=True):
            assert inbound.address.bot == f"{app.team}:{app.user}"
            await hub.adapter.send(inbound.address, Part(f"answer of {app.name}"), "t1")
        posted = [call.app for call in platform.calls if call.method == "chat.postMessage"]
        assert posted == [platform.app, second, third]
        await hub.stop()


async def test_sending_works_without_listening_and_refuses_strangers() -> None:
    async with SlackSandbox() as platform:
        hub = Slack(platform)
        ann = platform.person("Ann")
        await hub.adapter.send(hub.thread(ann, ""), Part("hello"), "t1")
        assert ann.screen() == ["hello"]
        other = platform.install("Other", team="T9")
        with pytest.raises(Exception, match="no Slack bot T9:"):
            await hub.adapter.send(hub.thread(ann, "", other), Part("hello"), "t2")
        platform.app.scopes.discard("chat:write")
        with pytest.raises(Barred, match="needs the scope chat:write") as caught:
            await hub.adapter.send(hub.thread(ann, ""), Part("hello"), "t3")
        assert caught.value.needed == "chat:write"
        await hub.stop()


async def test_a_name_that_slack_does_not_tell_delays_nobody() -> None:
    async with slack(room=Room()) as hub:
        hub.platform.api.misbehave("users.info", Fault(500))
        ann, bob = hub.platform.person("Ann", "de"), hub.platform.person("Bob", "de")
        await ann.says("hello")
        assert hub.room.inbox[0].sender.language == "en"
        hub.platform.api.misbehave("users.info", Fault(hang=3))
        hub.platform.api.misbehave("conversations.open", Fault(hang=3))
        began = asyncio.get_running_loop().time()
        await bob.calls("/parley help")
        assert asyncio.get_running_loop().time() - began < 2.5
        assert hub.room.inbox[1].content == Called("help")


async def test_a_sent_message_is_found_beyond_the_first_page(socket: Slack) -> None:
    ann = socket.platform.person("Ann")
    root = await ann.says("hello")
    address = socket.thread(ann, root.ts)
    sent = [await socket.adapter.send(address, Part(f"{number}"), f"t{number}") for number in range(203)]
    assert await socket.adapter.find_sent(address, "t202") == sent[-1]
