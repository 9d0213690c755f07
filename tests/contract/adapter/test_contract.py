"""What every adapter promises, whichever platform it speaks to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from hub.domain.address import DEFAULT_TENANT, ChatKind
from hub.domain.errors import AdapterError, Forbidden, RateLimited, TooLarge
from hub.domain.inbound import Pressed, Said
from hub.domain.reply import Button, Part, PartFile
from hub.ports.adapter import CommandMenu, Erase, Files, LongStream, NativeStream, Recall, Titles, Typing, Webhook
from hub.text.split import split
from tools import platforms

from .conftest import GUEST
from .kit import KITS, TENANT, AdapterKit, kits

DOINGS = (
    "again",
    "presses",
    "reacts",
    "uploads",
    "in_group",
    "files",
    "pings",
    "mention",
    "titled",
    "floods",
    "leaves",
    "elsewhere",
)
"""What a kit may lack."""

OFFERED = {"uploads": Files, "titled": Titles}
"""Of these, what comes with an ability."""


@pytest.fixture(params=sorted(kits()))
async def kit(request: pytest.FixtureRequest) -> AsyncIterator[AdapterKit]:
    kit = await kits()[request.param]()
    yield kit
    await kit.stop()


def needs(kit: AdapterKit, *doings: str) -> None:
    """Skip, with the kit's own reason, what its platform cannot have."""
    for doing in doings:
        if doing in kit.lacks:
            pytest.skip(kit.lacks[doing])


async def hears(kit: AdapterKit, count: int) -> None:
    """Wait until `count` inbounds have been offered, known ones included."""
    async with asyncio.timeout(5):
        while len(kit.room.offered) < count:
            await asyncio.sleep(0.005)


# -- what people do


async def test_the_name_is_the_platform_of_its_addresses(kit: AdapterKit) -> None:
    await kit.says("hello")
    inbound = kit.room.inbox[0]
    assert inbound.address == kit.address
    assert inbound.address.platform == kit.adapter.name
    assert inbound.content == Said("hello")
    assert inbound.event_id
    assert inbound.sender.user
    assert inbound.directed


async def test_what_a_person_says_has_an_id_of_its_own(kit: AdapterKit) -> None:
    await kit.says("same")
    await kit.says("same")
    assert len({inbound.event_id for inbound in kit.room.inbox}) == 2


async def test_what_is_told_again_has_the_same_id(kit: AdapterKit) -> None:
    needs(kit, "again")
    await kit.says("one")
    await kit.again()
    await kit.says("two")
    assert [inbound.content for inbound in kit.room.inbox] == [Said("one"), Said("two")]
    assert len({inbound.event_id for inbound in kit.room.offered}) == 2


async def test_what_could_not_be_kept_comes_again(kit: AdapterKit) -> None:
    """Commit, then acknowledge: while the store is down nothing is acknowledged, and later all of it is there, once."""
    if not kit.adapter.capabilities(kit.address).redelivers:
        pytest.skip("what is not taken at once is gone")
    kit.room.store_down = True
    saying = asyncio.create_task(kit.says("are you there?"))
    await hears(kit, 1)
    assert kit.room.inbox == []
    kit.room.store_down = False
    await saying
    await kit.says("good")
    assert [inbound.content for inbound in kit.room.inbox] == [Said("are you there?"), Said("good")]
    assert len({inbound.event_id for inbound in kit.room.offered}) == 2


async def test_what_we_say_is_not_heard(kit: AdapterKit) -> None:
    ref = await kit.adapter.send(kit.address, Part("mine"), "t1")
    if kit.adapter.capabilities(kit.address).edits:
        await kit.adapter.edit(kit.address, ref, Part("mine, changed"))
    await kit.screen("mine")
    await kit.says("yours")
    assert [inbound.content for inbound in kit.room.offered] == [Said("yours")]


async def test_a_group_is_heard_and_only_what_is_meant_for_us_is_directed(kit: AdapterKit) -> None:
    needs(kit, "in_group")
    await kit.in_group("lunch?", named=False)
    await kit.in_group("what time is it?", named=True)
    await hears(kit, 2)
    overheard, asked = kit.room.inbox
    assert (overheard.content, overheard.directed) == (Said("lunch?"), False)
    assert (asked.content, asked.directed) == (Said("what time is it?"), True), "without our own name"
    assert asked.address.kind is ChatKind.GROUP
    assert asked.address.chat != kit.address.chat
    await kit.adapter.send(asked.address, Part("Noon."), "t2")
    assert kit.adapter.capabilities(asked.address).text_limit > 0


