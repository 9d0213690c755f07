"""Files people send on a platform: brought to the shelf, read or named in words; voice notes written down."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.core.rules import Limits
from hub.domain.errors import Forbidden, RateLimited, Unreachable
from hub.domain.inbound import Attachment, Said
from hub.domain.model import Model, Price
from hub.domain.plan import Plan
from hub.domain.tokens import estimate_recording
from providers.kit.stand_in import Fault, Script
from storage import schema as s
from storage.store import StoreOn, open_store
from tests.kit.house import PaperHouse, paper_house, rules
from tests.kit.money import Clock, with_plan
from tests.kit.paper import PLAIN

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
VOICE = b"OggS" + b"\0" * 4_000
HEARING = Model("hearing", "stand-in", "whisper-1", free=True)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreOn]:
    store = await open_store(f"sqlite+aiosqlite:///{tmp_path / 'parley.db'}")
    yield store
    await store.close()


_ATTEMPTS = sa.select(s.attempts.c.purpose, s.attempts.c.model, s.attempts.c.state).order_by(s.attempts.c.id)


def file(source: str, media_type: str = "image/png", name: str = "a.png", size: int = 70) -> Attachment:
    return Attachment("", media_type, name, size, source)


async def asked(house: PaperHouse, text: str, *files: Attachment) -> Any:
    """What the model was asked when ann said this."""
    ann = house.person("ann")
    before = len(house.models.heard)
    await ann.says(Said(text, files))
    await house.rests(15)
    assert len(house.models.heard) == before + 1
    return house.models.heard[-1].body["messages"][-1]["content"]  # type: ignore[index]


async def attempts(store: StoreOn) -> list[tuple[Any, ...]]:
    rows = await store.ground.read(lambda link: link.all(_ATTEMPTS))
    return [tuple(row) for row in rows]


async def test_an_image_is_fetched_read_and_kept_under_the_shelfs_name(store: StoreOn) -> None:
    async with paper_house(store) as house:
        house.paper.files["p1"] = PNG
        content = await asked(house, "what is this?", file("p1", "application/octet-stream", "../evil\u202e.exe", 3))
        assert [part["type"] for part in content] == ["text", "image_url"]
        assert content[1]["image_url"]["url"].startswith("data:image/png;base64,")
        turn = await house.person("ann").says("/retry")
        (kept,) = (await store.last_exchange(turn.conversation_id))[0].attachments
        assert kept.source == ""
        assert kept.name == "evil.exe"
        assert (await store.get_file(1, kept.file)) == (kept, PNG)


async def test_text_is_read_and_what_cannot_be_is_named_to_the_model(store: StoreOn) -> None:
    limits = Limits(person_per_minute=0, file_size=2_000_000)
    async with paper_house(store, rules(limits=limits)) as house:
        house.paper.files |= {"t": b"the secret word is plum", "z": b"PK\3\4" + b"\0" * 50, "b": b"x" * 2_000_001}
        house.paper.files["f"] = [Forbidden("no")]
        content = await asked(
            house, "look", file("t", "text/plain", "notes.txt"), file("z", "application/zip", "all.zip"),
            file("b", "text/plain", "big.txt"), file("f", name="mine.png"),
            file("c", "image/png", "huge.png", 9_000_000),
            file("d", "image/png", "[log in](https:&#47;&#47;e.example).png", 9_000_000),
        )  # fmt: skip
        assert "the secret word is plum" in content
        assert "**all.zip** cannot be read here" in content
        assert "**big.txt** is too large: 2 MB is the most" in content
        assert "**huge.png** is too large" in content
        assert r"**\[log in](https:\&#47;\&#47;e.example).png** is too large" in content
        assert "**mine.png** could not be fetched" in content


async def test_files_alone_that_cannot_be_read_are_told_without_asking_a_model(store: StoreOn) -> None:
    async with paper_house(store) as house:
        ann = house.person("ann", language="de")
        house.paper.files["z"] = b"PK\3\4" + b"\0" * 50
        await ann.says(Said("", (file("z", "application/zip", "all.zip"),)))
        await ann.sees("**all.zip** ist hier nicht lesbar")
        await ann.says(Said("", (file("z", "application/zip", "all.zip"), file("gone", name="b.png"))))
        shown = await ann.sees("Nichts davon war lesbar")
        assert "all.zip" in shown
        assert "b.png" in shown
        assert house.models.heard == []


async def test_a_platform_that_hesitates_is_asked_again(store: StoreOn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.arrivals.PAUSES", (0.05, 0.05))
    async with paper_house(store) as house:
        house.paper.files["p"] = [Unreachable("later"), RateLimited(0.1), Unreachable("no")]
        assert "could not be fetched" in await asked(house, "look", file("p"))
        assert house.paper.files["p"] == []


async def test_a_voice_note_is_written_down_with_an_attempt(store: StoreOn) -> None:
    async with paper_house(store, rules(hearing=HEARING)) as house:
        house.paper.files["v"] = VOICE
        ann = house.person("ann")
        await ann.says(Said("", (file("v", "audio/ogg", "voice.ogg"),)))
        await ann.sees(f"You said: {house.models.said}")
        await ann.says(Said("this one", (file("v", "audio/ogg", "voice.ogg"),)))
        await ann.sees(f"You said: this one\n\n{house.models.said}")
        await house.rests()
        assert [row[:3] for row in await attempts(store)] == [
            ("transcription", "hearing", "done"),
            ("answer", "first", "done"),
        ] * 2
        await ann.says("/why")
        assert "hearing" not in await ann.sees("How the last answer came about")


async def test_a_voice_note_is_charged_what_the_vendor_reports_or_the_estimate(store: StoreOn) -> None:
    """14 tokens read and 5 written; then nobody says how many."""
    price = Price(1_000_000, 3_000_000)
    hears = rules(hearing=Model("hearing", "stand-in", "whisper-1", price=price))
    columns = (s.attempts.c.purpose, s.attempts.c.charged, s.attempts.c.held, s.attempts.c.estimated)
    kept = sa.select(*columns).order_by(s.attempts.c.id)
    async with paper_house(store, hears) as house:
        house.paper.files["v"] = VOICE
        ann = house.person("ann")
        for counted in (True, False):
            house.models.counts = counted
            await ann.says(Said("", (file("v", "audio/ogg", "voice.ogg"),)))
            await ann.sees("You said: Good morning", times=2 - counted)
        await house.rests()
        rows = [tuple(row) for row in await store.ground.read(lambda link: link.all(kept))]
    asked = estimate_recording(len(VOICE))
    held = price.most(asked, asked // 2)
    heard = [row[1:] for row in rows if row[0] == "transcription"]
    assert heard == [(14 + 3 * 5, held, 0), (asked, held, 1)]


async def test_without_a_model_for_it_voice_is_said_to_be_unheard(store: StoreOn) -> None:
    async with paper_house(store) as house:
        house.paper.files |= {"v": VOICE, "hidden": VOICE}
        ann = house.person("ann")
        await ann.says(Said("", (file("v", "audio/ogg", "voice.ogg"),)))
        await ann.sees("Voice messages cannot be heard here yet")
        await ann.says(Said("", (file("hidden", "image/png", "photo.png"),)))
        await ann.sees("Voice messages cannot be heard here yet", times=2)
        assert house.models.heard == []
        assert await attempts(store) == []


async def test_a_recording_that_nobody_understood_is_told(store: StoreOn) -> None:
    async with paper_house(store, rules(hearing=HEARING)) as house:
        house.paper.files["v"] = VOICE
        ann = house.person("ann")
        house.models.next(Script(fault=Fault.STATUS, status=503))
        await ann.says(Said("", (file("v", "audio/ogg", "voice.ogg"),)))
        await ann.sees("could not be understood right now")
        house.models.said = ""
        await ann.says(Said("", (file("v", "audio/ogg", "voice.ogg"),)))
        await ann.sees("Nothing could be heard")
        await house.rests()
        assert [row[2] for row in await attempts(store)] == ["failed", "done"]


async def test_a_stop_ends_the_fetching_too(store: StoreOn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.core.arrivals.PAUSES", (30.0,))
    async with paper_house(store) as house:
        house.paper.files["p"] = [Unreachable("later")]
        ann = house.person("ann")
        await ann.says(Said("look", (file("p"),)))
        while house.paper.files["p"]:
            await asyncio.sleep(0.01)
        await ann.says("/stop")
        await ann.sees("Stopped.")
        assert house.models.heard == []


CODE = "\n".join(f"print({number:03})" for number in range(60))
ANSWER = f"Here it is.\n\n```python\n{CODE}\n```\n\nGood luck, and tell me whether it works."
TAKES_FILES = replace(PLAIN, text_limit=200, files=True)


def sent(house: PaperHouse) -> list[tuple[str, str]]:
    """What stands on ann's screen: words, or the name of a file."""
    return [(shown.part.text, shown.part.file.name if shown.part.file else "") for shown in house.paper.screen.values()]


