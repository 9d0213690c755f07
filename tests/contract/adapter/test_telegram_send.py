"""What we send and what Telegram makes of it: refusals, pace and drafts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.telegram.sandbox import TelegramSandbox
from hub.domain.address import Address, ChatKind
from hub.domain.capabilities import Budget, Scope
from hub.domain.errors import Forbidden, RateLimited, Rejected, Unreachable
from hub.domain.reply import Button, Part, PartFile
from hub.ports.adapter import LongStream
from hub.text.split import split

from .telegram_kit import TelegramKit, config_for
from .telegram_spec import call_faults


@pytest.fixture
async def kit() -> AsyncIterator[TelegramKit]:
    kit = await TelegramKit.start()
    yield kit
    await kit.stop()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "flood", "seconds": 7}, RateLimited),
        ({"kind": "status", "status": 500}, Unreachable),
        ({"kind": "garbage", "status": 502}, Unreachable),
        ({"kind": "drop"}, Unreachable),
        ({"kind": "lose"}, Unreachable),
        ({"kind": "status", "status": 401}, Unreachable),
        ({"kind": "status", "status": 403}, Forbidden),
        ({"kind": "status", "status": 400}, Rejected),
    ],
)
async def test_refusals_are_told_apart(kit: TelegramKit, fault: dict[str, Any], error: type[Exception]) -> None:
    kit.platform.misbehave(**fault, method="sendMessage")
    with pytest.raises(error) as raised:
        await kit.adapter.send(kit.address, Part("hi"), "t1")
    if isinstance(raised.value, RateLimited):
        assert raised.value.after == 7
    assert kit.platform.token not in str(raised.value)


@pytest.mark.parametrize("kind", ["lose", "drop"])
async def test_a_send_whose_answer_was_lost_is_looked_for(kit: TelegramKit, kind: str) -> None:
    bea = kit.platform.person("Bea")
    await kit.says("hi")
    part = Part("the **answer**", (Button("A", "a", translate=False),))
    kit.platform.misbehave(kind, method="sendMessage")
    with pytest.raises(Unreachable):
        await kit.adapter.send(kit.address, part, "t1")
    await bea.says("beside")
    await kit.person.says("well?")
    await kit.hears(3)
    ref = await kit.adapter.send(kit.address, part, "t1")
    assert kit.person.screen() == ["the answer"]
    assert kit.person.shown()[0].labels() == ["A"]
    await kit.adapter.edit(kit.address, ref, Part("changed"))
    assert kit.person.screen() == ["changed"]
    again = await kit.adapter.send(kit.address, part, "t1")
    assert again != ref
    calls = kit.platform.called("editMessageReplyMarkup")
    assert [fault for call in calls for fault in call_faults(call.method, call.fields, call.files)] == []


async def test_a_lost_send_in_a_group_is_told_from_what_others_say(kit: TelegramKit) -> None:
    team = kit.platform.group("Team", kit.person)
    place = Address(1, "telegram", "700001", str(team.id), "", ChatKind.GROUP)
    await kit.person.says("@parley_bot hi", in_=team)
    await kit.hears(1)
    kit.platform.misbehave("lose", method="sendMessage")
    with pytest.raises(Unreachable):
        await kit.adapter.send(place, Part("hello"), "t1")
    await kit.person.says("others talk", in_=team)
    other = await kit.adapter.send(place, Part("something else"), "t2")
    ref = await kit.adapter.send(place, Part("hello"), "t1")
    assert ref != other
    assert kit.person.screen(in_=team) == ["hello", "something else"]


async def test_a_lost_frame_becomes_the_final_text(kit: TelegramKit) -> None:
    await kit.says("hi")
    kit.platform.misbehave("lose", method="sendMessage")
    with pytest.raises(Unreachable):
        await kit.adapter.send(kit.address, Part("the beg"), "t1")
    kit.platform.misbehave("status", method="editMessageText")
    with pytest.raises(Unreachable):
        await kit.adapter.send(kit.address, Part("the beginning and the end"), "t1")
    await kit.adapter.send(kit.address, Part("the beginning and the end"), "t1")
    assert kit.person.screen() == ["the beginning and the end"]


async def test_what_never_left_is_not_looked_for(kit: TelegramKit) -> None:
    await kit.says("hi")
    await kit.quiet()
    port = int(kit.platform.url.rpartition(":")[2])
    await kit.platform.stop()
    with pytest.raises(Unreachable):
        await kit.adapter.send(kit.address, Part("hello"), "t1")
    await kit.platform._server.start(port)
    await kit.adapter.send(kit.address, Part("hello"), "t1")
    assert kit.person.screen() == ["hello"]
    assert kit.platform.called("editMessageReplyMarkup") == []


async def test_errors_and_logs_never_hold_a_token(kit: TelegramKit, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = kit.platform.token.partition(":")[2]
    for kind in ("drop", "garbage", "status", "flood"):
        kit.platform.misbehave(kind, method="getFile")
        with pytest.raises(Exception) as raised:
            await kit.adapter.fetch(kit.address, "x", 10)
        assert token not in str(raised.value)
    with pytest.raises(Rejected):
        await kit.adapter.fetch(kit.address, "x", 10)
    assert token not in caplog.text


async def test_the_pace_is_telegrams_own(kit: TelegramKit) -> None:
    from adapters.table import create

    paced: Any = create("telegram", config_for(kit.platform, pace="platform"), kit.room)
    group = Address(1, "telegram", "700001", "-5", "", ChatKind.GROUP)
    assert paced.capabilities(kit.address).budgets == (Budget(Scope.CHAT, 1, 1.0), Budget(Scope.BOT, 30, 1.0))
    assert paced.capabilities(group).budgets == (Budget(Scope.CHAT, 20, 60.0), Budget(Scope.BOT, 30, 1.0))
    real = config_for(kit.platform, api_base="https://api.telegram.org")
    assert real.paced
    assert not config_for(kit.platform).paced
    await paced.close()


# -- drafts


async def test_a_draft_grows_and_goes_with_the_message(kit: TelegramKit) -> None:
    stream = await kit.adapter.open_stream(kit.address, "t1")
    await stream.show("**Hel")
    await stream.show("**Hello** wor")
    assert kit.person.drafts() == ["Hello wor"]
    await stream.close()
    await kit.adapter.send(kit.address, Part("**Hello** world"), "t1")
    assert kit.person.drafts() == []
    assert kit.person.screen() == ["Hello world"]
    ids = {call.fields["draft_id"] for call in kit.platform.called("sendMessageDraft")}
    assert len(ids) == 1
    assert ids != {"0"}


async def test_single_failing_drafts_are_dropped(kit: TelegramKit) -> None:
    stream = await kit.adapter.open_stream(kit.address, "t1")
    kit.platform.misbehave("status", 2, method="sendMessageDraft")
    await stream.show("one")
    await stream.show("one two")
    await stream.show("one two three")
    assert kit.person.frames() == ["one two three"]
    kit.platform.misbehave("status", 3, method="sendMessageDraft")
    await stream.show("a")
    await stream.show("b")
    with pytest.raises(Unreachable):
        await stream.show("c")


async def test_floods_and_blocks_are_told_at_once(kit: TelegramKit) -> None:
    stream = await kit.adapter.open_stream(kit.address, "t1")
    kit.platform.misbehave("flood", method="sendMessageDraft", seconds=3)
    with pytest.raises(RateLimited):
        await stream.show("one")
    await kit.person.blocks()
    with pytest.raises(Forbidden):
        await stream.show("one")


async def test_a_server_without_drafts_is_edited_on() -> None:
    platform = await TelegramSandbox(drafts=False, speed=100).start()
    kit = TelegramKit(platform)
    stream = await kit.adapter.open_stream(kit.address, "t1")
    with pytest.raises(Unreachable):
        await stream.show("one")
    assert not kit.adapter.capabilities(kit.address).native_stream
    await kit.stop()


async def test_a_long_draft_goes_on_in_further_messages(kit: TelegramKit) -> None:
    text = "\n\n".join(f"Paragraph {number} " + "word " * 60 for number in range(40))
    stream = await kit.adapter.open_stream(kit.address, "t1")
    await stream.show(text)
    (draft,) = kit.person.drafts()
    assert "Paragraph 39" in draft
    assert "Paragraph 1 " not in draft
    assert isinstance(stream, LongStream)
    parts = split(text, 4000, "utf16")
    assert len(stream.refs) == len(kit.person.screen()) == len(parts) - 1 > 1
    await stream.close()
    for ref, part in zip(stream.refs, parts, strict=False):
        await kit.adapter.edit(kit.address, ref, Part(part))
    await kit.adapter.send(kit.address, Part(parts[-1]), "t1.9")
    assert "".join("".join(kit.person.screen()).split()) == "".join(text.split())


async def test_words_that_have_no_room_under_a_file_follow_it(kit: TelegramKit) -> None:
    words = [f"w{number:03d}" for number in range(500)]
    part = Part(" ".join(words), file=PartFile("a.txt", "text/plain", b"x"))
    kit.platform.misbehave("flood", method="sendMessage", seconds=1)
    with pytest.raises(RateLimited):
        await kit.adapter.send(kit.address, part, "t1")
    ref = await kit.adapter.send(kit.address, part, "t1")
    file, rest = kit.person.shown()
    assert file.document is not None
    assert 500 < len(file.text) <= 1024
    assert f"{file.text} {rest.text}".split() == words, "nothing cut, nothing twice"
    await kit.adapter.edit(kit.address, ref, part)
    assert len(kit.person.shown()) == 2
