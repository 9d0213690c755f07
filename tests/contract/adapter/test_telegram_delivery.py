"""Nothing lost, nothing taken twice: polling, webhook and streams when Telegram or the store misbehave."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from adapters.telegram.sandbox import TelegramSandbox
from hub.domain.address import Address, ChatKind
from hub.domain.capabilities import Budget, Scope
from hub.domain.errors import Busy, Forbidden, RateLimited, Rejected, StoreDown, Unreachable
from hub.domain.inbound import Accepted, Inbound, Said
from hub.domain.reply import Part

from .telegram_kit import TelegramKit, config_for

SECRET = "X-Telegram-Bot-Api-Secret-Token"
OTHER = "700002:sandbox-token-of-the-second-bot"


@pytest.fixture
async def kit() -> AsyncIterator[TelegramKit]:
    kit = await TelegramKit.start()
    yield kit
    await kit.stop()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.telegram.adapter.polling.FIRST_PAUSE", 0.02)
    monkeypatch.setattr("adapters.telegram.adapter.setup.FIRST_PAUSE", 0.02)


def words(kit: TelegramKit) -> list[str]:
    return [each.content.text for each in kit.room.inbox if isinstance(each.content, Said)]


# -- polling


async def test_an_offset_goes_no_further_than_what_is_committed() -> None:
    platform = await TelegramSandbox(speed=100).start()
    kit = TelegramKit(platform)
    bea = platform.person("Bea")
    accept = kit.room.accept
    refused: list[str] = []

    async def first_ann_waits(inbound: Inbound) -> Accepted:
        if inbound.sender.name == "Ann" and len(refused) < 3:
            refused.append(inbound.event_id)
            raise StoreDown
        return await accept(inbound)

    kit.room.accept = first_ann_waits  # type: ignore[method-assign]
    await bea.says("one")
    await kit.person.says("two")
    await kit.person.says("three")
    await bea.says("four")
    await kit.listen()
    await kit.hears(4)
    assert sorted(words(kit)[:2]) == ["four", "one"]
    assert words(kit)[2:] == ["two", "three"]
    assert len(set(refused)) == 1
    await kit.platform.until(lambda: not platform.bot.feed.waiting or None, 5, "everything confirmed")
    for call in platform.called("getUpdates"):
        assert int(call.fields.get("offset", "0")) >= 0
    await kit.stop()


async def test_a_restart_takes_what_was_not_confirmed_again_and_nothing_twice(kit: TelegramKit) -> None:
    await kit.says("one")
    await kit.quiet()
    await kit.person.says("two")
    await kit.listen()
    await kit.hears(2)
    await kit.says("three")
    assert words(kit) == ["one", "two", "three"]


async def test_many_waiting_messages_come_in_their_order(kit: TelegramKit) -> None:
    await kit.quiet()
    people = [kit.platform.person(name) for name in ("Bea", "Cy", "Di")]
    for number in range(120):
        for person in people:
            await person.says(f"{person.name} {number}")
    await kit.listen()
    await kit.hears(360)
    for person in people:
        assert [text for text in words(kit) if text.startswith(person.name)] == [
            f"{person.name} {number}" for number in range(120)
        ]


async def test_numbers_that_jump_down_after_an_idle_week_are_taken(kit: TelegramKit) -> None:
    await kit.says("one")
    kit.platform.bot.feed.next_id = 17
    await kit.says("two")
    await kit.says("three")
    assert [each.event_id for each in kit.room.inbox] == ["1000", "17", "18"]


async def test_a_second_poller_is_told_and_survived(kit: TelegramKit, caplog: pytest.LogCaptureFixture) -> None:
    async with aiohttp.ClientSession() as other:
        async with other.post(f"{kit.platform.url}/bot{kit.platform.token}/getUpdates") as answer:
            assert (await answer.json())["ok"]
        await kit.says("still here")
    assert "polled by another program too" in caplog.text


async def test_a_webhook_in_the_way_of_polling_is_removed(caplog: pytest.LogCaptureFixture) -> None:
    platform = await TelegramSandbox(speed=100).start()
    kit = TelegramKit(platform)
    async with (
        aiohttp.ClientSession() as other,
        other.post(
            f"{platform.url}/bot{platform.token}/setWebhook", data={"url": "https://old.example/hook"}
        ) as answer,
    ):
        assert (await answer.json())["ok"]
    await kit.listen()
    await kit.says("hi")
    assert "has a webhook" in caplog.text
    await kit.stop()


@pytest.mark.parametrize("kind", ["status", "garbage", "drop", "flood"])
async def test_polling_outlives_trouble(kit: TelegramKit, kind: str) -> None:
    kit.platform.misbehave(kind, 2, method="getUpdates", status=502)
    await kit.says("one")
    await kit.says("two")
    assert words(kit) == ["one", "two"]


async def test_a_bad_token_stops_only_its_own_bot(caplog: pytest.LogCaptureFixture) -> None:
    platform = await TelegramSandbox(speed=100).start()
    bad = platform.add_bot(OTHER, "Bad", "bad_bot")
    kit = TelegramKit(platform)
    del platform.bots[bad.token]
    await kit.listen()
    await kit.says("hi")
    await platform.until(
        lambda: "refuses the token of bot 700002" in caplog.text or None, 5, "a sentence about the token"
    )
    assert OTHER not in caplog.text
    await kit.stop()


async def test_several_bots_are_several_addresses() -> None:
    platform = await TelegramSandbox(speed=100).start()
    second = platform.add_bot(OTHER, "Second", "second_bot")
    kit = TelegramKit(platform)
    await kit.listen()
    await kit.person.says("to the first")
    await kit.person.says("to the second", bot=second)
    await kit.hears(2)
    places = {each.address.bot: each for each in kit.room.inbox}
    assert set(places) == {"700001", "700002"}
    await kit.adapter.send(places["700002"].address, Part("from the second"), "t2")
    await kit.person.sees("from the second", bot=second)
    assert kit.person.screen() == []
    await kit.stop()


async def test_updates_nobody_can_read_are_put_aside(kit: TelegramKit, caplog: pytest.LogCaptureFixture) -> None:
    feed = kit.platform.bot.feed
    feed.put(2000, {"update_id": 2000, "message": {"message_id": "x", "chat": 5}})
    feed.put(2001, {"update_id": 2001, "message": {"date": 1, "text": "\ud800half"}})
    feed.put(2002, {"update_id": 2002, "surprise": [[[]]]})
    feed.next_id = 2003
    await kit.says("after")
    await kit.platform.until(lambda: not feed.waiting or None, 5, "everything confirmed")
    kept = {name: json.loads(text) for (_, name), text in kit.room.notes.items()}
    assert set(kept) == {"unparsed:700001:2000", "unparsed:700001:2001"}
    assert kept["unparsed:700001:2000"]["message"]["message_id"] == "x"
    assert "cannot be read" in caplog.text


async def test_half_characters_do_not_lose_a_message(kit: TelegramKit) -> None:
    await kit.person.says("half \ud83d of one")
    await kit.person.says("whole")
    await kit.hears(2)
    assert words(kit) == ["half ? of one", "whole"]


async def test_what_waited_at_telegram_waits_on_while_a_conversation_is_full(kit: TelegramKit) -> None:
    kit.room.refuse = Busy()
    await kit.person.says("long ago", ago=600)
    await kit.person.says("long ago too", ago=600)
    await asyncio.sleep(0.2)
    assert kit.person.screen() == []
    kit.room.refuse = None
    await kit.hears(2)
    kit.room.refuse = Busy()
    await kit.person.says("now")
    await kit.person.sees("Too many messages are waiting")
    assert words(kit) == ["long ago", "long ago too"]


async def test_what_comes_while_we_stop_is_left_at_telegram(kit: TelegramKit) -> None:
    kit.room.refuse = Busy("closing", after=10)
    await kit.person.says("hi")
    await asyncio.sleep(0.1)
    await kit.quiet()
    assert kit.person.screen() == []
    kit.room.refuse = None
    await kit.listen()
    await kit.hears(1)


# -- webhook


@pytest.fixture
async def hook() -> AsyncIterator[Callable[..., Awaitable[tuple[TelegramKit, str]]]]:
    """A kit in webhook mode behind a real server, and the server's address."""
    kits: list[TelegramKit] = []
    runners: list[web.AppRunner] = []

    async def start(*, listen: bool = True, bots: int = 1, **more: Any) -> tuple[TelegramKit, str]:
        platform = await TelegramSandbox(speed=50).start()
        for number in range(1, bots):
            platform.add_bot(f"70000{number + 1}:token", f"Bot {number}", f"bot_{number}_bot")
        app = web.Application()
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        kit = TelegramKit(platform, mode="webhook", public_url="http://127.0.0.1:1/", **more)
        for route in kit.adapter.routes():
            app.router.add_route(route.method, route.path, route.serve)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        object.__setattr__(kit.adapter._config, "public_url", url)
        kits.append(kit)
        runners.append(runner)
        if listen:
            await kit.listen()
            await platform.until(lambda: len(platform.called("setWebhook")) >= bots or None, 5, "setWebhook")
        return kit, url

    yield start
    for kit in kits:
        await kit.stop()
    for runner in runners:
        await runner.cleanup()