@pytest.mark.parametrize("pace", [0.0, 0.01])
async def test_code_too_long_for_a_message_goes_out_as_a_file(store: StoreOn, pace: float) -> None:
    async with paper_house(store, capabilities=TAKES_FILES) as house:
        house.models.default = Script(text=ANSWER, pace=pace)
        ann = house.person("ann")
        await ann.says("code, please")
        await house.rests()
        words = "Here it is.\n\nThe code is in the file **code-1.py**.\n\nGood luck, and tell me whether it works."
        assert [(" ".join(text.split()), name) for text, name in sent(house)] == [
            (" ".join(words.split()), ""),
            ("", "code-1.py"),
        ]
        (file_part,) = [shown.part for shown in house.paper.screen.values() if shown.part.file]
        assert file_part.file is not None
        assert file_part.file.content.decode() == CODE
        assert (await store.last_exchange((await ann.says("/why")).conversation_id))[1].text == ANSWER


async def test_where_files_cannot_go_out_code_is_cut(store: StoreOn) -> None:
    async with paper_house(store, capabilities=replace(TAKES_FILES, files=False)) as house:
        house.models.default = Script(text=ANSWER)
        await house.person("ann").says("code, please")
        await house.rests()
        assert len(sent(house)) > 3
        assert all(not name for _, name in sent(house))


