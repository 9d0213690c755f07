"""What only PostgreSQL has: many processes, and a server that goes away."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from hub.domain.errors import StoreDown
from hub.domain.money import Unit
from storage.link import Link
from storage.store import StoreOn, open_store
from storage.verbs.attempts import find_attempt, open_attempt
from storage.verbs.finish import finish_turn
from tests.contract.store.conftest import Database, Person, attempt_for, ending, taken
from tests.contract.store.money_kit import payer
from tests.kit.postgres import Server

pytestmark = pytest.mark.parametrize("database", ["postgres"], indirect=True)

KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley' AND datname = '{}'"


async def test_a_killed_connection_heals(database: Database, store: StoreOn) -> None:
    assert database.server is not None
    ann = Person(store)

    async def kill_after(seconds: float) -> None:
        await asyncio.sleep(seconds)
        await database.server.run(KILL.format(database.name))  # type: ignore[union-attr]

    for number in range(40):
        # as often as a turn goes on, at another moment of it: however slow the machine, it is hit and goes on
        killing = asyncio.create_task(kill_after(number % 8 * 0.004))
        accepted = await ann.says(f"{number}", event=f"e{number}")
        turn = await taken(store, accepted.conversation_id)
        await store.finish_turn(ending(turn, f"a{number}"))
        await killing
    assert await database.number("SELECT count(*) FROM inbox WHERE state = 'replied'") == 40
    assert await database.number("SELECT count(*) FROM outbox") == 40
    assert await database.number("SELECT count(*) FROM messages") == 80


async def test_a_commit_whose_answer_was_lost_is_found_again(database: Database, store: StoreOn) -> None:
    turn = await taken(store, (await Person(store).says("hi")).conversation_id)
    lost: list[str] = []

    def once(verb):  # type: ignore[no-untyped-def]
        def again(link: Link, *args):  # type: ignore[no-untyped-def]
            return verb(link, *args)

        return again

    real = store.ground._once  # type: ignore[attr-defined]

    async def answer_lost(verb, args):  # type: ignore[no-untyped-def]
        found = await real(once(verb), args)
        if verb not in (find_attempt,) and verb.__name__ not in lost:
            lost.append(verb.__name__)
            raise ConnectionResetError
        return found

    store.ground._once = answer_lost  # type: ignore[attr-defined]
    attempt = await store.open_attempt(attempt_for(turn), turn.lease)
    item = (await store.finish_turn(ending(turn, attempt=attempt))).item
    assert lost == [open_attempt.__name__, finish_turn.__name__]
    assert item is not None
    assert await database.number("SELECT count(*) FROM attempts") == 1
    assert await database.number("SELECT count(*) FROM outbox") == 1
    assert await database.number("SELECT count(*) FROM messages") == 2


async def test_what_was_given_is_told_though_the_answer_to_its_commit_was_lost(
    database: Database, store: StoreOn
) -> None:
    ann = await payer(store)
    real, lost = store.ground._once, list[str]()  # type: ignore[attr-defined]

    async def answer_lost(verb, args):  # type: ignore[no-untyped-def]
        found = await real(verb, args)
        if verb.__name__ in ("grant", "adjust") and lost.count(verb.__name__) == 0:
            lost.append(verb.__name__)
            raise ConnectionResetError
        return found

    store.ground._once = answer_lost  # type: ignore[attr-defined]
    assert await ann.gets(100, key="once")
    assert await store.adjust(1, ann.id, Unit.MICRO, -30, "back", "")
    assert lost == ["grant", "adjust"]
    assert not await ann.gets(100, key="once")
    assert not await store.adjust(1, ann.id, Unit.MICRO, -30, "back", "")
    assert await ann.figures() == (70, 0, 0, 0)


async def test_a_held_lock_is_told(database: Database, store: StoreOn) -> None:
    assert database.server is not None
    turn = await taken(store, (await Person(store).says("hi")).conversation_id)
    other = await asyncpg.connect(database.server.dsn(database.name))
    try:
        async with other.transaction():
            await other.execute("SELECT * FROM conversations FOR UPDATE")
            with pytest.raises(StoreDown, match="locked"):
                await store.mark_shown(turn.id, turn.lease, "so")
        await store.mark_shown(turn.id, turn.lease, "so")
    finally:
        await other.close()


async def test_sessions_have_their_limits(database: Database, store: StoreOn) -> None:
    assert database.server is not None
    await store.check()
    from sqlalchemy import text

    def show(link: Link, name: str) -> object:
        row = link.one(text(f"SHOW {name}"))
        return row[0] if row else None

    assert await store.ground.read(show, "statement_timeout") == "10s"
    assert await store.ground.read(show, "lock_timeout") == "3s"
    assert await store.ground.read(show, "idle_in_transaction_session_timeout") == "30s"
    assert await store.ground.read(show, "transaction_isolation") == "read committed"


async def test_nobody_at_the_other_end_is_told(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreDown, match="cannot be reached") as told:
        await open_store("postgresql+asyncpg://ann:secret@127.0.0.1:1/parley")
    assert "secret" not in str(told.value)
    assert database.server is not None
    with pytest.raises(StoreDown, match="does not exist"):
        await open_store(database.server.url("nothing_here"))


async def test_opening_at_once_makes_one_schema(database: Database, postgres: Server) -> None:
    name = await postgres.new_database()
    stores = await asyncio.gather(*(open_store(postgres.url(name)) for _ in range(4)))
    assert len(await postgres.run("SELECT * FROM alembic_version", name)) == 1
    assert len(await postgres.run("SELECT * FROM tenants", name)) == 1
    for store in stores:
        await store.close()
    await postgres.drop(name)