async def test_every_tenant_has_bots_and_sites_of_its_own(kit: AdapterKit) -> None:
    needs(kit, "elsewhere")
    await kit.says("hello")
    await kit.elsewhere("hello from there")
    await hears(kit, 2)
    here, there = (inbound.address for inbound in kit.room.inbox)
    assert (here.tenant, there.tenant) == (TENANT, DEFAULT_TENANT)
    assert here.bot != there.bot
    await kit.adapter.send(there, Part("an answer there"), "t2")
    with suppress(AdapterError):
        await kit.adapter.send(replace(here, tenant=DEFAULT_TENANT), Part("a stranger's"), "t3")
    await kit.adapter.send(here, Part("an answer here"), "t1")
    assert "a stranger's" not in await kit.screen("an answer here"), "it is refused, or nobody's to see"


async def test_a_pressed_button_comes_back_as_its_command(kit: AdapterKit) -> None:
    if not kit.adapter.capabilities(kit.address).buttons:
        pytest.skip("no buttons here")
    buttons = (Button("Again", "retry", translate=False), Button("Ask Ähm", "model", "first one", translate=False))
    await kit.adapter.send(kit.address, Part("choose", buttons), "t1")
    assert await kit.screen("choose") == ["choose"]
    await kit.presses("Ask Ähm")
    await kit.presses("Again")
    await hears(kit, 2)
    assert [inbound.content for inbound in kit.room.inbox] == [Pressed("model", "first one"), Pressed("retry")]
    assert {inbound.address for inbound in kit.room.inbox} == {kit.address}
    assert len({inbound.event_id for inbound in kit.room.inbox}) == 2


async def test_a_button_may_open_a_page_and_calls_nothing(kit: AdapterKit) -> None:
    page = "https://pay.example/p/a_b*c~d?x=1&y=%20z#top"
    buttons = (Button("Pay now", url=page, translate=False), Button("Here", url="http://localhost:1/", translate=False))
    await kit.adapter.send(kit.address, Part("choose", buttons), "t1")
    assert await kit.screen("choose") == ["choose"]
    assert await kit.opens("Pay now") == page
    assert await kit.opens("Here") in ("http://localhost:1/", "http://127.0.0.1:1/")
    await kit.says("thanks")
    assert [inbound.content for inbound in kit.room.offered] == [Said("thanks")]


async def test_a_reaction_is_an_opinion(kit: AdapterKit) -> None:
    needs(kit, "reacts")
    ref = await kit.adapter.send(kit.address, Part("fine?"), "t1")
    await kit.screen("fine?")
    await kit.reacts("👍")
    await hears(kit, 1)
    assert kit.room.inbox[0].content == Pressed("rate", f"good {ref.value}")


async def test_a_file_is_fetched_up_to_a_limit(kit: AdapterKit) -> None:
    adapter = kit.adapter
    if not isinstance(adapter, Files):
        pytest.skip("files come another way, or not at all")
    content = bytes(range(256)) * 40
    await kit.uploads("notes.txt", "text/plain", content)
    await hears(kit, 1)
    said = kit.room.inbox[0].content
    assert isinstance(said, Said)
    (attachment,) = said.attachments
    assert (attachment.name, attachment.media_type, attachment.size) == ("notes.txt", "text/plain", len(content))
    assert attachment.file == ""
    assert attachment.source
    assert await adapter.fetch(kit.address, attachment.source, len(content)) == content
    with pytest.raises(TooLarge):
        await adapter.fetch(kit.address, attachment.source, len(content) - 1)


# -- what we say


async def test_a_sent_part_is_seen(kit: AdapterKit) -> None:
    await kit.adapter.send(kit.address, Part("A **fine** answer"), "t1")
    assert await kit.screen("A fine answer") == ["A fine answer"]


