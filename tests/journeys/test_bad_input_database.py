"""The database is locked by another process, or its disk is full: nothing is accepted that cannot be kept, nothing that
was accepted is lost, and the house heals by itself once it may write again."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from adapters.web.sandbox import Person, Refused
from providers.kit.stand_in import Script
from tests.kit.running import House, answered, finished, running_house, until

STORY = "word " * 20 + "end"

STORE_DOWN = {
    "en": "Parley cannot save messages right now, so it takes none. Nothing is lost; please try again in a moment.",
    "de": "Parley kann gerade nichts speichern und nimmt deshalb nichts an. Nichts ist verloren; bitte versuche es "
    "gleich wieder.",
}


async def readiness(house: House) -> tuple[int, str]:
    """Status of /readyz, and what it says of the database."""
    async with aiohttp.ClientSession() as http, http.get(f"{house.hub.url}/readyz") as answer:
        return answer.status, (await answer.json())["database"]


async def refusal(person: Person, text: str, key: str) -> Refused:
    """What is said to somebody whose message is not taken."""
    with pytest.raises(Refused) as caught:
        await person.call("POST", "/web/v1/messages", {"text": text}, Idempotency_Key=key)
    return caught.value


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process writes, and does not come to an end."""
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        other.close()


def sound(path: Path) -> bool:
    """Whether the file is whole."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


async def test_a_locked_database_is_told_and_everything_is_kept(tmp_path: Path) -> None:
    """Held longer than anybody waits for it: two answers under way, one with words on the screen, and two who write."""
    async with running_house(tmp_path) as house, AsyncExitStack() as stack:
        seen, early, ann = [await stack.enter_async_context(Person(house.hub.url)) for _ in range(3)]
        bob = await stack.enter_async_context(Person(house.hub.url, language="de"))
        await ann.says("before")
        await ann.sees("You said: before")
        house.models.next(Script(text=STORY, pace=0.1), Script(wait=1))
        await seen.says("a story")
        await seen.until(lambda: next((each for each in seen.answers() if each["nodes"]), None), 10, "a first word")
        await early.says("a word")
        await until(lambda: _asked(house, 3), 10, "both are being answered")
        with locked(tmp_path / "parley.db"):
            told = await asyncio.gather(
                refusal(ann, "during", "k1"), refusal(bob, "mittendrin", "k2"), readiness(house), ann.history()
            )
            for refused, language in zip(told[:2], ("en", "de"), strict=True):
                assert (refused.status, refused.key, refused.words) == (503, "store_down", STORE_DOWN[language])
            assert told[2] == (503, "cannot be written")
            assert [message["text"] for message in told[3]] == ["before", "You said: before"]
            talking = asyncio.gather(ann.says("during", key="k1"), bob.says("mittendrin", key="k2"))
            await until(lambda: _logged(house, "waits to be stored"), 20, "an end is refused")
        await talking
        await ann.sees("You said: during")
        await bob.sees("You said: mittendrin")
        assert await answered(seen, 1) == [STORY], "what was generated is kept, also what could not be stored at first"
        assert await answered(early, 1) == ["You said: a word"]
        await until(lambda: _ready(house), 10, "ready again")
        for person in (seen, early, ann, bob):
            await person.says("after")
            await person.sees("You said: after")
        assert sorted(house.asked()[:5]) == ["a story", "a word", "before", "during", "mittendrin"]
        assert house.asked()[5:] == ["after"] * 4, "nothing was generated twice"
        assert [message["text"] for message in finished(ann)] == [
            f"You said: {w}" for w in ("before", "during", "after")
        ]
        assert "a message from web is not taken: the database is locked by another process" in house.hub.log
        assert "Traceback" not in house.hub.log
    assert sound(tmp_path / "parley.db")


async def _logged(house: House, words: str) -> bool:
    return words in house.hub.log


async def _asked(house: House, calls: int) -> bool:
    return len(house.models.heard) == calls


async def _ready(house: House) -> bool:
    return (await readiness(house))[0] == 200


@dataclass(frozen=True)
class Disk:
    """A place for the database that can be full."""

    folder: Path
    fill: Callable[[House], None]
    clear: Callable[[House], None]


@pytest.fixture(params=["small disk", "file limit"])
async def disk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if request.param == "file limit":
        if not sys.platform.startswith("linux"):
            pytest.skip("a running process's file size can be limited on Linux only")
        yield Disk(folder, lambda house: _limit(house, folder), _unlimit)
        return
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk needs root; the file limit stands in for it")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"this root may not mount ({mounted.stderr.strip()}); the file limit stands in for it")
    try:
        yield Disk(folder, lambda _: _fill(folder), lambda _: (folder / "ballast").unlink())
    finally:
        subprocess.run(["umount", folder], check=True)


def _fill(folder: Path) -> None:
    """Write until nothing more fits, bytes that are no whole page too."""
    with (folder / "ballast").open("wb", buffering=0) as ballast:
        for size in (4096, 1):
            try:
                while ballast.write(b"x" * size):
                    pass
            except OSError:
                continue


def _limit(house: House, folder: Path) -> None:
    """Let no file of the process grow beyond what its database has now."""
    size = max(each.stat().st_size for each in folder.iterdir())
    _, hard = resource.prlimit(house.hub.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(house.hub.pid, resource.RLIMIT_FSIZE, (size, hard))


def _unlimit(house: House) -> None:
    _, hard = resource.prlimit(house.hub.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(house.hub.pid, resource.RLIMIT_FSIZE, (hard, hard))


async def test_a_full_disk_is_told_and_the_house_heals_without_a_restart(disk: Disk, tmp_path: Path) -> None:
    file = disk.folder / "parley.db"
    async with (
        running_house(tmp_path, database=f"sqlite:///{file}") as house,
        Person(house.hub.url) as ann,
        Person(house.hub.url, language="de") as bob,
    ):
        pid = house.hub.pid
        await ann.says("before")
        await ann.sees("You said: before")
        disk.fill(house)
        taken, refused = await _until_refused(ann)
        assert (refused.status, refused.key, refused.words) == (503, "store_down", STORE_DOWN["en"])
        german = await refusal(bob, "x" * 20_000, "b")
        assert (german.status, german.words) == (503, STORE_DOWN["de"])
        assert [message["text"] for message in await ann.history()][:2] == ["before", "You said: before"]
        await until(lambda: _said_unready(house), 10, "readiness refused")

        disk.clear(house)
        await until(lambda: _ready(house), 20, "ready again")
        assert house.hub.pid == pid
        await ann.says(f"m{taken} " + "x" * 20_000, key=f"k{taken}")
        await bob.says("danach", key="b2")
        await bob.sees("You said: danach")
        texts = await answered(ann, taken + 2)
        assert len(texts) == taken + 2, "one answer to each message that was taken"
        assert sorted(text[:13] for text in texts[1:]) == sorted(f"You said: m{n} "[:13] for n in range(taken + 1))
        assert not any("broke off" in text for text in texts)
        assert len(house.models.heard) == taken + 3, "nothing was generated twice"
        assert await house.hub.stop() == 0
    assert sound(file)


async def _until_refused(ann: Person) -> tuple[int, Refused]:
    """Long messages until one is not taken; how many were, and the refusal."""
    for number in range(100):
        try:
            body = {"text": f"m{number} " + "x" * 20_000}
            await ann.call("POST", "/web/v1/messages", body, Idempotency_Key=f"k{number}")
        except Refused as refused:
            return number, refused
    raise AssertionError("the disk was never full")


async def _said_unready(house: House) -> bool:
    return await readiness(house) == (503, "cannot be written")
