"""Nothing lost, nothing taken twice: polling, webhook and streams when Telegram or the store misbehave."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from adapters.telegram.sandbox import TelegramSandbox
from hub.domain.errors import Busy, StoreDown
from hub.domain.inbound import Accepted, Inbound, Said
from hub.domain.reply import Part

from .telegram_kit import TelegramKit

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


async def test_one_person_with_too_much_in_waiting_holds_nobody_up_for_long(
    kit: TelegramKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.telegram.adapter.polling.HOLD_SECONDS", 0.2)
    accept = kit.room.accept

    async def slowly(inbound: Inbound) -> Accepted:
        if inbound.sender.name == "Ann":
            raise Busy("too_fast", after=1)
        return await accept(inbound)

    kit.room.accept = slowly  # type: ignore[method-assign]
    await kit.quiet()
    for number in range(100):
        await kit.person.says(f"flood {number}", ago=60)
    await kit.platform.person("Bea").says("hello")
    await kit.listen()
    await kit.hears(1, timeout=4)
    assert words(kit) == ["hello"]


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


async def test_an_update_that_makes_the_house_fall_does_not_silence_the_bot(
    kit: TelegramKit, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.telegram.adapter.arrivals.FALL_PAUSE", 0.01)
    accept = kit.room.accept
    seen: list[str] = []

    async def falls(inbound: Inbound) -> Accepted:
        seen.append(inbound.event_id)
        if inbound.content == Said("bad"):
            raise ZeroDivisionError
        return await accept(inbound)

    await kit.quiet()
    kit.room.accept = falls  # type: ignore[method-assign]
    await kit.person.says("bad")
    await kit.person.says("good")
    await kit.listen()
    await kit.hears(1)
    assert words(kit) == ["good"]
    assert [len(set(seen)), len(seen)] == [2, 4]
    assert "unparsed:700001:1000" in {name for _, name in kit.room.notes}


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
    secret = kit.adapter._bots["700001"].secret
    assert (await _post(f"{url}/hooks/telegram", b"{}", **{SECRET: secret}))[:2] == (503, "1")
    await kit.listen()
    huge = b'{"update_id": 7, "message": "' + b"x" * 2_000_000 + b'"}'
    assert await _post(f"{url}/hooks/telegram", huge, **{SECRET: secret}) == (200, "", b"")
    assert await _post(f"{url}/hooks/telegram", b"no json", **{SECRET: secret}) == (200, "", b"")
    assert sorted(map(len, kit.room.notes.values())) == [7, 4000]
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
