"""A reply grows natively on Slack: nothing half-written, nothing lost at the limits, and it ends as one answer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack.adapter import stream as streaming
from adapters.slack.adapter.stream import LONGEST, SlackStream, stable
from adapters.slack.markup import markdown
from adapters.slack.sandbox import Message, Person
from adapters.slack.sandbox.api import Fault
from adapters.slack.sandbox.world import MENTION
from hub.domain.address import Address
from hub.domain.errors import AdapterError, RateLimited
from hub.domain.reply import Part
from hub.ports.adapter import LongStream, NativeStream
from hub.text.split import split

from .slack_kit import Slack, slack


@pytest.fixture
async def hub() -> AsyncIterator[Slack]:
    async with slack() as server:
        yield server


async def place(hub: Slack) -> tuple[Person, Address]:
    ann = hub.platform.person("Ann")
    await ann.says("tell me")
    return ann, hub.room.inbox[-1].address


async def finish(hub: Slack, address: Address, stream: SlackStream, text: str) -> None:
    """What delivery does: the parts are put where the stream stood, the rest is sent."""
    await stream.close()
    for number, part in enumerate(split(text, hub.adapter.capabilities(address).text_limit, "characters")):
        if number < len(stream.refs):
            await hub.adapter.edit(address, stream.refs[number], Part(part))
        else:
            await hub.adapter.send(address, Part(part), f"t1.{number}")


def messages(ann: Person) -> list[Message]:
    return [each for each in ann.direct().messages.values() if each.app]


async def test_words_appear_as_they_come_and_only_the_new_ones_travel(hub: Slack) -> None:
    ann, address = await place(hub)
    assert isinstance(hub.adapter, NativeStream)
    stream = await hub.adapter.open_stream(address, "t1")
    assert isinstance(stream, LongStream)
    assert stream.ref is None
    for text in ("Hello", "Hello **brave", "Hello **brave new** wor", "Hello **brave new** world."):
        await stream.show(text)
    assert [call["markdown_text"] for call in hub.platform.called("chat.appendStream")] == [
        " **brave", " new** wor", "ld.",
    ]  # fmt: skip
    (message,) = messages(ann)
    assert message.streaming
    assert message.streaming.open
    assert message.thread_ts == address.thread
    assert stream.ref
    assert stream.ref.value == message.ts
    assert ann.direct().sessions[address.thread] == "processing"
    await finish(hub, address, stream, "Hello **brave new** world.")
    assert not message.streaming.open
    assert ann.screen() == ["Hello brave new world."]
    assert ann.direct().sessions[address.thread] == "active"


async def test_what_is_half_written_is_not_appended(hub: Slack) -> None:
    ann, address = await place(hub)
    text = (
        "See [the docs](https://example.org/a) and <!channel> @everyone ![x](https://e.org/x.png)\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\nend"
    )
    stream = await hub.adapter.open_stream(address, "t1")
    for end in range(1, len(text) + 1):
        await stream.show(text[:end])
    await finish(hub, address, stream, text)
    (message,) = messages(ann)
    for seen in message.seen:
        assert "](" not in seen
        assert "https://example.org" not in seen or "(https://example.org/a)" in seen
        assert not seen.rstrip().endswith("|")
    assert hub.platform.pings == []
    assert "![" not in str(message.blocks)


async def test_a_long_answer_goes_on_in_further_messages_and_stays_whole(hub: Slack) -> None:
    ann, address = await place(hub)
    code = "\n".join(f"line_{n} = {n}  # äöü 漢字" for n in range(900))
    prose = "\n\n".join(f"Paragraph {n}. " + "Words and words. " * 20 for n in range(60))
    text = f"# Start\n\n{prose}\n\n```python\n{code}\n```\n\nThe end 🎉"
    assert len(text) > 3 * LONGEST
    stream = await hub.adapter.open_stream(address, "t1")
    for end in range(700, len(text), 700):
        await stream.show(text[:end])
    await stream.show(text)
    await finish(hub, address, stream, text)
    shown = messages(ann)
    assert len(shown) == len(split(text, LONGEST, "characters"))
    bare = [each.bare for each in shown]
    for n in range(60):
        assert sum(each.count(f"Paragraph {n}. ") for each in bare) == 1
    for n in range(900):
        assert sum(f"line_{n} = {n} " in each for each in bare) == 1
    assert all(each.streaming is None or not each.streaming.open for each in shown)
    sources = [block["text"] for each in shown for block in each.blocks if block["type"] == "markdown"]
    assert sum("```python" in source for source in sources) > 1
    assert all(source.count("```") % 2 == 0 for source in sources)


async def test_an_old_stream_is_left_before_slack_closes_it(hub: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "EDIT_PAUSE", 0.0)
    hub.platform.chat.stream_seconds = 0.4
    ann, address = await place(hub)
    bot = await hub.adapter._bots.of(address)
    stream = SlackStream(hub.adapter._calls, hub.adapter._screen, bot, address, oldest=0.2)
    text, began = "", monotonic()
    while monotonic() - began < 0.6:
        text += "word "
        await stream.show(text)
        await asyncio.sleep(0.02)
    await finish(hub, address, stream, text)
    refused = [call for call in hub.platform.calls if call.answer.get("error") == "message_not_in_streaming_state"]
    assert refused == []
    assert hub.platform.called("chat.update")
    assert ann.screen() == [text.strip()]


@pytest.mark.parametrize("how", ["by itself", "by the person"])
async def test_a_stream_that_slack_closed_goes_on_by_edits(
    hub: Slack, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(streaming, "EDIT_PAUSE", 0.0)
    ann, address = await place(hub)
    stream = await hub.adapter.open_stream(address, "t1")
    await stream.show("one")
    (message,) = messages(ann)
    if how == "by itself":
        assert message.streaming
        message.streaming.until = 0
    else:
        await ann.stops(address.thread)
    await stream.show("one two")
    await stream.show("one two three")
    assert ann.screen() == ["one two three"]
    await finish(hub, address, stream, "one two three four")
    assert ann.screen() == ["one two three four"]


async def test_a_message_left_streaming_by_a_dead_process_can_still_be_ended(hub: Slack) -> None:
    ann, address = await place(hub)
    for end in ("edit", "erase"):
        stream = await hub.adapter.open_stream(address, "t1")
        await stream.show("cut off")
        if end == "edit":
            await hub.adapter.edit(address, stream.ref, Part("cut off\n\n---\n\nrestarted"))
            assert "restarted" in (await ann.sees("restarted")).bare
        else:
            await hub.adapter.erase(address, stream.ref)
            await hub.adapter.erase(address, stream.ref)
    assert len(ann.screen()) == 1


async def test_a_refused_frame_says_so_and_the_next_one_makes_it_good(hub: Slack) -> None:
    ann, address = await place(hub)
    stream = await hub.adapter.open_stream(address, "t1")
    hub.platform.api.misbehave("chat.startStream", Fault(429, after=3))
    with pytest.raises(RateLimited) as limited:
        await stream.show("one")
    assert limited.value.after == 3
    await stream.show("one two")
    for fault in (Fault(500), Fault(429, after=1), Fault(503, body="<html>busy</html>")):
        hub.platform.api.misbehave("chat.appendStream", fault)
        with pytest.raises(AdapterError):
            await stream.show("one two three")
    await stream.show("one two three four")
    assert ann.screen() == ["one two three four"]
    hub.platform.api.misbehave("chat.stopStream", Fault(500))
    await stream.close()
    await hub.adapter.edit(address, stream.ref, Part("one two three four five"))
    assert ann.screen() == ["one two three four five"]


async def test_a_busy_workspace_begins_no_more_streams_than_slack_bears() -> None:
    async with slack(pace="platform") as hub:
        hub.platform.api.limits = True
        for number in range(22):
            ann, address = await place(hub)
            stream = await hub.adapter.open_stream(address, f"t{number}")
            if number < 18:
                await stream.show("one")
            else:
                with pytest.raises(RateLimited) as limited:
                    await stream.show("one")
                assert 0 < limited.value.after <= 60
                await hub.adapter.send(address, Part("one"), f"t{number}")
            await stream.close()
            assert ann.screen() == ["one"]
        assert [call.method for call in hub.platform.calls if call.status == 429] == []


async def test_nothing_streams_where_only_one_of_many_would_see_it(hub: Slack) -> None:
    ann, bob = hub.platform.person("Ann"), hub.platform.person("Bob")
    room = hub.platform.group("team", ann, bob)
    root = await ann.says("hello", in_=room, mention=True)
    address = hub.channel(room.id, root.ts)
    assert not hub.adapter.capabilities(address).native_stream
    with pytest.raises(AdapterError):
        await hub.adapter.open_stream(address, "t1")


WORDS = st.sampled_from(
    ["word ", "**bold** ", "`code` ", "\n\n", "\n- item ", "```\n", "<!channel> ", "@here ", "[l](https://e.org) ",
     "![i](https://e.org/i) ", "<@U123> ", "| a | b |\n", "|---|---|\n", "$x$ ", "漢字 ", "🎉", "<", "!", "@", "&lt;"]
)  # fmt: skip


def test_a_line_that_ends_in_half_a_mention_is_not_begun_without_it() -> None:
    for end in range(len(text := "```\n<\n\n@he\n!") + 1):
        assert text.startswith(stable(text[:end]))


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=40), st.randoms(use_true_random=False))
def test_what_is_stable_stays_a_beginning_and_mentions_nobody(pieces: list[str], chance: random.Random) -> None:
    """Words can only be appended if every frame is the beginning of a later one."""
    text = "".join(pieces)
    cuts = sorted(chance.randrange(len(text) + 1) for _ in range(6))
    grown = ""
    for cut in cuts:
        frame = markdown(stable(text[:cut]))
        assert frame.startswith(grown) or grown.startswith(frame)
        grown = max(grown, frame, key=len)
        assert not MENTION.search(grown)
        assert "@here" not in grown