async def test_a_repeated_send_is_harmless_where_promised(kit: AdapterKit) -> None:
    if not kit.adapter.capabilities(kit.address).idempotent_send:
        pytest.skip("the platform cannot")
    first = await kit.adapter.send(kit.address, Part("once"), "t1")
    again = await kit.adapter.send(kit.address, Part("once"), "t1")
    await kit.adapter.send(kit.address, Part("after"), "t2")
    assert first == again
    assert await kit.screen("after") == ["once", "after"]


async def test_what_was_sent_is_found_again_where_promised(kit: AdapterKit) -> None:
    if not isinstance(kit.adapter, Recall):
        pytest.skip("the platform cannot")
    for key in ("t1", "t1.1", "t2"):
        ref = await kit.adapter.send(kit.address, Part("said"), key)
        assert await kit.adapter.find_sent(kit.address, key) == ref
    assert await kit.adapter.find_sent(kit.address, "t3") is None


async def test_an_edit_replaces_where_promised(kit: AdapterKit) -> None:
    if not kit.adapter.capabilities(kit.address).edits:
        pytest.skip("the platform cannot")
    ref = await kit.adapter.send(kit.address, Part("old words"), "t1")
    await kit.adapter.edit(kit.address, ref, Part("new words"))
    await kit.adapter.edit(kit.address, ref, Part("new words"))
    assert await kit.screen("new words") == ["new words"]


async def test_what_is_taken_back_is_gone(kit: AdapterKit) -> None:
    if not isinstance(kit.adapter, Erase):
        pytest.skip("the platform cannot")
    ref = await kit.adapter.send(kit.address, Part("a slip"), "t1")
    await kit.screen("a slip")
    await kit.adapter.erase(kit.address, ref)
    await kit.adapter.erase(kit.address, ref)
    assert await kit.screen() == []


async def test_a_growing_text_ends_whole(kit: AdapterKit) -> None:
    if not isinstance(kit.adapter, NativeStream):
        pytest.skip("the platform cannot")
    text = "# Title\n\nFirst *words*, then a list:\n\n- one\n- two\n\n```python\nprint(1)\n```\n\nand an end."
    stream = await kit.adapter.open_stream(kit.address, "t1")
    for end in range(5, len(text), 7):
        await stream.show(text[:end])
        await asyncio.sleep(0)
    await stream.close()
    assert (stream.ref is None) or not kit.adapter.capabilities(kit.address).drafts, "a draft is no message"
    if stream.ref is None:
        await kit.adapter.send(kit.address, Part(text), "t1")
    else:
        await kit.adapter.edit(kit.address, stream.ref, Part(text))
    shown = await kit.screen("and an end.")
    assert len(shown) == 1
    for words in ("Title", "First words", "one", "two", "print(1)"):
        assert words in shown[0]
    assert await kit.frames() > 1


async def test_a_growing_text_may_outgrow_a_message(kit: AdapterKit) -> None:
    """As the house does it: every message that the stream began is edited, the rest is sent; each word stands once."""
    can = kit.adapter.capabilities(kit.address)
    if not isinstance(kit.adapter, NativeStream) or not can.native_stream:
        pytest.skip("the platform cannot")
    text, words = very_long(min(can.text_limit * 2, 40_000))
    stream = await kit.adapter.open_stream(kit.address, "t1")
    for end in range(1_000, len(text), 3_000):
        await stream.show(text[:end])
    await stream.close()
    begun = stream.refs if isinstance(stream, LongStream) else (stream.ref,) if stream.ref else ()
    for number, part in enumerate(split(text, can.text_limit, can.unit)):
        key = f"t1.{number}" if number else "t1"
        kit.room.answered(kit.address, key, part)
        if number < len(begun):
            await kit.adapter.edit(kit.address, begun[number], Part(part))
        else:
            await kit.adapter.send(kit.address, Part(part), key)
    shown = "\n".join(await kit.screen("theend"))
    assert re.findall(r"w\d{5}", shown) == words


async def test_a_stream_that_shows_nothing_leaves_nothing(kit: AdapterKit) -> None:
    if not isinstance(kit.adapter, NativeStream):
        pytest.skip("the platform cannot")
    stream = await kit.adapter.open_stream(kit.address, "t1")
    await stream.close()
    await kit.adapter.send(kit.address, Part("after"), "t2")
    assert await kit.screen("after") == ["after"]


