"""What a turn reads of its conversation, whatever was done to it before: the same as somebody who reads it afresh."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from hub.domain.completion import PromptMessage, Role
from hub.domain.conversation import StoredMessage
from hub.domain.errors import StoreDown
from hub.domain.inbound import Attachment, Said
from hub.domain.turn import Turn, Window
from hub.ports.store import Retention
from storage.link import Link
from storage.sqlite import windows
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, answer, ending, taken

WINDOW = Window(messages=6, tokens=60)
DAY = 86_400_000


class Life:
    """Two people's conversations, and all that may be done to them."""

    def __init__(self, store: StoreOn, database: Database, chance: random.Random) -> None:
        self.store, self.database, self.chance = store, database, chance
        self.people = [Person(store, user="ann"), Person(store, user="bob")]
        self.steps: list[Callable[[Person], Awaitable[None]]] = [
            *[self.talk] * 8,
            self.ask_again,
            self.sum_up,
            self.begin_anew,
            self.let_go_of_old,
            self.forget,
            self.write_beside,
            self.fail,
        ]

    async def run(self, steps: int) -> None:
        for _ in range(steps):
            await self.chance.choice(self.steps)(self.chance.choice(self.people))

    async def take(self, person: Person) -> Turn:
        """A turn of theirs, which has read what anybody would read."""
        files = (Attachment("f", "image/png", "a.png", 3),) if self.chance.random() < 0.2 else ()
        accepted = await person.does(Said(f"q{self.chance.random()}", files))
        turn = await taken(self.store, accepted.conversation_id, window=WINDOW)
        rows = await self.database.sql(
            "SELECT id, role, text, tokens, attachments FROM messages WHERE superseded = 0"
            f" AND conversation_id = {turn.conversation.id} AND id > {turn.conversation.window_after}"
            f" ORDER BY id DESC LIMIT {WINDOW.messages}"
        )
        while sum(row[3] for row in rows) > WINDOW.tokens:
            rows = rows[:-1]
        read = [(one.id, one.role.value, one.text, one.tokens, bool(one.attachments)) for one in turn.history]
        assert read == [(*row[:4], bool(row[4])) for row in reversed(rows)]
        return turn

    async def talk(self, person: Person) -> None:
        turn = await self.take(person)
        end = ending(turn, f"a{self.chance.random()}", tokens=self.chance.randrange(1, 20))
        await self.store.finish_turn(end)

    async def ask_again(self, person: Person) -> None:
        turn = await self.take(person)
        last = await self.store.last_exchange(turn.conversation.id)
        await self.store.finish_turn(ending(turn, "another", replaces=tuple(one.id for one in last)))

    async def sum_up(self, person: Person) -> None:
        turn = await self.take(person)
        await self.store.finish_turn(ending(turn))
        if leaving := await self.store.overflow(turn.conversation, WINDOW):
            here = turn.conversation
            assert await self.store.save_summary(here.id, here.window_after, leaving[-1].id, "so far")

    async def begin_anew(self, person: Person) -> None:
        turn = await self.take(person)
        await self.store.finish_turn(ending(turn))
        await self.store.new_conversation(1, turn.conversation.id, person.address)

    async def let_go_of_old(self, person: Person) -> None:
        turn = await self.take(person)
        await self.store.finish_turn(ending(turn))
        half = await self.database.number("SELECT max(created) FROM messages") + self.chance.choice((0, DAY + 1))
        await self.store.retain(Retention(0, 0, 1, 0, 0), half)

    async def forget(self, person: Person) -> None:
        turn = await self.take(person)
        await self.store.erase(1, turn.account.id, keep_turn=turn.id)
        await self.store.finish_turn(replace(ending(turn), exchange=None))

    async def write_beside(self, person: Person) -> None:
        await self.database.sql(f"UPDATE messages SET text = 'seen by {self.chance.random()}' WHERE id % 3 = 0")
        await self.talk(person)

    async def fail(self, person: Person) -> None:
        """An end that is written and taken back; then the turn is taken again."""
        turn = await self.take(person)
        if self.database.kind == "sqlite":
            await self.store.ground.write(_limit(await self.database.number("PRAGMA page_count") + 1))
            with pytest.raises(StoreDown):
                await self.store.finish_turn(ending(turn, "too long " * 10_000))
            await self.store.ground.write(_limit(1_000_000))
        await self.store.hand_back(turn.lease, turn.id, ())
        await self.store.finish_turn(ending(await self.take(person), "short enough"))


def _limit(pages: int) -> Callable[[Link], None]:
    def verb(link: Link) -> None:
        link.all(text(f"PRAGMA max_page_count={pages}"))

    return verb


@pytest.mark.parametrize("seed", range(3))
async def test_a_turn_reads_what_anybody_would_read(store: StoreOn, database: Database, seed: int) -> None:
    await Life(store, database, random.Random(seed)).run(120 if database.kind == "sqlite" else 40)


async def test_what_was_said_last_is_kept_within_bounds(sqlite_file: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "MOST_CHARACTERS", 4_000)
    store = await sqlite_file.open()
    kept = store.ground._writer._windows
    for number in range(30):
        person = Person(store, user=f"user{number}")
        for _ in range(3):
            conversation = (await person.says("x" * 300)).conversation_id
            await answer(store, conversation)
        assert kept._size <= 4_000
        assert kept._size == sum(windows._cost(each) for one in kept._kept.values() for each in one.messages)
    assert 0 < len(kept._kept) < 5


def test_a_window_that_begins_earlier_than_what_is_kept_is_not_known() -> None:
    kept = windows.Windows()
    said = StoredMessage(9, PromptMessage(Role.USER, "hi"), 1)
    kept.keep(1, 5, 6, (said,))
    assert kept.get(1, 4, 6) is None
    assert kept.get(1, 5, 7) is None
    assert kept.get(1, 5, 6) == (said,)
    assert kept.get(1, 9, 6) == ()
