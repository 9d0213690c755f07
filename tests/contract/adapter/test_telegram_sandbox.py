"""The sandbox speaks Telegram's real protocol: python-telegram-bot, as it comes, lives on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import telegram
from aiohttp import web
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.ext import Updater
from telegram.request import HTTPXRequest

from adapters.telegram.sandbox import Person, TelegramSandbox


@pytest.fixture
async def platform() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox(speed=50) as platform:
        yield platform


def bot_of(platform: TelegramSandbox, token: str = "") -> telegram.Bot:
    base = platform.url
    requests = [HTTPXRequest(httpx_kwargs={"trust_env": False}) for _ in range(2)]
    return telegram.Bot(
        token or platform.token, f"{base}/bot", f"{base}/file/bot", request=requests[0], get_updates_request=requests[1]
    )


@pytest.fixture
async def bot(platform: TelegramSandbox) -> AsyncIterator[telegram.Bot]:
    async with bot_of(platform) as bot:
        yield bot


@pytest.fixture
async def ann(platform: TelegramSandbox) -> Person:
    ann = platform.person("Ann", language="de")
    await ann.says("/start")
    return ann


async def polled(bot: telegram.Bot, **more: Any) -> list[telegram.Update]:
    return list(await bot.get_updates(timeout=1, **more))


async def test_a_bot_knows_itself_and_hears_people(platform: TelegramSandbox, bot: telegram.Bot, ann: Person) -> None:
    me = await bot.get_me()
    assert (me.id, me.username, me.is_bot) == (700001, "parley_bot", True)
    (update,) = await polled(bot)
    assert update.message is not None
    assert update.message.from_user is not None
    assert update.message.from_user.language_code == "de"
    assert update.message.parse_entities() == {update.message.entities[0]: "/start"}
    assert await polled(bot, offset=update.update_id + 1) == []


async def test_the_sdks_updater_lives_on_it(platform: TelegramSandbox, ann: Person) -> None:
    bot = bot_of(platform)
    queue: asyncio.Queue[object] = asyncio.Queue()
    troubles: list[Exception] = []
    async with Updater(bot, queue) as updater:
        await updater.start_polling(timeout=1, error_callback=troubles.append)
        async with asyncio.timeout(5):
            update = await queue.get()
            assert isinstance(update, telegram.Update)
            platform.misbehave("flood", method="getUpdates", seconds=0)
            platform.misbehave("status", method="getUpdates", status=502)
            await ann.says("after trouble")
            again = await queue.get()
        assert isinstance(again, telegram.Update)
        assert again.message is not None
        assert again.message.text == "after trouble"
        await updater.stop()
    assert not platform.bot.feed.waiting


async def test_two_pollers_are_a_conflict(platform: TelegramSandbox, bot: telegram.Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=50))
    while not platform.bot.feed._poll:
        await asyncio.sleep(0.005)
    async with bot_of(platform) as other:
        second = asyncio.create_task(other.get_updates(timeout=1))
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await first
        await second
    await bot.set_webhook("https://hub.example/hook")
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()


async def test_offsets_confirm_and_negative_ones_forget(bot: telegram.Bot, ann: Person) -> None:
    for number in range(4):
        await ann.says(f"{number}")
    updates = await polled(bot, limit=2)
    assert len(updates) == 2
    assert (await polled(bot))[0].update_id == updates[0].update_id
    assert (await polled(bot, offset=updates[1].update_id))[0].update_id == updates[1].update_id
    (last,) = await polled(bot, offset=-1)
    assert last.message is not None
    assert last.message.text == "3"
    assert len(await polled(bot)) == 1


async def test_kinds_that_were_not_asked_for_do_not_come(
    platform: TelegramSandbox, bot: telegram.Bot, ann: Person
) -> None:
    await bot.send_message(ann.id, "hi")
    await ann.reacts("👍")
    assert [update.message is not None for update in await polled(bot)] == [True]
    await polled(bot, allowed_updates=["message_reaction"])
    await ann.says("not wanted")
    await ann.reacts("👎")
    updates = await polled(bot)
    assert updates[-1].message_reaction is not None
    assert updates[-1].message_reaction.new_reaction[0].emoji == "👎"  # type: ignore[union-attr]
    assert len(updates) == 2


async def test_messages_are_shown_edited_and_deleted(bot: telegram.Bot, ann: Person) -> None:
    sent = await bot.send_message(ann.id, "*bold*", entities=[telegram.MessageEntity("bold", 0, 6)])
    assert sent.chat_id == ann.id
    assert await bot.send_chat_action(ann.id, "typing")
    edited = await sent.edit_text("new")
    assert isinstance(edited, telegram.Message)
    assert (edited.text, edited.edit_date is not None) == ("new", True)
    with pytest.raises(BadRequest, match="is not modified"):
        await sent.edit_text("new")
    assert await sent.set_reaction("👀")
    assert ann.screen() == ["new"]
    assert await sent.delete()
    with pytest.raises(BadRequest, match="to delete not found"):
        await sent.delete()


@pytest.mark.parametrize(
    ("text", "entities", "why"),
    [
        ("", [], "text is empty"),
        ("  \n", [], "text is empty"),
        ("x" * 4097, [], "too long"),
        ("😀" * 2049, [], "too long"),
        ("ab", [("bold", 0, 3)], "outside"),
        ("ab", [("bold", -1, 1)], "outside"),
        ("ab", [("bold", 0, 0)], "outside"),
        ("😀", [("bold", 1, 1)], "in a middle of"),
        ("ab", [("blink", 0, 1)], "Unsupported"),
    ],
)
async def test_texts_that_telegram_refuses(
    bot: telegram.Bot, ann: Person, text: str, entities: list[tuple[str, int, int]], why: str
) -> None:
    with pytest.raises(BadRequest, match=why):
        await bot.send_message(ann.id, text, entities=[telegram.MessageEntity(*entity) for entity in entities])


async def test_live_words_are_found_as_telegram_finds_them(bot: telegram.Bot, ann: Person) -> None:
    text = "hi @ann, see https://x.example/@u or mail a@b.example, /help #tag `@code`"
    sent = await bot.send_message(ann.id, text, entities=[telegram.MessageEntity("code", text.index("`@"), 7)])
    found = {entity.type: words for entity, words in sent.parse_entities().items()}
    assert found == {
        "mention": "@ann",
        "url": "https://x.example/@u",
        "email": "a@b.example",
        "bot_command": "/help",
        "hashtag": "#tag",
        "code": "`@code`",
    }


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_errors_have_telegrams_shape(platform: TelegramSandbox, bot: telegram.Bot, ann: Person) -> None:
    platform.misbehave("flood", method="sendMessage", seconds=9)
    with pytest.raises(RetryAfter) as flood:
        await bot.send_message(ann.id, "x")
    assert flood.value._retry_after.total_seconds() == 9
    for kind in ("status", "garbage", "drop"):
        platform.misbehave(kind, method="sendMessage", status=502)
        with pytest.raises(NetworkError):
            await bot.send_message(ann.id, "x")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(1, "x")
    await ann.blocks()
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(ann.id, "x")
    team = platform.group("Team", ann, basic=True)
    await team.moves()
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(_old(platform), "x")
    assert moved.value.new_chat_id == team.id
    async with aiohttp.ClientSession() as session:
        for token, status in (("1:nobody", 401), ("nonsense", 404)):
            async with session.post(f"{platform.url}/bot{token}/getMe") as answer:
                assert (answer.status, (await answer.json())["error_code"]) == (status, status)
    nobody = bot_of(platform, "700009:nobody")
    with pytest.raises(InvalidToken):
        await nobody.initialize()
    for request in nobody._request:
        await request.shutdown()


def _old(platform: TelegramSandbox) -> int:
    return next(place.id for place in platform.places.values() if place.moved is not None)


async def test_a_lost_answer_was_done_all_the_same(platform: TelegramSandbox, bot: telegram.Bot, ann: Person) -> None:
    platform.misbehave("lose", method="sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(ann.id, "once")
    assert ann.screen() == ["once"]


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_flood_limits_are_those_of_telegram(platform: TelegramSandbox, bot: telegram.Bot, ann: Person) -> None:
    limits = platform.enforce_limits()
    team = platform.group("Team", ann)
    await bot.send_message(ann.id, "1")
    with pytest.raises(RetryAfter):
        await bot.send_message(ann.id, "2")
    for number in range(20):
        await bot.send_message(team.id, f"{number}")
    with pytest.raises(RetryAfter):
        await bot.send_message(team.id, "21")
    assert limits.refusals == 2


async def test_buttons_topics_files_and_drafts(platform: TelegramSandbox, bot: telegram.Bot, ann: Person) -> None:
    markup = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("Go", callback_data="go")]])
    await bot.send_message(ann.id, "?", reply_markup=markup)
    await ann.presses("Go")
    query = (await polled(bot))[-1].callback_query
    assert query is not None
    assert query.data == "go"
    assert await query.answer("gone")
    assert list(platform.bot.presses.values()) == ["gone"]
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query("other")
    long = telegram.InlineKeyboardButton("Go", callback_data="x" * 65)
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await bot.send_message(ann.id, "?", reply_markup=telegram.InlineKeyboardMarkup([[long]]))

    forum = platform.group("Forum", ann, forum=True)
    topic = await bot.create_forum_topic(forum.id, "News")
    assert await bot.edit_forum_topic(forum.id, topic.message_thread_id, "Old news")
    platform.no_topic_rights.add(bot.id)
    with pytest.raises(BadRequest, match="Not enough rights"):
        await bot.edit_forum_topic(forum.id, topic.message_thread_id, "No news")
    with pytest.raises(BadRequest, match="thread not found"):
        await bot.send_message(forum.id, "x", message_thread_id=99)

    sent = await bot.send_document(ann.id, b"content", caption="c", filename="a.txt")
    assert sent.document is not None
    file = await sent.document.get_file()
    assert bytes(await file.download_as_bytearray()) == b"content"
    await ann.uploads("p.png", "image/png", b"png")
    photo = (await polled(bot))[-1].message
    assert photo is not None
    assert bytes(await (await photo.photo[-1].get_file()).download_as_bytearray()) == b"png"

    assert await bot.send_message_draft(ann.id, 7, "Hel")
    assert ann.drafts() == ["Hel"]
    with pytest.raises(BadRequest, match="Draft_chat_invalid"):
        await bot.send_message_draft(forum.id, 7, "Hel")
    await bot.send_message(ann.id, "Hello")
    assert ann.drafts() == []


async def test_rich_messages_only_where_they_are_served(bot: telegram.Bot, ann: Person) -> None:
    fields = {"chat_id": ann.id, "rich_message": {"html": "<p>hi</p>"}}
    with pytest.raises(telegram.error.EndPointNotFound):
        await bot.do_api_request("sendRichMessage", fields)
    async with TelegramSandbox(rich=True) as newer:
        bea = newer.person("Bea")
        await bea.says("hi")
        async with bot_of(newer) as other:
            answer = await other.do_api_request("sendRichMessage", {**fields, "chat_id": bea.id})
            assert answer["rich_message"]
            assert bea.screen() == ["<p>hi</p>"]


async def test_a_webhook_is_pushed_again_until_it_is_taken(
    platform: TelegramSandbox, bot: telegram.Bot, ann: Person
) -> None:
    bea = platform.person("Bea")
    statuses = [500, 403, 200]
    seen: list[tuple[int, str, str]] = []

    async def hook(request: web.Request) -> web.Response:
        update = telegram.Update.de_json(await request.json(), bot)
        assert update.message is not None
        assert update.message.from_user is not None
        status = statuses.pop(0) if update.message.from_user.first_name == "Ann" and statuses else 200
        seen.append((status, update.message.text or "", request.headers["X-Telegram-Bot-Api-Secret-Token"]))
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    await ann.says("two")
    assert await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="a-secret", max_connections=5)
    await bea.says("beside")
    async with asyncio.timeout(5):
        while len(seen) < 5:
            await asyncio.sleep(0.01)
    assert [text for _, text, _ in seen if text != "beside"] == ["/start", "/start", "/start", "two"]
    assert {secret for _, _, secret in seen} == {"a-secret"}
    found = await bot.get_webhook_info()
    assert (found.pending_update_count, found.max_connections) == (0, 5)
    assert found.last_error_message == "Wrong response from the webhook: 403"
    with pytest.raises(BadRequest, match="unallowed characters"):
        await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token="sécret")
    with pytest.raises(BadRequest, match="https url"):
        await bot.set_webhook("http://hub.example/hook")
    assert await bot.delete_webhook()
    await ann.says("three")
    assert len(await polled(bot)) == 1
    await runner.cleanup()