async def test_the_longest_part_fits(kit: AdapterKit) -> None:
    can = kit.adapter.capabilities(kit.address)
    words = "word " * (can.text_limit // 5)
    await kit.adapter.send(kit.address, Part(words[: can.text_limit - 4] + "end."), "t1")
    assert (await kit.screen("end."))[0].endswith("end.")


async def test_a_very_long_answer_arrives_whole(kit: AdapterKit) -> None:
    """100 kB of everything, cut as the house cuts it: each word once, in its order, code and tables included."""
    can = kit.adapter.capabilities(kit.address)
    text, words = very_long(100_000)
    assert len(text.encode()) > 100_000
    for number, part in enumerate(split(text, can.text_limit, can.unit)):
        kit.room.answered(kit.address, f"t1.{number}", part)
        await kit.adapter.send(kit.address, Part(part), f"t1.{number}")
    shown = "\n".join(await kit.screen("theend"))
    assert re.findall(r"w\d{5}", shown) == words, "in order, nothing lost, nothing twice"
    for piece in ("世界你好", "مرحبا", "👨‍👩‍👧‍👦", "fn main"):
        assert shown.count(piece) == text.count(piece), piece
    assert "```" not in shown
    assert "|--" not in shown


def very_long(size: int) -> tuple[str, list[str]]:
    """An answer of at least `size` bytes, and the numbered words in it."""
    blocks: list[str] = []
    words: list[str] = []
    written = 0

    def word() -> str:
        words.append(f"w{len(words):05d}")
        return words[-1]

    while written < size:
        prose = " ".join(f"{word()} and more words" for _ in range(40))
        code = "\n".join(f"fn main() {{ {word()} }}" for _ in range(60))
        rows = "\n".join(f"| {word()} | 世界你好 | {word()} |" for _ in range(12))
        items = "\n".join(f"- {word()} **مرحبا** 👨‍👩‍👧‍👦" for _ in range(10))
        made = [prose, f"```rust\n{code}\n```", f"| a | b | c |\n|---|---|---|\n{rows}", items, f"> {word()} quoted"]
        blocks += made
        written += sum(len(each.encode()) + 2 for each in made)
    return "\n\n".join([*blocks, "theend"]), words


async def test_buttons_do_not_hurt(kit: AdapterKit) -> None:
    await kit.adapter.send(kit.address, Part("choose", (Button("Again", "retry", translate=False),)), "t1")
    assert "choose" in (await kit.screen("choose"))[0]


async def test_a_file_goes_out_where_promised(kit: AdapterKit) -> None:
    if not kit.adapter.capabilities(kit.address).files:
        pytest.skip("no files here")
    content = "print('ä')\n".encode() * 500
    await kit.adapter.send(kit.address, Part("the code", file=PartFile("main.py", "text/x-python", content)), "t1")
    await kit.screen("the code")
    assert kit.files() == [("main.py", content)]


async def test_a_title_is_shown_where_promised(kit: AdapterKit) -> None:
    adapter = kit.adapter
    if not isinstance(adapter, Titles):
        pytest.skip("nothing bears a title here")
    address, title = await kit.titled()
    await adapter.entitle(address, "Plans for *Sunday*")
    assert title() == "Plans for *Sunday*"
    await adapter.entitle(address, "Plans for *Sunday*")
    await adapter.entitle(address, "long " * 100)


async def test_typing_is_cosmetic(kit: AdapterKit) -> None:
    if not isinstance(kit.adapter, Typing):
        pytest.skip("nothing is shown while an answer is prepared")
    await kit.adapter.typing(kit.address)
    await kit.adapter.send(kit.address, Part("done"), "t1")
    assert await kit.screen("done") == ["done"]


async def test_hostile_words_are_only_words(kit: AdapterKit) -> None:
    text = "<script>alert(1)</script> <img src=https://evil.example/x> ![beacon](https://evil.example/y) end"
    await kit.adapter.send(kit.address, Part(text), "t1")
    assert "<script>alert(1)</script>" in (await kit.screen("end"))[0]


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "# {}",
        "- {}",
        "> {}",
        "**{}** and *{}*",
        "[{}](https://evil.example/)",
        "`{}`",
        "```\n{}\n```",
        "| a | b |\n|---|---|\n| {} | {} |",
        "\\{}",
    ],
)
async def test_words_never_ring_at_anybodys(kit: AdapterKit, form: str) -> None:
    needs(kit, "mention")
    text = form.replace("{}", f"{kit.mention()} @everyone @here @channel @all <!here> <@everyone>")
    await kit.adapter.send(kit.address, Part(f"{text}\n\nend"), "t1")
    await kit.adapter.send(kit.address, Part(f"{text}\n\nend", role="notice"), "t2")
    if isinstance(kit.adapter, NativeStream) and kit.adapter.capabilities(kit.address).native_stream:
        stream = await kit.adapter.open_stream(kit.address, "t3")
        for length in range(3, len(text), 11):
            await stream.show(text[:length])
        await stream.close()
    await kit.screen("end")
    assert kit.pings() == []


