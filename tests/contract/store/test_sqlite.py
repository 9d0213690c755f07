"""What only SQLite has: one writer, one file, one `parley run`, and a disk that can be full."""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.domain.errors import SettingsError, StoreDown
from storage.link import Link
from storage.sqlite import writer as writing
from storage.sqlite.ground import SqliteGround
from storage.verbs.care import house_secret
from tests.contract.store.conftest import Database, Person, answer, ending, taken

HOLD = """
import asyncio, sys
from storage.store import open_store
async def main():
    store = await open_store(sys.argv[1], alone=True)
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await store.close()
asyncio.run(main())
"""


def ground_of(store: Any) -> SqliteGround:
    assert isinstance(store.ground, SqliteGround)
    return store.ground


async def test_many_verbs_one_commit(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    before = ground_of(store).commits
    await asyncio.gather(*(Person(store, user=f"u{n}").says("hi") for n in range(200)))
    # a batch is cut after a few milliseconds, which on a busy machine hold fewer verbs
    assert ground_of(store).commits - before <= 20
    assert await sqlite_file.number("SELECT count(*) FROM inbox") == 200


async def test_the_log_is_copied_into_the_file_while_nobody_waits(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    ann = Person(store)
    assert sqlite_file.path is not None
    untouched = sqlite_file.path.stat().st_mtime_ns
    while ground_of(store).commits < writing.CALM_COMMITS:
        assert sqlite_file.path.stat().st_mtime_ns == untouched, "while somebody writes, and where little was written"
        await ann.says("a word")
        await asyncio.sleep(writing.CALM_SECONDS / 20)
    async with asyncio.timeout(10):
        while sqlite_file.path.stat().st_mtime_ns == untouched:
            await asyncio.sleep(writing.CALM_SECONDS)
    await asyncio.sleep(10 * writing.CALM_SECONDS)  # the file is touched while it is copied into, not at the end alone
    copied = sqlite_file.path.stat().st_mtime_ns
    await ann.says("one more")
    await asyncio.sleep(10 * writing.CALM_SECONDS)
    assert sqlite_file.path.stat().st_mtime_ns == copied


async def test_verbs_that_come_while_the_log_is_copied(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    said = 0
    for pause in range(60):
        count = writing.CALM_COMMITS // 2
        for _ in range(count):
            await Person(store, user=f"u{said}").says("hi")
            said += 1
        await asyncio.sleep(writing.CALM_SECONDS * (0.9 + pause / 300))
    assert await sqlite_file.number("SELECT count(*) FROM inbox") == said


async def test_a_failing_verb_fails_alone(sqlite_file: Database) -> None:
    store = await sqlite_file.open()

    def writes_then_fails(link: Link) -> None:
        house_secret(link, "of the failed")
        raise ZeroDivisionError

    def fails_in_the_database(link: Link) -> None:
        link.run(broken, {})

    from sqlalchemy import text

    broken = text("INSERT INTO identities (tenant_id, account_id) VALUES (99, 99)")
    ann = Person(store)
    results = await asyncio.gather(
        ann.says("before"),
        store.ground.write(writes_then_fails),
        store.ground.write(fails_in_the_database),
        ann.says("after"),
        return_exceptions=True,
    )
    assert isinstance(results[1], ZeroDivisionError)
    assert isinstance(results[2], sqlite3.IntegrityError)
    assert await sqlite_file.sql("SELECT content FROM inbox ORDER BY id") == [('["before",[]]',), ('["after",[]]',)]
    assert await sqlite_file.number("SELECT count(*) FROM house") == 0


async def test_the_queue_has_a_bound(sqlite_file: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await sqlite_file.open()
    monkeypatch.setattr(writing, "QUEUE_BOUND", 3)

    def slow(link: Link) -> None:
        time.sleep(0.2)

    first = asyncio.ensure_future(store.ground.write(slow))
    await asyncio.sleep(0.05)
    waiting = [asyncio.ensure_future(store.check()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(StoreDown, match="too much waits"):
        await store.check()
    await asyncio.gather(first, *waiting)
    await store.check()


async def test_what_is_queued_is_written_before_closing(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    waiting = [asyncio.ensure_future(Person(store, user=f"u{n}").says("hi")) for n in range(50)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    assert await sqlite_file.number("SELECT count(*) FROM inbox") == 50
    with pytest.raises(StoreDown):
        await store.check()


async def test_a_second_run_is_refused_in_plain_words(sqlite_file: Database) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, sqlite_file.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert await asyncio.to_thread(holder.stdout.readline) == "open\n"
        with pytest.raises(SettingsError, match=rf"another `parley run` \(process {holder.pid}\).*stop it first"):
            await sqlite_file.open(alone=True)
        beside = await sqlite_file.open()
        await Person(beside).says("hi")
        holder.kill()
        await asyncio.to_thread(holder.wait)
        store = await sqlite_file.open(alone=True)
        assert (await store.counts())["waiting"] == 1
    finally:
        holder.kill()
        holder.wait()
        holder.stdin.close()
        holder.stdout.close()


async def test_a_full_disk_is_told_and_healed(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    ann = Person(store)
    conversation = (await ann.says("hi")).conversation_id

    def limit(pages: int) -> Any:
        def verb(link: Link) -> None:
            from sqlalchemy import text

            link.all(text(f"PRAGMA max_page_count={pages}"))

        return verb

    pages = await sqlite_file.number("PRAGMA page_count")
    await store.ground.write(limit(pages + 2))
    results = await asyncio.gather(
        *(store.put_file(ann.address, "image/png", "big", b"x" * 1_000_000) for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(one, StoreDown) and "full" in str(one) for one in results)
    mixed = await asyncio.gather(
        store.check(), store.put_file(ann.address, "image/png", "big", b"x" * 1_000_000), return_exceptions=True
    )
    assert not isinstance(mixed[0], BaseException)
    assert isinstance(mixed[1], StoreDown)
    assert len(await store.screen(ann.address, 9)) == 1
    await store.ground.write(limit(1_000_000))
    await store.put_file(ann.address, "image/png", "big", b"x" * 1_000_000)
    await answer(store, conversation)
    assert await sqlite_file.number("PRAGMA integrity_check") == "ok"


async def test_a_lock_held_elsewhere_is_told_and_waited_for(
    sqlite_file: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BUSY_TIMEOUT_MS", 200)
    store = await sqlite_file.open()
    assert sqlite_file.path is not None
    other = sqlite3.connect(sqlite_file.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ann = Person(store)
    with pytest.raises(StoreDown, match="locked by another process"):
        await ann.says("hi", event="e")
    assert await store.screen(ann.address, 9) == []
    async with free_loop():
        patient = asyncio.ensure_future(ann.says("hi", event="e"))
        await asyncio.sleep(0.1)
        other.execute("COMMIT")
        assert not (await patient).duplicate
    other.close()


@asynccontextmanager
async def free_loop() -> AsyncIterator[None]:
    """Inside, the event loop gets to everything else every now and then."""
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0)
            gaps.append(time.perf_counter() - before)

    ticking = asyncio.create_task(tick())
    yield
    ticking.cancel()
    assert max(gaps) < 0.1


def dawdle(link: Link, seconds: float) -> float:
    time.sleep(seconds)
    return seconds


async def test_what_takes_long_does_not_hold_up_the_loop(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    ann = Person(store)
    turn = await taken(store, (await ann.says("first")).conversation_id)
    async with free_loop():
        long = asyncio.ensure_future(store.ground.write(dawdle, 0.3, long=True))
        await asyncio.sleep(0)
        await store.renew_lease(turn.lease, 60)
        assert long.done(), "in the order of their coming"
        long = asyncio.ensure_future(store.ground.write(dawdle, 0.3, long=True))
        await asyncio.sleep(0)
        behind = asyncio.ensure_future(store.ground.write(dawdle, 0.3, long=True))
        await ann.says("somebody waits for a first word")
        assert not behind.done(), "which comes before what nobody waits for"
        await asyncio.gather(long, behind)
        assert await asyncio.gather(*(store.ground.write(dawdle, 0.01) for _ in range(30))) == [0.01] * 30
    assert await sqlite_file.number("SELECT count(*) FROM inbox") == 2


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite+aiosqlite://", "must name a file"),
        ("sqlite+aiosqlite:///:memory:", "must name a file"),
        ("sqlite+aiosqlite:////nowhere/at/all.db", "does not exist"),
        ("mysql://u:secret@h/d", "must begin with"),
        ("secret", "cannot be read"),
    ],
)
async def test_a_wrong_url_is_told_without_repeating_it(url: str, words: str) -> None:
    from storage.store import open_store

    with pytest.raises(SettingsError, match=words) as told:
        await open_store(url)
    assert "secret" not in str(told.value)


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    from storage.store import open_store

    path = tmp_path / "letter.db"
    path.write_text("Dear Ann, " * 1000)
    with pytest.raises(StoreDown, match="not a database"):
        await open_store(f"sqlite+aiosqlite:///{path}")
    with pytest.raises(SettingsError, match="FULL, NORMAL or EXTRA"):
        await open_store(f"sqlite+aiosqlite:///{tmp_path / 'a.db'}", synchronous="sometimes")


@pytest.mark.parametrize(("asked", "stored"), [("FULL", 2), ("NORMAL", 1)])
async def test_the_promised_pragmas(sqlite_file: Database, asked: str, stored: int) -> None:
    from sqlalchemy import text

    store = await sqlite_file.open(synchronous=asked)

    def pragma(link: Link, name: str) -> Any:
        row = link.one(text(f"PRAGMA {name}"))
        assert row is not None
        return row[0]

    assert await store.ground.write(pragma, "synchronous") == stored
    assert await store.ground.write(pragma, "journal_mode") == "wal"
    assert await store.ground.write(pragma, "foreign_keys") == 1
    assert await store.ground.write(pragma, "busy_timeout") == 0, "the writer waits for a lock itself, off the loop"


async def test_killed_at_any_instant_the_committed_stays(sqlite_file: Database) -> None:
    program = """
import asyncio, sys
from hub.domain.address import Address
from hub.domain.inbound import Inbound, Said, Sender
from storage.store import open_store
async def main():
    store = await open_store(sys.argv[1])
    for n in range(100000):
        await store.accept(Inbound(Address(1, "web", "s", "c"), Sender("u"), str(n), Said("hi")), overtakes=False,
                           bound=10**9)
        print(n, flush=True)
asyncio.run(main())
"""
    victim = subprocess.Popen([sys.executable, "-c", program, sqlite_file.url], stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    for _ in range(50):
        await asyncio.to_thread(victim.stdout.readline)
    victim.kill()
    acknowledged = 50 + len((await asyncio.to_thread(victim.stdout.read)).split("\n")) - 2
    victim.wait()
    victim.stdout.close()
    store = await sqlite_file.open()
    assert await sqlite_file.number("SELECT count(*) FROM inbox") >= acknowledged
    turn = await taken(store, 1)
    assert turn.inbound.event_id == "0"
    await store.finish_turn(ending(turn))
