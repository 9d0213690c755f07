"""What every adapter promises, whichever platform it speaks to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from hub.domain.errors import AdapterError
from hub.domain.inbound import Said
from hub.domain.reply import Button, Part
from hub.ports.adapter import CommandMenu, Erase, NativeStream, Typing, Webhook

from .kit import KITS, AdapterKit


@pytest.fixture(params=sorted(KITS))
async def kit(request: pytest.FixtureRequest) -> AsyncIterator[AdapterKit]:
    kit = await KITS[request.param]()
    yield kit
    await kit.stop()


async def test_the_name_is_the_platform_of_its_addresses(kit: AdapterKit) -> None:
    await kit.says("hello")
    inbound = kit.room.inbox[0]
    assert inbound.address == kit.address
    assert inbound.address.platform == kit.adapter.name
    assert inbound.content == Said("hello")
    assert inbound.event_id
    assert inbound.sender.user


async def test_what_a_person_says_has_an_id_of_its_own(kit: AdapterKit) -> None:
    await kit.says("same")
    await kit.says("same")
    assert len({inbound.event_id for inbound in kit.room.inbox}) == 2


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


async def test_an_edit_replaces_where_promised(kit: AdapterKit) -> None:
    if not kit.adapter.capabilities(kit.address).edits:
        pytest.skip("the platform cannot")
    ref = await kit.adapter.send(kit.address, Part("old words"), "t1")
    await kit.adapter.edit(kit.address, ref, Part("new words"))
    await kit.adapter.edit(kit.address, ref, Part("new words"))
    assert await kit.screen("new words") == ["new words"]


async def test_a_growing_text_ends_whole(kit: AdapterKit) -> None:
    if not isinstance(kit.adapter, NativeStream):
        pytest.skip("the platform cannot")
    text = "# Title\n\nFirst *words*, then a list:\n\n- one\n- two\n\n```python\nprint(1)\n```\n\nand an end."
    stream = await kit.adapter.open_stream(kit.address, "t1")
    for end in range(5, len(text), 7):
        await stream.show(text[:end])
        await asyncio.sleep(0)
    await stream.close()
    if stream.ref is None:
        await kit.adapter.send(kit.address, Part(text), "t1")
    else:
        await kit.adapter.edit(kit.address, stream.ref, Part(text))
    shown = await kit.screen("and an end.")
    assert len(shown) == 1
    for words in ("Title", "First words", "one", "two", "print(1)"):
        assert words in shown[0]
    assert await kit.frames() > 1


async def test_a_stream_that_shows_nothing_leaves_nothing(kit: AdapterKit) -> None:
    if not isinstance(kit.adapter, NativeStream):
        pytest.skip("the platform cannot")
    stream = await kit.adapter.open_stream(kit.address, "t1")
    await stream.close()
    await kit.adapter.send(kit.address, Part("after"), "t2")
    assert await kit.screen("after") == ["after"]


async def test_capabilities_and_abilities_agree(kit: AdapterKit) -> None:
    can = kit.adapter.capabilities(kit.address)
    assert isinstance(kit.adapter, NativeStream) or not can.native_stream
    assert can.typing == isinstance(kit.adapter, Typing)
    assert can.text_limit > 0
    assert can.edit_interval >= 0
    abilities = {NativeStream, Typing, Erase, Webhook, CommandMenu}
    assert any(isinstance(kit.adapter, ability) for ability in abilities)


async def test_the_longest_part_fits(kit: AdapterKit) -> None:
    can = kit.adapter.capabilities(kit.address)
    words = "word " * (can.text_limit // 5)
    await kit.adapter.send(kit.address, Part(words[: can.text_limit - 4] + "end."), "t1")
    assert (await kit.screen("end."))[0].endswith("end.")


async def test_buttons_do_not_hurt(kit: AdapterKit) -> None:
    await kit.adapter.send(kit.address, Part("choose", (Button("Again", "retry", translate=False),)), "t1")
    assert await kit.screen("choose") == ["choose"]


async def test_hostile_words_are_only_words(kit: AdapterKit) -> None:
    text = "<script>alert(1)</script> <img src=https://evil.example/x> ![beacon](https://evil.example/y) end"
    await kit.adapter.send(kit.address, Part(text), "t1")
    assert "<script>alert(1)</script>" in (await kit.screen("end"))[0]


async def test_a_closed_adapter_says_so(kit: AdapterKit) -> None:
    await kit.adapter.close()
    with pytest.raises(AdapterError):
        await kit.adapter.send(kit.address, Part("too late"), "t1")
    await kit.adapter.close()