Hook = Callable[..., Awaitable[tuple[TelegramKit, str]]]


async def test_a_pushed_message_is_taken_once(hook: Hook) -> None:
    kit, _ = await hook()
    kit.platform.bot.feed.twice = True
    await kit.says("hi")
    await kit.says("there")
    assert words(kit) == ["hi", "there"]
    assert kit.platform.called("getUpdates") == []
    (call,) = kit.platform.called("setWebhook")
    assert set(json.loads(call.fields["allowed_updates"])) >= {"message", "callback_query", "message_reaction"}
    assert len(call.fields["secret_token"]) == 64


async def test_each_of_several_bots_has_its_own_door(hook: Hook) -> None:
    kit, url = await hook(bots=2)
    urls = sorted(call.fields["url"] for call in kit.platform.called("setWebhook"))
    assert urls == [f"{url}/hooks/telegram/700001", f"{url}/hooks/telegram/700002"]
    second = list(kit.platform.bots.values())[1]
    await kit.person.says("to the second", bot=second)
    await kit.hears(1)
    assert kit.room.inbox[0].address.bot == "700002"


async def test_a_store_that_is_down_makes_telegram_come_again(hook: Hook) -> None:
    kit, _ = await hook()
    kit.room.store_down = True
    await kit.person.says("hi")
    feed = kit.platform.bot.feed
    async with asyncio.timeout(5):
        while len(feed.pushes) < 2:
            await asyncio.sleep(0.01)
    kit.room.store_down = False
    await kit.hears(1)
    assert [status for _, status in feed.pushes][:2] == [503, 503]
    assert words(kit) == ["hi"]


