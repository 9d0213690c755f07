"""What goes out: the same calls by python-telegram-bot's own stack and by our wire; all as Telegram describes them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import telegram
from hypothesis import given
from hypothesis import strategies as st
from telegram import BotCommandScopeChat
from telegram.request import HTTPXRequest

from adapters.telegram.sandbox import TelegramSandbox
from adapters.telegram.wire.calls import form
from hub.domain.reply import Button, Part, PartFile
from hub.ports.adapter import MenuCommand

from .telegram_kit import TelegramKit
from .telegram_spec import answer_faults, call_faults, faults

BUTTON = telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("Noch einmal", callback_data="retry now")]])
NO_PREVIEW = telegram.LinkPreviewOptions(is_disabled=True)
MARKDOWN = "**fett** 😀 [x](https://example.org/?a=1&b=ü) & + % = # ü\n@ann"


@pytest.fixture
async def kit() -> AsyncIterator[TelegramKit]:
    kit = await TelegramKit.start()
    yield kit
    await kit.stop()


@pytest.fixture
async def sdk(kit: TelegramKit) -> AsyncIterator[telegram.Bot]:
    """The SDK as it comes, over httpx."""
    base = kit.platform.url
    request = HTTPXRequest(httpx_kwargs={"trust_env": False})
    async with telegram.Bot(kit.platform.token, f"{base}/bot", f"{base}/file/bot", request=request) as bot:
        yield bot


def fields(kit: TelegramKit, method: str) -> list[dict[str, Any]]:
    """What two calls of `method` carried, nested values decoded."""
    calls = kit.platform.called(method)
    assert len({call.content_type for call in calls}) == 1
    return [{name: _decoded(text) for name, text in call.fields.items()} for call in calls]


def _decoded(text: str) -> Any:
    return json.loads(text) if text.startswith(("[", "{")) else text


async def test_send_message(kit: TelegramKit, sdk: telegram.Bot) -> None:
    part = Part(MARKDOWN, (Button("Noch einmal", "retry", "now", translate=False),))
    await kit.adapter.send(kit.address, part, "t1")
    theirs = kit.person.shown()[0]
    entities = [
        telegram.MessageEntity("bold", 0, 4),
        telegram.MessageEntity("text_link", 8, 1, url="https://example.org/?a=1&b=%C3%BC"),
    ]
    await sdk.send_message(
        kit.person.id, theirs.text, entities=entities, reply_markup=BUTTON, link_preview_options=NO_PREVIEW
    )
    ours, other = fields(kit, "sendMessage")
    assert ours == other


async def test_send_message_in_a_topic_of_a_group(kit: TelegramKit, sdk: telegram.Bot) -> None:
    forum = kit.platform.group("Forum", kit.person, forum=True)
    thread = forum.topic("A")
    message = await kit.person.says("@parley_bot hi", in_=forum, thread=thread)
    await kit.hears(1)
    await kit.adapter.send(kit.room.inbox[0].address, Part("hello"), "t1")
    await sdk.send_message(
        forum.id,
        "hello",
        message_thread_id=thread,
        link_preview_options=NO_PREVIEW,
        reply_parameters=telegram.ReplyParameters(message.id, allow_sending_without_reply=True),
    )
    ours, other = fields(kit, "sendMessage")
    assert ours == other


async def test_edit_and_delete(kit: TelegramKit, sdk: telegram.Bot) -> None:
    ref = await kit.adapter.send(kit.address, Part("old"), "t1")
    await kit.adapter.edit(kit.address, ref, Part("**new** words"))
    number = kit.person.shown()[0].id
    with pytest.raises(telegram.error.BadRequest, match="not modified"):
        await sdk.edit_message_text(
            "new words",
            kit.person.id,
            number,
            entities=[telegram.MessageEntity("bold", 0, 3)],
            link_preview_options=NO_PREVIEW,
        )
    ours, other = fields(kit, "editMessageText")
    assert ours == other
    await kit.adapter.erase(kit.address, ref)
    with pytest.raises(telegram.error.BadRequest, match="not found"):
        await sdk.delete_message(kit.person.id, number)
    ours, other = fields(kit, "deleteMessage")
    assert ours == other


async def test_drafts_typing_and_presses(kit: TelegramKit, sdk: telegram.Bot) -> None:
    stream = await kit.adapter.open_stream(kit.address, "t1")
    await stream.show("**fett** 😀")
    (call,) = kit.platform.called("sendMessageDraft")
    await sdk.send_message_draft(
        kit.person.id, int(call.fields["draft_id"]), "fett 😀", entities=[telegram.MessageEntity("bold", 0, 4)]
    )
    ours, other = fields(kit, "sendMessageDraft")
    assert ours == other
    await kit.adapter.typing(kit.address)
    await sdk.send_chat_action(kit.person.id, "typing")
    ours, other = fields(kit, "sendChatAction")
    assert ours == other
    await kit.adapter.send(kit.address, Part("?", (Button("A", "a", translate=False),)), "t1")
    number = await kit.person.presses("A")
    await kit.platform.until(lambda: kit.platform.called("answerCallbackQuery") or None, 5, "an acknowledgement")
    await sdk.answer_callback_query(number)
    ours, other = fields(kit, "answerCallbackQuery")
    assert ours == other


async def test_a_topics_title(kit: TelegramKit, sdk: telegram.Bot) -> None:
    await kit.says("hi")
    place, _, thread = kit.topic()
    await kit.adapter.entitle(place, "Über alles")
    with pytest.raises(telegram.error.BadRequest, match="Topic_not_modified"):
        await sdk.edit_forum_topic(kit.person.id, thread, "Über alles")
    ours, other = fields(kit, "editForumTopic")
    assert ours == other


async def test_get_updates_and_delete_webhook(kit: TelegramKit, sdk: telegram.Bot) -> None:
    await kit.quiet()
    await sdk.get_updates(
        timeout=50,
        allowed_updates=["message", "callback_query", "message_reaction", "my_chat_member", "pre_checkout_query"],
    )
    ours, other = fields(kit, "getUpdates")[0], fields(kit, "getUpdates")[-1]
    assert ours == other


async def test_all_that_goes_out_and_comes_back_is_as_described(kit: TelegramKit) -> None:
    kit.platform.bot.reads_all = True
    forum = kit.platform.group("Forum", kit.person, forum=True)
    thread = forum.topic("A")
    await kit.says("hi")
    await kit.person.uploads("a.png", "image/png", b"png", "a picture")
    await kit.person.uploads("a.ogg", "audio/ogg", b"ogg", kind="voice")
    await kit.person.uploads("a.pdf", "application/pdf", b"pdf")
    await kit.person.says("hi", in_=forum, thread=thread)
    await kit.hears(5)
    place = kit.room.inbox[-1].address
    part = Part(MARKDOWN, (Button("A", "a", translate=False),))
    for address, key in ((kit.address, "t1"), (place, "t2")):
        ref = await kit.adapter.send(address, part, key)
        await kit.adapter.edit(address, ref, Part("# other"))
        await kit.adapter.typing(address)
        file = Part("file", file=PartFile("a.txt", "text/plain", b"x"))
        await kit.adapter.edit(address, await kit.adapter.send(address, file, "t3"), Part("files", file=file.file))
        await kit.adapter.erase(address, ref)
    stream = await kit.adapter.open_stream(kit.address, "t4")
    await stream.show("# draft")
    await kit.adapter.entitle(kit.topic()[0], "Title")
    content = kit.room.inbox[1].content
    await kit.adapter.fetch(kit.address, content.attachments[0].source, 100)
    await kit.adapter.publish([MenuCommand("help", {"en": "help", "de": "Hilfe"})])
    for language in ("de", ""):
        await kit.adapter.publish_at(kit.address, [MenuCommand("help", {"de": "Hilfe"})], language)
    await kit.adapter.send(kit.address, part, "t5")
    await kit.person.presses("A")
    await kit.person.reacts("👍")
    await kit.person.blocks()
    await kit.hears(7)
    await kit.platform.until(lambda: kit.platform.called("answerCallbackQuery") or None, 5, "an acknowledgement")
    found = [fault for call in kit.platform.calls for fault in call_faults(call.method, call.fields, call.files)]
    assert found == []
    for call in kit.platform.calls:
        if call.status == 200:
            assert answer_faults(call.method, call.answer) == []
    updates = [update for call in kit.platform.called("getUpdates") for update in call.answer or []]
    assert {next(iter(set(update) - {"update_id"})) for update in updates} >= {"message", "callback_query"}
    assert [fault for update in updates for fault in faults(update, "Update")] == []


async def test_what_is_not_as_described_is_seen() -> None:
    assert call_faults("sendMessage", {"chat_id": "1"}, {}) == ["sendMessage lacks text"]
    assert call_faults("sendMessage", {"chat_id": "1", "text": "x", "colour": "red"}, {})
    assert call_faults("sendMessage", {"chat_id": "1", "text": "x", "entities": '[{"type": "bold"}]'}, {})
    assert faults({"update_id": 1, "message": {"message_id": 1, "date": 1}}, "Update") == ["Update.message lacks chat"]


@given(st.dictionaries(st.text(min_size=1), st.text(st.characters(blacklist_categories=["Cs"]))))
def test_forms_hold_what_was_put_in(given_fields: dict[str, str]) -> None:
    from urllib.parse import parse_qsl

    clean = {name.encode("utf-8", "replace").decode(): value for name, value in given_fields.items()}
    assert dict(parse_qsl(form(clean).decode(), keep_blank_values=True)) == clean


async def test_the_menu_in_each_language_and_the_sdk_agree(kit: TelegramKit, sdk: telegram.Bot) -> None:
    await kit.adapter.publish(
        [
            MenuCommand("help", {"en": "what you can do", "de": "was du tun kannst"}),
            MenuCommand("model", {"en": "choose a model"}),
            MenuCommand("not-for-telegram", {"en": "x"}),
        ]
    )
    here = BotCommandScopeChat(kit.person.id)
    for language, shown in (("de", ["Hilfe"]), ("", [])):
        await kit.adapter.publish_at(kit.address, [MenuCommand("help", {"en": "help", "de": "Hilfe"})], language)
        assert [command.description for command in await sdk.get_my_commands(scope=here)] == shown
    german = await sdk.get_my_commands(language_code="de")
    assert [(command.command, command.description) for command in german] == [
        ("help", "was du tun kannst"),
        ("model", "choose a model"),
    ]
    assert [command.description for command in await sdk.get_my_commands()] == ["what you can do", "choose a model"]


async def test_a_bot_that_refuses_the_menu_does_not_keep_it_from_the_others() -> None:
    platform = await TelegramSandbox(speed=100).start()
    second = platform.add_bot("700002:second", "Second", "second_bot")
    kit = TelegramKit(platform)
    platform.misbehave("status", 1, method="setMyCommands")
    with pytest.raises(Exception, match="Internal"):
        await kit.adapter.publish([MenuCommand("help", {"en": "help"})])
    assert second.commands
    await kit.stop()
