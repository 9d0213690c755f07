"""A database of either kind with two tenants in it, and a person who speaks to its store."""

import itertools
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hub.domain.address import Address, ChatKind
from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt
from hub.domain.completion import Usage
from hub.domain.inbound import Accepted, Content, Inbound, Said, Sender
from hub.domain.reply import Reply
from hub.domain.turn import Exchange, InboxState, OutboxItem, Taking, Turn, Window
from hub.ports.store import FinishedTurn
from storage.store import StoreOn, open_store
from tests.kit.postgres import Server, apart

_events = itertools.count(1)


@dataclass
class Database:
    """Where a store lives, and a way to look at it that is not the store's."""

    kind: str
    url: str
    path: Path | None = None
    server: Server | None = None
    name: str = ""
    stores: list[StoreOn] = field(default_factory=list)

    async def open(self, **options: Any) -> StoreOn:
        store = await open_store(self.url, **options)
        self.stores.append(store)
        return store

    async def sql(self, statement: str) -> Sequence[Sequence[Any]]:
        if self.path is not None:
            connection = sqlite3.connect(self.path, timeout=5)
            try:
                rows = connection.execute(statement).fetchall()
                connection.commit()
                return rows
            finally:
                connection.close()
        assert self.server is not None
        return [tuple(row) for row in await self.server.run(statement, self.name)]

    async def number(self, statement: str) -> Any:
        return (await self.sql(statement))[0][0]


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    async def make() -> str:
        name = await postgres.new_database()
        await (await open_store(postgres.url(name))).close()
        await postgres.run("INSERT INTO tenants (name) VALUES ('second')", name)
        return name

    return apart(make)


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        path = tmp_path / "parley.db"
        database = Database("sqlite", f"sqlite+aiosqlite:///{path}", path=path)
        await (await open_store(database.url)).close()
        await database.sql("INSERT INTO tenants (name) VALUES ('second')")
    else:
        server: Server = request.getfixturevalue("postgres")
        name = await server.new_database(request.getfixturevalue("template"))
        database = Database("postgres", server.url(name), server=server, name=name)
    yield database
    for store in database.stores:
        await store.close()
    if database.server is not None:
        await database.server.drop(database.name)


@pytest.fixture
async def sqlite_file(tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "parley.db"
    database = Database("sqlite", f"sqlite+aiosqlite:///{path}", path=path)
    yield database
    for store in database.stores:
        await store.close()


@pytest.fixture
async def store(database: Database) -> StoreOn:
    return await database.open()


WHOLE = Window()


class Person:
    """Somebody at an address; what they say goes straight to the store."""

    def __init__(
        self, store: StoreOn, tenant: int = 1, user: str = "ann", *, chat: str = "", group: bool = False
    ) -> None:
        kind = ChatKind.GROUP if group else ChatKind.PRIVATE
        self.store = store
        self.address = Address(tenant, "web", "site", chat or user, kind=kind)
        self.sender = Sender(user, user.title(), "de")

    def inbound(self, content: Content, event: str = "") -> Inbound:
        return Inbound(self.address, self.sender, event or f"event-{next(_events)}", content)

    async def does(self, content: Content, *, event: str = "", overtakes: bool = False, bound: int = 50) -> Accepted:
        return await self.store.accept(self.inbound(content, event), overtakes=overtakes, bound=bound)

    async def says(self, text: str, **more: Any) -> Accepted:
        return await self.does(Said(text), **more)


async def take(
    store: StoreOn,
    conversation: int,
    owner: str = "me",
    *,
    seconds: float = 60,
    take_all: bool = False,
    window: Window = WHOLE,
) -> Turn | None:
    return await store.start_turn(conversation, Taking(owner, seconds, window), take_all=take_all)


async def taken(store: StoreOn, conversation: int, owner: str = "me", **more: Any) -> Turn:
    turn = await take(store, conversation, owner, **more)
    assert turn is not None
    return turn


def attempt_for(turn: Turn, asked: int = 9) -> NewAttempt:
    return NewAttempt(
        turn.inbound.address.tenant, turn.id, turn.conversation.id, turn.account.id, "demo", "demo", asked, 100
    )


def ending(
    turn: Turn,
    answered: str = "hello",
    *,
    attempt: int | None = None,
    replaces: tuple[int, ...] = (),
    tokens: int = 5,
    reply: Reply | None = None,
    title: str = "",
) -> FinishedTurn:
    content = turn.inbound.content
    asked = content.text if isinstance(content, Said) else ""
    said = [inbound.content for inbound in (*turn.merged, turn.inbound)]
    attachments = tuple(file for one in said if isinstance(one, Said) for file in one.attachments)
    return FinishedTurn(
        turn.id,
        turn.inbound.address.tenant,
        turn.lease,
        InboxState.REPLIED,
        reply or Reply(answered),
        "en",
        Exchange(asked, tokens, answered, tokens, "demo", replaces, attachments),
        (attempt, AttemptEnd(AttemptState.DONE, Usage(3, output=4), "demo-1", first_word_ms=2, total_ms=8))
        if attempt
        else None,
        turn.merged_ids,
        title,
    )


async def answer(store: StoreOn, conversation: int, answered: str = "hello", **more: Any) -> OutboxItem:
    item = (await store.finish_turn(ending(await taken(store, conversation), answered, **more))).item
    assert item is not None
    return item