# -- what goes wrong


async def test_too_much_is_rate_limited_with_its_wait(kit: AdapterKit) -> None:
    needs(kit, "floods")
    kit.floods(1)
    with pytest.raises(RateLimited) as refused:
        await kit.adapter.send(kit.address, Part("too much"), "t1")
    assert refused.value.after == pytest.approx(1, abs=0.2)
    await asyncio.sleep(refused.value.after)
    await kit.adapter.send(kit.address, Part("now"), "t1")
    assert await kit.screen("now") == ["now"], "it is the house that tries again"


async def test_where_we_are_no_longer_wanted_is_forbidden(kit: AdapterKit) -> None:
    needs(kit, "leaves")
    await kit.adapter.send(kit.address, Part("hello"), "t1")
    await kit.leaves()
    with pytest.raises(Forbidden):
        await kit.adapter.send(kit.address, Part("anybody?"), "t2")


async def test_a_closed_adapter_says_so(kit: AdapterKit) -> None:
    await kit.adapter.close()
    with pytest.raises(AdapterError):
        await kit.adapter.send(kit.address, Part("too late"), "t1")
    await kit.adapter.close()


# -- what is promised


async def test_capabilities_and_abilities_agree(kit: AdapterKit) -> None:
    can = kit.adapter.capabilities(kit.address)
    assert isinstance(kit.adapter, NativeStream) or not can.native_stream
    assert can.typing == isinstance(kit.adapter, Typing)
    assert can.text_limit > 0
    assert can.edit_interval >= 0
    assert all(budget.calls > 0 and budget.seconds > 0 for budget in can.budgets)
    if isinstance(kit.adapter, CommandMenu):
        await kit.adapter.publish(())
    if isinstance(kit.adapter, Webhook):
        assert all(route.path.startswith("/") for route in kit.adapter.routes())


async def test_what_the_kit_lacks_the_platform_cannot_have(kit: AdapterKit) -> None:
    for doing, reason in kit.lacks.items():
        assert doing in DOINGS
        assert len(reason.split()) > 3, f"{doing}: say why"
    for doing, ability in OFFERED.items():
        assert not (isinstance(kit.adapter, ability) and doing in kit.lacks)
    if kit.adapter.capabilities(kit.address).redelivers:
        assert "again" not in kit.lacks


async def test_the_table_of_platforms_says_what_the_adapter_does(kit: AdapterKit, pytestconfig: pytest.Config) -> None:
    """The table in README.md is at the platforms themselves; a stand-in differs from those by its pace alone."""
    name = kit.adapter.name
    if name not in platforms.PLACES:
        pytestconfig.stash[GUEST] = platforms.row(name, kit.adapter, kit.address)
        return
    told = await platforms.rows_of(name)
    seen = {ChatKind.PRIVATE: kit.address}
    if "in_group" not in kit.lacks:
        await kit.in_group("hello", named=True)
        await hears(kit, 1)
        seen[ChatKind.GROUP] = kit.room.inbox[0].address
    assert {kind: row[1:-1] for kind, row in told.items()} == {
        kind: platforms.row("", kit.adapter, address)[1:-1] for kind, address in seen.items()
    }


def test_ours_are_all_there() -> None:
    from adapters.table import ADAPTERS

    assert {name.partition("-")[0] for name in KITS} == set(ADAPTERS) == set(platforms.PLACES)
