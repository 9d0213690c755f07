"""Our own calls say to Slack what its SDK says, and Socket Mode lives through what Slack does to connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, MarkdownBlock
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.sandbox import SlackSandbox
from adapters.slack.sandbox.api import Fault
from adapters.slack.wire import socket as socket_mode
from hub.domain.errors import AdapterError, Forbidden, RateLimited, Rejected, StoreDown, Unreachable
from hub.domain.inbound import Said
from hub.domain.reply import Button, Part, PartFile

from .slack_kit import Slack, slack


@pytest.fixture
async def hub() -> AsyncIterator[Slack]:
    async with slack() as server:
        yield server


Work = Callable[[], Awaitable[Any]]


async def alike(hub: Slack, method: str, ours: Work, theirs: Work) -> None:
    """Make the same call both ways and compare what went out."""
    await ours()
    await theirs()
    mine, reference = [call for call in hub.platform.calls if call.method == method][-2:]
    assert mine.arguments == reference.arguments
    assert mine.app is reference.app
    assert mine.encoding == reference.encoding or mine.encoding == "form"


async def test_every_hot_call_is_the_sdks(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    root = await ann.says("hi")
    address, web = hub.room.inbox[0].address, AsyncWebClient(hub.platform.app.bot_token, base_url=hub.platform.api_base)
    where, at = {"channel": address.chat}, {"channel_id": address.chat, "thread_ts": root.ts}
    part = Part("**bold** & <b>", (Button("Go", "model", "x", translate=False),), role="notice")
    text = "bold &amp; &lt;b&gt;"
    blocks = [
        MarkdownBlock(text="**bold** & <b>"),
        ActionsBlock(
            elements=[
                ButtonElement(
                    text={"type": "plain_text", "text": "Go", "emoji": True}, action_id="call:0", value="model x"
                )
            ]
        ),
    ]
    quiet = {"unfurl_links": False, "unfurl_media": False}
    ref = await hub.adapter.send(address, part, "t0")
    adapter = hub.adapter
    await alike(
        hub, "chat.postMessage", lambda: adapter.send(address, part, "t1"),
        lambda: web.chat_postMessage(
            text=text, blocks=blocks, thread_ts=root.ts, **where, **quiet,
            metadata={"event_type": "parley_reply", "event_payload": {"key": "t1"}},
        ),
    )  # fmt: skip
    await alike(
        hub, "chat.update", lambda: adapter.edit(address, ref, part),
        lambda: web.chat_update(ts=ref.value, text=text, blocks=blocks, **where),
    )  # fmt: skip
    stream = await adapter.open_stream(address, "t2")
    theirs: dict[str, str] = {}

    async def start() -> None:
        theirs["ts"] = (await web.chat_startStream(thread_ts=root.ts, markdown_text="one", **where))["ts"]

    await alike(hub, "chat.startStream", lambda: stream.show("one"), start)
    await alike(
        hub, "chat.appendStream", lambda: stream.show("one two"),
        lambda: web.chat_appendStream(ts=stream.ref.value, markdown_text=" two", **where),
    )  # fmt: skip
    await alike(hub, "chat.stopStream", stream.close, lambda: stopped(web, stream.ref.value, **where))
    await alike(
        hub, "assistant.threads.setStatus", lambda: adapter.typing(address),
        lambda: web.assistant_threads_setStatus(status="is thinking…", **at),
    )  # fmt: skip
    await alike(
        hub, "assistant.threads.setTitle", lambda: adapter.entitle(address, "T"),
        lambda: web.assistant_threads_setTitle(title="T", **at),
    )  # fmt: skip
    await alike(
        hub, "agents.sessions.setStatus", lambda: adapter.send(address, part, "t3"),
        lambda: web.agents_sessions_setStatus(status="active", **at),
    )  # fmt: skip
    await alike(
        hub, "chat.delete", lambda: adapter.erase(address, ref), lambda: gone(web.chat_delete(ts=ref.value, **where))
    )


async def stopped(web: AsyncWebClient, ts: str, **where: str) -> None:
    await gone(web.chat_stopStream(ts=ts, **where))


async def gone(call: Awaitable[Any]) -> None:
    """The second of two equal calls finds its message changed already."""
    with pytest.raises(Exception, match="message_not"):
        await call


async def test_a_file_goes_out_with_its_comment(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    await ann.says("hi")
    address = hub.room.inbox[0].address
    file = PartFile("code.py", "text/x-python", b"print(1)\n" * 100)
    ref = await hub.adapter.send(address, Part("The **code** <!channel>", file=file), "t1")
    message = await ann.sees("The code")
    web = AsyncWebClient(hub.platform.app.bot_token, base_url=hub.platform.api_base)
    calls = len(hub.platform.calls)
    await web.files_upload_v2(
        content=file.content, filename=file.name, title=file.name, channel=address.chat, thread_ts=address.thread,
        initial_comment="The *code* &lt;!channel&gt;",
    )  # fmt: skip
    for method in ("files.getUploadURLExternal", "files.completeUploadExternal"):
        ours, theirs = hub.platform.called(method)
        assert {**ours, "files": [{**each, "id": ""} for each in ours.get("files", [])]} == {
            **theirs, "files": [{**each, "id": ""} for each in theirs.get("files", [])]
        }  # fmt: skip
    assert len(hub.platform.calls) == calls + 2
    await web.files_delete(file=hub.platform.called("files.completeUploadExternal")[1]["files"][0]["id"])
    assert message.thread_ts == address.thread
    assert message.files[0]["name"] == "code.py"
    assert hub.platform.world.contents[message.files[0]["id"]] == file.content
    await hub.adapter.edit(address, ref, Part("The **code**", file=file))
    await hub.adapter.erase(address, ref)
    await hub.adapter.erase(address, ref)
    assert ann.screen() == []
    assert hub.platform.pings == []
    for fault, kind in (
        (Fault(429, after=4), RateLimited),
        (Fault(500), Unreachable),
        (Fault(error="not_in_channel"), Forbidden),
    ):
        hub.platform.api.misbehave("files.completeUploadExternal", fault)
        with pytest.raises(kind):
            await hub.adapter.send(address, Part("x", file=file), "t2")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(429, after=9), RateLimited),
        (Fault(error="ratelimited"), RateLimited),
        (Fault(500), Unreachable),
        (Fault(502, body="<html>bad gateway</html>"), Unreachable),
        (Fault(200, body="not json"), Unreachable),
        (Fault(error="internal_error"), Unreachable),
        (Fault(error="channel_not_found"), Forbidden),
        (Fault(error="is_archived"), Forbidden),
        (Fault(error="token_revoked"), Forbidden),
        (Fault(error="invalid_auth"), Unreachable),
        (Fault(error="msg_too_long"), Rejected),
        (Fault(error="something_new"), Rejected),
        (Fault(lost=True), Unreachable),
    ],
)
async def test_every_refusal_is_one_of_ours(hub: Slack, fault: Fault, kind: type[AdapterError]) -> None:
    ann = hub.platform.person("Ann")
    hub.platform.api.misbehave("chat.postMessage", fault)
    with pytest.raises(kind) as caught:
        await hub.adapter.send(hub.thread(ann, ""), Part("hello"), "t1")
    if isinstance(caught.value, RateLimited) and fault.status == 429:
        assert caught.value.after == 9
    assert hub.platform.app.bot_token not in str(caught.value)


@pytest.mark.parametrize("flat", [False, True])
async def test_a_send_whose_answer_was_lost_is_not_repeated(flat: bool) -> None:
    async with slack(agent=not flat) as hub:
        ann = hub.platform.person("Ann")
        await ann.says("hi")
        address = hub.room.inbox[0].address
        hub.platform.api.misbehave("chat.postMessage", Fault(lost=True))
        with pytest.raises(Unreachable):
            await hub.adapter.send(address, Part("once"), "t1")
        hub.platform.api.misbehave("*", Fault(500))
        with pytest.raises(Unreachable):
            await hub.adapter.send(address, Part("once"), "t1")
        ref = await hub.adapter.send(address, Part("once"), "t1")
        assert ann.screen() == ["once"]
        await hub.adapter.edit(address, ref, Part("once, edited"))
        hub.platform.api.misbehave("chat.postMessage", Fault(500))
        with pytest.raises(Unreachable):
            await hub.adapter.send(address, Part("never arrived"), "t2")
        await hub.adapter.send(address, Part("never arrived"), "t2")
        await hub.adapter.send(address, Part("another"), "t3")
        assert ann.screen() == ["once, edited", "never arrived", "another"]
        hub.platform.api.misbehave("chat.postMessage", Fault(lost=True))
        with pytest.raises(Unreachable):
            await hub.adapter.send(address, Part("cannot be looked up"), "t4")
        for method in ("conversations.history", "conversations.replies"):
            hub.platform.api.misbehave(method, Fault(error="missing_scope"))
        await hub.adapter.send(address, Part("cannot be looked up"), "t4")
        assert ann.screen().count("cannot be looked up") == 2


async def test_a_stream_whose_beginning_was_lost_goes_on(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    await ann.says("hi")
    stream = await hub.adapter.open_stream(hub.room.inbox[0].address, "t1")
    hub.platform.api.misbehave("chat.startStream", Fault(lost=True))
    with pytest.raises(Unreachable):
        await stream.show("one")
    await stream.show("one two")
    assert ann.screen() == ["one two"]
    assert len(stream.refs) == 1


async def test_nobody_at_home_is_unreachable() -> None:
    async with SlackSandbox() as platform:
        hub = Slack(platform)
        ann = platform.person("Ann")
        address = hub.thread(ann, "")
    with pytest.raises(Unreachable, match="cannot be reached"):
        await hub.adapter.send(address, Part("hello"), "t1")
    await hub.adapter.close()


async def connected(hub: Slack, count: int = 1) -> None:
    async with asyncio.timeout(5):
        while len([line for line in hub.platform.courier.lines if not line.leaving]) < count:
            await asyncio.sleep(0.005)


async def test_a_connection_that_slack_moves_loses_nothing(hub: Slack) -> None:
    ann = hub.platform.person("Ann")
    for number, reason in enumerate(("warning", "refresh_requested", "link_disabled")):
        await hub.platform.courier.disconnect(reason, grace=0.3)
        await connected(hub)
        await ann.says(str(number))
    assert [each.content for each in hub.room.inbox] == [Said("0"), Said("1"), Said("2")]
    async with asyncio.timeout(5):
        while len(hub.platform.courier.lines) > 1:
            await asyncio.sleep(0.01)


async def test_a_cut_connection_is_made_again_and_what_was_not_acknowledged_comes_again(
    hub: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_mode, "FIRST_PAUSE", 0.01)
    ann = hub.platform.person("Ann")
    release = asyncio.Event()

    async def slowly(inbound: Any, number: int) -> None:
        await release.wait()

    hub.room.then = slowly
    talking = asyncio.create_task(ann.says("once"))
    async with asyncio.timeout(5):
        while not hub.room.inbox:
            await asyncio.sleep(0.005)
    hub.platform.courier.drop()
    release.set()
    await talking
    assert hub.platform.courier.delivered[0].acked
    assert hub.platform.courier.delivered[0].tries == 2
    assert len(hub.room.inbox) == 1


async def test_many_at_once_are_all_taken_and_in_order(hub: Slack) -> None:
    people = [hub.platform.person(f"P{n}") for n in range(5)]
    for number in range(40):
        for person in people:
            await person.says(str(number), settle=False)
    for errand in hub.platform.courier.delivered:
        await asyncio.wait_for(errand.over.wait(), 10)
    for person in people:
        mine = [each.content for each in hub.room.inbox if each.sender.user == person.id]
        assert mine == [Said(str(number)) for number in range(40)]


async def test_trouble_at_connecting_is_waited_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(socket_mode, "FIRST_PAUSE", 0.01)
    async with SlackSandbox() as platform:
        platform.api.misbehave("apps.connections.open", Fault(500), 2)
        platform.api.misbehave("apps.connections.open", Fault(429, after=0))
        platform.api.misbehave("auth.test", Fault(503))
        with caplog.at_level(logging.WARNING):
            hub = await Slack(platform).start()
        await platform.person("Ann").says("hello")
        assert hub.room.inbox[0].content == Said("hello")
        assert platform.app.app_token not in caplog.text
        await hub.stop()


async def test_a_refused_token_is_named_with_its_mending(caplog: pytest.LogCaptureFixture) -> None:
    async with SlackSandbox() as platform:
        hub = Slack(platform)
        platform.app.bot_token = platform.app.app_token = "others"
        hub.running = asyncio.create_task(hub.adapter.run(hub.room.accept))
        async with asyncio.timeout(5):
            while "app_token" not in caplog.text:
                await asyncio.sleep(0.01)
        assert "Copy the Bot User OAuth Token from OAuth & Permissions" in caplog.text
        assert "App-Level Tokens with the scope connections:write" in caplog.text
        assert "xoxb-" not in caplog.text
        assert not hub.running.done()
        await hub.stop()


async def test_while_slack_does_not_say_who_we_are_nothing_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    async with SlackSandbox() as platform:
        platform.courier.ack_seconds, platform.courier.minute = 0.1, 0.1
        platform.api.misbehave("auth.test", Fault(500), 3)
        hub = await Slack(platform).start()
        await platform.person("Ann").says("hello")
        assert hub.room.inbox[0].content == Said("hello")
        assert platform.courier.delivered[0].tries > 1
        await hub.stop()


async def test_a_house_that_is_not_ready_is_asked_again(hub: Slack) -> None:
    hub.platform.courier.ack_seconds, hub.platform.courier.minute = 0.1, 0.1
    refused = [StoreDown(), StoreDown()]
    accept = hub.room.accept

    async def moody(inbound: Any) -> Any:
        if refused:
            raise refused.pop()
        return await accept(inbound)

    hub.adapter._arrivals.accept = moody
    await hub.platform.person("Ann").says("hello")
    assert hub.room.inbox[0].content == Said("hello")
