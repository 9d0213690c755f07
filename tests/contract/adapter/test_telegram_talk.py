"""People and bots on Telegram: what is said, pressed, sent and shown, over the sandbox's real wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.telegram.sandbox import TelegramSandbox
from hub.domain.address import Address, ChatKind
from hub.domain.errors import BadInput, Forbidden, LeftBehind, Rejected, TooLarge
from hub.domain.inbound import Called, Pressed, Said
from hub.domain.reply import Button, Part, PartFile, Ref

from .telegram_kit import TelegramKit


@pytest.fixture
async def kit() -> AsyncIterator[TelegramKit]:
    kit = await TelegramKit.start()
    yield kit
    await kit.stop()


def group_address(kit: TelegramKit, chat: int, thread: str = "") -> Address:
    return Address(1, "telegram", str(kit.platform.bot.id), str(chat), thread, ChatKind.GROUP)


async def said(kit: TelegramKit) -> Said:
    content = kit.room.inbox[-1].content
    assert isinstance(content, Said)
    return content


# -- privately


async def test_a_person_has_an_id_a_name_and_a_language(kit: TelegramKit) -> None:
    bea = kit.platform.person("Bea", language="de")
    await bea.says("hallo")
    await kit.hears(1)
    inbound = kit.room.inbox[0]
    assert (inbound.sender.user, inbound.sender.name, inbound.sender.language) == (str(bea.id), "Bea", "de")
    assert inbound.address.kind is ChatKind.PRIVATE
    assert inbound.directed


async def test_words_are_dressed_and_links_have_no_preview(kit: TelegramKit) -> None:
    await kit.adapter.send(kit.address, Part("# Hi\n\n**bold** [x](https://example.org/a) `@ann` @bob /run"), "t1")
    shown = await kit.person.sees("bold")
    kinds = [entity["type"] for entity in shown.entities]
    assert kinds == ["underline", "bold", "bold", "text_link", "code"]
    (call,) = kit.platform.called("sendMessage")
    assert call.fields["link_preview_options"] == '{"is_disabled":true}'
    assert "parse_mode" not in call.fields


async def test_commands_in_a_notice_can_be_tapped(kit: TelegramKit) -> None:
    await kit.adapter.send(kit.address, Part("- `/help` what\n- `/model x` which", role="notice"), "t1")
    shown = await kit.person.sees("/help")
    assert [entity["type"] for entity in shown.entities] == ["bot_command", "code"]


@pytest.mark.parametrize(
    ("typed", "content"),
    [
        ("/model demo", Said("/model demo")),
        ("/start", Called("help")),
        ("/start some-campaign", Called("help")),
        ("/start link-ABCD", Called("link", "ABCD")),
        ("/help@parley_bot me", Said("/help me")),
    ],
)
async def test_commands_are_passed_on_as_typed(kit: TelegramKit, typed: str, content: object) -> None:
    await kit.person.calls(typed)
    await kit.hears(1)
    assert kit.room.inbox[0].content == content


async def test_buttons_come_back_as_presses_and_are_acknowledged(kit: TelegramKit) -> None:
    buttons = (
        Button("Retry", "retry", translate=False),
        Button("Use demo", "model", "demo", translate=False),
        Button("Too long", "model", "x" * 80, translate=False),
    )
    await kit.adapter.send(kit.address, Part("choose", buttons), "t1")
    assert (await kit.person.sees("choose")).labels() == ["Retry", "Use demo"]
    await kit.person.presses("Use demo")
    await kit.hears(1)
    assert kit.room.inbox[0].content == Pressed("model", "demo")
    await kit.platform.until(lambda: kit.platform.called("answerCallbackQuery") or None, 5, "an answer to the press")


async def test_buttons_go_away_with_an_edit(kit: TelegramKit) -> None:
    ref = await kit.adapter.send(kit.address, Part("choose", (Button("A", "a", translate=False),)), "t1")
    await kit.adapter.edit(kit.address, ref, Part("chosen"))
    assert (await kit.person.sees("chosen")).labels() == []


@pytest.mark.parametrize(("emoji", "verdict"), [("👍", "good"), ("❤", "good"), ("👎", "bad"), ("💩", "bad")])
async def test_reactions_are_ratings(kit: TelegramKit, emoji: str, verdict: str) -> None:
    ref = await kit.adapter.send(kit.address, Part("an answer"), "t1")
    await kit.person.reacts(emoji)
    await kit.person.reacts("")
    await kit.hears(2)
    assert [each.content for each in kit.room.inbox] == [
        Pressed("rate", f"{verdict} {ref.value}"),
        Pressed("rate", f"none {ref.value}"),
    ]


async def test_a_reaction_that_judges_nothing_is_none(kit: TelegramKit) -> None:
    await kit.adapter.send(kit.address, Part("an answer"), "t1")
    await kit.person.reacts("👀")
    await kit.says("next")
    assert len(kit.room.inbox) == 1


async def test_edits_and_service_messages_are_nothing(kit: TelegramKit) -> None:
    person, feed = kit.person, kit.platform.bot.feed
    chat = {"id": person.id, "type": "private"}
    message = {"message_id": 9, "date": 1, "chat": chat, "from": person.user()}
    feed.allowed = None
    feed.push("edited_message", {**message, "text": "changed", "edit_date": 2})
    feed.push("message", {**message, "new_chat_title": "x"})
    feed.push("message", {**message, "text": "beep", "from": {"id": 5, "is_bot": True, "first_name": "Other"}})
    feed.push("channel_post", {**message, "text": "news", "chat": {"id": -100, "type": "channel"}})
    await kit.says("mine")
    assert [each.content for each in kit.room.inbox] == [Said("mine")]


async def test_things_that_are_no_text_become_words(kit: TelegramKit) -> None:
    for media in (
        {"location": {"latitude": 52.5, "longitude": 13.4}},
        {"contact": {"phone_number": "+49 1", "first_name": "Cy"}},
        {"poll": {"question": "Tea?", "options": [{"text": "yes"}, {"text": "no"}]}},
        {"sticker": {"file_id": "s", "emoji": "🙂"}},
    ):
        await kit.person.says("", media=media)
    await kit.hears(4)
    words = [each.content.text for each in kit.room.inbox if isinstance(each.content, Said)]
    assert words == ["📍 52.5, 13.4", "👤 Cy, +49 1", "📊 Tea?\n- yes\n- no", "🙂"]


async def test_who_replies_to_others_brings_their_words(kit: TelegramKit) -> None:
    first = await kit.person.says("The sky is blue.\nSo is the sea.")
    await kit.person.says("true?", reply_to=first)
    await kit.hears(2)
    assert (await said(kit)).text == "> The sky is blue.\n> So is the sea.\n\ntrue?"


async def test_who_replies_to_us_brings_only_what_they_picked(kit: TelegramKit) -> None:
    await kit.adapter.send(kit.address, Part("One. Two. Three."), "t1")
    answer = await kit.person.sees("Two")
    await kit.person.says("why?", reply_to=answer)
    await kit.person.says("this?", reply_to=answer, quote="Two.")
    await kit.hears(2)
    assert [each.content.text for each in kit.room.inbox if isinstance(each.content, Said)] == [
        "why?",
        "> Two.\n\nthis?",
    ]


# -- files


@pytest.mark.parametrize(
    ("kind", "media_type", "name", "told"),
    [
        ("photo", "image/png", "a.png", ("image/jpeg", "photo.jpg")),
        ("document", "application/pdf", "b.pdf", ("application/pdf", "b.pdf")),
        ("voice", "audio/ogg", "v", ("audio/ogg", "voice.ogg")),
        ("video_note", "video/mp4", "n", ("video/mp4", "video.mp4")),
        ("audio", "audio/mp4", "song.m4a", ("audio/mp4", "song.m4a")),
    ],
)
async def test_files_are_named_and_fetched(
    kit: TelegramKit, kind: str, media_type: str, name: str, told: tuple[str, str]
) -> None:
    await kit.person.uploads(name, media_type, b"content", "look", kind=kind)
    await kit.hears(1)
    content = await said(kit)
    (file,) = content.attachments
    assert content.text == "look"
    assert (file.media_type, file.name, file.size, file.file) == (*told, 7, "")
    assert await kit.adapter.fetch(kit.address, file.source, 100) == b"content"


async def test_a_file_over_the_limit_is_not_read(kit: TelegramKit) -> None:
    await kit.person.uploads("big.txt", "text/plain", b"x" * 1000)
    await kit.hears(1)
    (file,) = (await said(kit)).attachments
    with pytest.raises(TooLarge):
        await kit.adapter.fetch(kit.address, file.source, 999)
    with pytest.raises(Rejected):
        await kit.adapter.fetch(kit.address, "no such file", 999)


async def test_the_parts_of_an_album_say_that_they_are_one(kit: TelegramKit) -> None:
    for number in range(3):
        text = "@parley_bot what are these?" if number == 0 else ""
        await kit.person.uploads(f"{number}.png", "image/png", b"x", text, album="a1", in_=kit._group)
    await kit.person.uploads("other.png", "image/png", b"x", album="a2", in_=kit._group)
    await kit.hears(4)
    parts = [(one.content.album, one.directed) for one in kit.room.inbox if isinstance(one.content, Said)]
    assert parts == [("a1", True), ("a1", True), ("a1", True), ("a2", False)]
    assert len({one.event_id for one in kit.room.inbox}) == 4


async def test_a_file_that_lies_about_its_size_is_read_no_further_than_the_limit(kit: TelegramKit) -> None:
    await kit.person.uploads("big.txt", "text/plain", b"x" * 1000)
    await kit.hears(1)
    (file,) = (await said(kit)).attachments
    bot = kit.adapter._bots[str(kit.platform.bot.id)]
    with pytest.raises(TooLarge):
        await bot.download(f"documents/{file.source}", 10)


async def test_a_file_too_big_for_telegram_is_too_large(kit: TelegramKit) -> None:
    await kit.person.uploads("huge.bin", "application/zip", bytes(21 * 1024 * 1024))
    await kit.hears(1)
    (file,) = (await said(kit)).attachments
    with pytest.raises(TooLarge):
        await kit.adapter.fetch(kit.address, file.source, 10**9)


async def test_a_file_goes_out_with_words_under_it(kit: TelegramKit) -> None:
    part = Part("The **code**", (Button("Again", "retry", translate=False),), file=PartFile("a.py", "", b"print(1)\n"))
    ref = await kit.adapter.send(kit.address, part, "t1")
    shown = await kit.person.sees("The code")
    assert shown.document is not None
    assert (shown.document.name, shown.document.content) == ("a.py", b"print(1)\n")
    assert [entity["type"] for entity in shown.entities] == ["bold"]
    assert shown.labels() == ["Again"]
    await kit.adapter.edit(kit.address, ref, Part("Other words", file=part.file))
    await kit.adapter.edit(kit.address, ref, Part("Other words", file=part.file))
    assert kit.person.screen() == ["Other words"]


# -- groups, topics


async def test_what_is_meant_for_us_in_a_group(kit: TelegramKit) -> None:
    kit.platform.bot.reads_all = True
    team = kit.platform.group("Team", kit.person)
    place = group_address(kit, team.id)
    ref = await kit.adapter.send(place, Part("hello all"), "t1")
    ours = await kit.person.sees("hello all", in_=team)
    assert ref.value == f"{team.id}:{ours.id}"
    other = await kit.person.says("among us", in_=team)
    await kit.person.says("@parley_bot, what is 1+1?", in_=team)
    await kit.person.says("ask 😀 @Parley_Bot  now", in_=team)
    await kit.person.says("and then?", in_=team, reply_to=ours)
    await kit.person.says("and so?", in_=team, reply_to=other)
    await kit.person.says("/model@parley_bot demo", in_=team)
    await kit.person.says("/help@some_other_bot", in_=team)
    await kit.hears(6)
    heard = [(each.content.text, each.directed) for each in kit.room.inbox if isinstance(each.content, Said)]
    assert heard == [
        ("among us", False),
        ("what is 1+1?", True),
        ("ask 😀 now", True),
        ("and then?", True),
        ("and so?", False),
        ("/model demo", True),
    ]
    assert all(each.address == place for each in kit.room.inbox)


async def test_a_mention_under_anothers_picture_brings_the_picture(kit: TelegramKit) -> None:
    bea = kit.platform.person("Bea")
    team = kit.platform.group("Team", kit.person, bea)
    picture = await bea.uploads("a.png", "image/png", b"png", "my cat", in_=team)
    await kit.person.says("@parley_bot what is this?", in_=team, reply_to=picture)
    await kit.hears(1)
    content = await said(kit)
    assert content.text == "> my cat\n\nwhat is this?"
    assert [file.media_type for file in content.attachments] == ["image/jpeg"]


async def test_an_answer_in_a_group_replies_to_its_question(kit: TelegramKit) -> None:
    team = kit.platform.group("Team", kit.person)
    question = await kit.person.says("@parley_bot hi", in_=team)
    await kit.hears(1)
    await kit.adapter.send(group_address(kit, team.id), Part("hello"), "t1")
    await kit.adapter.send(group_address(kit, team.id), Part("again"), "t1.1")
    shown = kit.person.shown(in_=team)
    assert [each.reply_to for each in shown] == [question, None]


async def test_a_topic_is_a_place_of_its_own(kit: TelegramKit) -> None:
    forum = kit.platform.group("Forum", kit.person, forum=True)
    thread = forum.topic("New chat")
    await kit.person.says("@parley_bot hi", in_=forum, thread=thread)
    await kit.hears(1)
    place = group_address(kit, forum.id, str(thread))
    assert kit.room.inbox[0].address == place
    await kit.adapter.typing(place)
    await kit.adapter.send(place, Part("hello"), "t2")
    assert (await kit.person.sees("hello", in_=forum)).thread == thread
    await kit.adapter.entitle(place, "what a member without rights asked first")
    assert forum.place.topics[thread] == "New chat"


async def test_a_topic_of_a_private_chat_bears_a_title(kit: TelegramKit) -> None:
    place, topics, thread = kit.topic()
    await kit.person.says("hi", thread=thread)
    await kit.hears(1)
    assert kit.room.inbox[0].address == place
    await kit.adapter.entitle(place, "About   saying hello")
    await kit.adapter.entitle(place, "About saying hello")
    assert topics[thread] == "About saying hello"
    await kit.adapter.entitle(kit.address, "nothing to name")
    assert len(kit.platform.called("editForumTopic")) == 2


async def test_replies_in_an_ordinary_group_are_no_topics(kit: TelegramKit) -> None:
    team = kit.platform.group("Team", kit.person)
    await kit.person.says("@parley_bot hi", in_=team, media={"message_thread_id": 77})
    await kit.hears(1)
    assert kit.room.inbox[0].address.thread == ""


async def test_who_speaks_as_the_group_is_the_group(kit: TelegramKit) -> None:
    team = kit.platform.group("Team", kit.person)
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    media = {"from": anonymous, "sender_chat": team.place.json()}
    await kit.person.says("@parley_bot hi", in_=team, media=media)
    await kit.hears(1)
    assert kit.room.inbox[0].sender.user == str(team.id)


async def test_groups_are_slower_and_have_no_drafts(kit: TelegramKit) -> None:
    here, there = kit.adapter.capabilities(kit.address), kit.adapter.capabilities(group_address(kit, -1))
    assert (here.native_stream, there.native_stream) == (True, False)
    assert (here.edit_interval, there.edit_interval) == (1.0, 3.0)
    assert here.budgets == there.budgets == ()


async def test_kicked_and_blocked_is_forbidden_and_quiet(kit: TelegramKit) -> None:
    team = kit.platform.group("Team", kit.person)
    await team.kicks()
    await kit.person.blocks()
    for place in (group_address(kit, team.id), kit.address):
        with pytest.raises(Forbidden):
            await kit.adapter.send(place, Part("anyone?"), "t1")
    await kit.person.unblocks()
    await kit.says("back")
    assert len(kit.room.inbox) == 1


async def test_a_group_that_moves_is_told_to_the_house_before_anything_is_said_there(kit: TelegramKit) -> None:
    kit.platform.bot.reads_all = True
    team = kit.platform.group("Team", kit.person, basic=True)
    old = group_address(kit, team.id)
    await kit.person.says("@parley_bot one", in_=team)
    await kit.hears(1)
    begun = await kit.adapter.send(old, Part("it grows"), "t1")
    kit.room.store_down = True
    await team.moves()
    await kit.person.says("@parley_bot two", in_=team)
    await asyncio.sleep(0.05)
    kit.room.store_down = False
    await kit.hears(2)
    assert [each.address for each in kit.room.inbox] == [old, group_address(kit, team.id)]
    assert kit.room.moves == {old.chat: str(team.id)}
    with pytest.raises(LeftBehind):
        await kit.adapter.edit(old, begun, Part("it has grown"))
    await kit.adapter.erase(old, begun)
    ref = await kit.adapter.send(old, Part("still here"), "t9")
    assert ref.value.startswith(f"{team.id}:")
    await kit.adapter.edit(old, ref, Part("still there"))
    assert kit.person.screen(in_=team) == ["still there"]


@pytest.mark.parametrize("file", [None, PartFile("a.txt", "text/plain", b"a")], ids=["words", "file"])
async def test_a_group_that_moved_unheard_is_still_reached(kit: TelegramKit, file: PartFile | None) -> None:
    team = kit.platform.group("Team", kit.person, basic=True)
    place = group_address(kit, team.id)
    await kit.quiet()
    await team.moves()
    for number in range(2):
        await kit.adapter.send(place, Part("found you", file=file), f"t{number}")
    assert kit.person.screen(in_=team) == ["found you"] * 2
    assert kit.room.moves == {place.chat: str(team.id)}
    refused = [call for call in kit.platform.called("sendDocument" if file else "sendMessage") if call.status == 400]
    assert len(refused) == 1, "the old id is not written to again"


# -- editing, erasing, refusing


async def test_what_is_gone_is_gone(kit: TelegramKit) -> None:
    ref = await kit.adapter.send(kit.address, Part("oops"), "t1")
    await kit.adapter.erase(kit.address, ref)
    await kit.adapter.erase(kit.address, ref)
    assert kit.person.screen() == []
    with pytest.raises(Rejected):
        await kit.adapter.edit(kit.address, ref, Part("too late"))
    with pytest.raises(Rejected):
        await kit.adapter.edit(kit.address, Ref("nonsense"), Part("x"))


async def test_an_address_of_a_bot_we_have_not_is_forbidden(kit: TelegramKit) -> None:
    with pytest.raises(Forbidden):
        await kit.adapter.send(Address(1, "telegram", "1", "2"), Part("x"), "t1")
    with pytest.raises(Rejected):
        await kit.adapter.send(Address(1, "telegram", str(kit.platform.bot.id), "x"), Part("x"), "t1")


async def test_a_person_is_told_why_nothing_was_taken(kit: TelegramKit) -> None:
    kit.room.refuse = BadInput("empty_message")
    await kit.person.says("hi")
    assert "empty" in (await kit.person.sees("The message is empty")).text
    kit.room.refuse = None
    await kit.says("and on")


async def test_who_floods_us_does_not_make_us_flood(kit: TelegramKit) -> None:
    kit.room.refuse = BadInput("empty_message")
    for number in range(20):
        await kit.person.says(f"hi {number}")
    await kit.platform.until(lambda: len(kit.person.screen()) >= 6 or None, 5, "six refusals")
    await kit.platform.until(lambda: not kit.platform.bot.feed.waiting or None, 5, "all of them confirmed")
    kit.room.refuse = None
    await kit.says("on")
    assert len(kit.person.screen()) == 6


async def test_a_press_that_is_refused_is_told_in_the_app(kit: TelegramKit) -> None:
    await kit.adapter.send(kit.address, Part("choose", (Button("A", "a", translate=False),)), "t1")
    kit.room.refuse = BadInput("empty_message")
    number = await kit.person.presses("A")
    presses = kit.platform.bot.presses
    assert "empty" in await kit.platform.until(lambda: presses[number] or None, 5, "a toast")


async def test_what_was_overheard_and_refused_is_not_answered(kit: TelegramKit) -> None:
    kit.platform.bot.reads_all = True
    team = kit.platform.group("Team", kit.person)
    kit.room.refuse = BadInput("empty_message")
    await kit.person.says("among us", in_=team)
    kit.room.refuse = None
    await kit.person.says("@parley_bot hi", in_=team)
    await kit.hears(1)
    assert kit.platform.called("sendMessage") == []


async def test_a_closed_channel_leaves_nothing_open() -> None:
    async with TelegramSandbox() as platform:
        kit = TelegramKit(platform)
        await kit.adapter.send(kit.address, Part("hi"), "t1")
        await kit.adapter.close()
        assert kit.adapter._calls._session is None