async def test_a_webhook_is_held_back_the_same_way(hook: Hook) -> None:
    kit, _ = await hook()
    kit.room.refuse = Busy(after=3)
    await kit.person.says("long ago", ago=600)
    feed = kit.platform.bot.feed
    async with asyncio.timeout(5):
        while not feed.pushes:
            await asyncio.sleep(0.01)
    assert feed.pushes[0][1] == 503
    kit.room.refuse = None
    await kit.hears(1)


async def _post(url: str, body: bytes, **headers: str) -> tuple[int, str, bytes]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=io.BytesIO(body), headers=headers) as answer,
    ):
        return answer.status, answer.headers.get("Retry-After", ""), await answer.read()


@pytest.mark.parametrize("shown", ["", "wrong", "A" * 64, "é", "x" * 5000])
async def test_a_wrong_secret_is_401_whatever_the_body(hook: Hook, shown: str) -> None:
    kit, url = await hook()
    for path in ("/hooks/telegram", "/hooks/telegram/700001", "/hooks/telegram/1"):
        headers = {SECRET: shown} if shown else {}
        status, _, _ = await _post(url + path, b'{"update_id": 1}', **headers)
        assert status == 401
    assert kit.room.inbox == []


async def test_the_secret_of_another_bot_does_not_open(hook: Hook) -> None:
    kit, url = await hook(bots=2)
    first, second = kit.platform.called("setWebhook")
    secrets = {call.bot: call.fields["secret_token"] for call in (first, second)}
    body = b'{"update_id": 1}'
    assert (await _post(f"{url}/hooks/telegram/700001", body, **{SECRET: secrets[700002]}))[0] == 401
    assert (await _post(f"{url}/hooks/telegram/700002", body, **{SECRET: secrets[700002]}))[0] == 200
    assert (await _post(f"{url}/hooks/telegram", body, **{SECRET: secrets[700002]}))[0] == 200


async def test_a_body_is_not_read_before_the_secret_is_seen(hook: Hook) -> None:
    _, url = await hook()
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /hooks/telegram HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
    async with asyncio.timeout(2):
        assert b"401" in await reader.readline()
    writer.close()


async def test_what_is_too_long_or_too_early_or_unreadable(hook: Hook) -> None:
    kit, url = await hook(listen=False)
    secret = kit.adapter._accounts["700001"].secret
    assert (await _post(f"{url}/hooks/telegram", b"{}", **{SECRET: secret}))[:2] == (503, "1")
    await kit.listen()
    assert (await _post(f"{url}/hooks/telegram", b"x" * 2_000_000, **{SECRET: secret}))[0] == 413
    assert await _post(f"{url}/hooks/telegram", b"no json", **{SECRET: secret}) == (200, "", b"")
    assert len(kit.room.notes) == 1
    kit.room.store_down = True
    assert (await _post(f"{url}/hooks/telegram", b"no json", **{SECRET: secret}))[:2] == (503, "5")
    kit.room.store_down = False


async def test_polling_has_no_door(kit: TelegramKit) -> None:
    assert list(kit.adapter.routes()) == []
    assert kit.adapter.listener == "telegram-polling"


async def test_any_number_of_processes_may_take_webhooks(hook: Hook) -> None:
    kit, _ = await hook(listen=False)
    assert kit.adapter.listener == ""
    await kit.listen()


# -- sending


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


async def test_a_long_draft_shows_its_end(kit: TelegramKit) -> None:
    text = "\n\n".join(f"Paragraph {number} " + "word " * 60 for number in range(40))
    stream = await kit.adapter.open_stream(kit.address, "t1")
    await stream.show(text)
    (draft,) = kit.person.drafts()
    assert "Paragraph 39" in draft
    assert "Paragraph 1 " not in draft