async def test_a_file_that_was_sent_is_not_sent_again(store: StoreOn) -> None:
    async with paper_house(store, capabilities=replace(TAKES_FILES, edits=False, typing=False)) as house:
        both = f"{ANSWER}\n\n```sql\n{CODE}\n```"
        house.models.default = Script(text=both)
        house.paper.faults = [None, None, RateLimited(0.1), None, None]
        await house.person("ann").says("code, please")
        await house.rests()
        assert [name for _, name in sent(house)] == ["", "code-1.py", "code-2.sql"]

        house.paper.faults = [None, None, Unreachable("gone")]
        await house.person("ann").says("again")
        await house.person("ann").sees("Here it is", times=2)
        async with asyncio.timeout(10):
            while len(sent(house)) < 6:
                await asyncio.sleep(0.05)
        assert [name for _, name in sent(house)][3:] == ["", "code-1.py", "code-2.sql"]


async def test_a_plan_takes_smaller_files(store: StoreOn) -> None:
    async with paper_house(store, with_plan(Plan("small", file_size=60))) as house:
        house.paper.files["p1"] = PNG
        content = await asked(house, "look", file("p1"))
        assert "**a.png** is too large" in content


async def test_a_plan_takes_so_many_files_a_day(store: StoreOn) -> None:
    clock = Clock()
    async with paper_house(store, with_plan(Plan("small", files_per_day=3)), clock=clock) as house:
        house.paper.files |= {"p1": PNG, "p2": PNG}
        await asked(house, "two", file("p1"), file("p2", name="b.png"))
        content = await asked(house, "two more", file("p1"), file("p2", name="c.png"))
        assert [part["type"] for part in content] == ["text", "image_url"]
        assert "Your plan **small** takes 3 files a day. **c.png** has to wait until tomorrow." in content[0]["text"]
        ann = house.person("ann")
        await ann.says(Said("", (file("p1"),)))
        await ann.sees("**a.png** has to wait until tomorrow")
        clock.passes(1)
        assert [part["type"] for part in await asked(house, "a day later", file("p1"))] == ["text", "image_url"]
