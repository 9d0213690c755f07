"""Whatever happens in whatever order, every message comes to one end, in order, with one answer."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hub.domain.errors import Busy, LostLease
from hub.domain.inbound import Called, Said
from hub.domain.turn import Turn
from storage.store import StoreOn, open_store
from tests.contract.store.conftest import Person, attempt_for, ending, take
from tests.kit.postgres import Server, apart

BOUND = 4
OWNERS = st.sampled_from(["a", "b"])


class Life(RuleBasedStateMachine):
    """One lane, two processes that may die, and somebody who repeats herself."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.store: StoreOn = self.wait(open_store(self.place()))
        self.ann = Person(self.store)
        self.said: list[int] = []
        self.commands: set[int] = set()
        self.ended: list[int] = []
        self.handed: dict[str, Turn] = {}
        self.shown: set[int] = set()
        self.conversation = 1

    def place(self) -> str:
        self.folder = tempfile.TemporaryDirectory()
        return f"sqlite+aiosqlite:///{Path(self.folder.name) / 'life.db'}"

    def wait(self, work):  # type: ignore[no-untyped-def]
        return self.loop.run_until_complete(work)

    @rule(event=st.integers(0, 30), command=st.booleans())
    def says(self, event: int, command: bool) -> None:
        content = Called("new") if command else Said("hi")
        try:
            accepted = self.wait(self.ann.does(content, event=f"e{event}", bound=BOUND))
        except Busy:
            running = next(iter(self.handed.values()), None)
            taken = {running.id, *running.merged_ids} if running else set()
            assert len([n for n in self.said if n not in self.ended and n not in taken]) >= BOUND - 1
            return
        self.conversation = accepted.conversation_id
        assert accepted.duplicate == (accepted.inbox_id in self.said)
        if not accepted.duplicate:
            self.said.append(accepted.inbox_id)
            if command:
                self.commands.add(accepted.inbox_id)

    @rule(owner=OWNERS, take_all=st.booleans())
    def takes(self, owner: str, take_all: bool) -> None:
        if owner in self.handed:
            return
        turn = self.wait(take(self.store, self.conversation, owner, take_all=take_all))
        waiting = [n for n in self.said if n not in self.ended]
        if turn is None:
            assert self.handed or not waiting
            return
        assert not self.handed, "two processes run one lane"
        ids = [*turn.merged_ids, turn.id]
        assert ids == waiting[: len(ids)], "not in order"
        assert len(ids) == 1 or not self.commands & set(ids), "a command was merged"
        assert turn.shown == (turn.id in self.shown)
        self.handed[owner] = turn

    @rule(owner=OWNERS)
    def shows(self, owner: str) -> None:
        if owner in self.handed:
            turn = self.handed[owner]
            self.wait(self.store.open_attempt(attempt_for(turn), turn.lease))
            self.wait(self.store.mark_shown(turn.id, turn.lease, "w"))
            self.shown.add(turn.id)

    @rule(owner=OWNERS, twice=st.booleans())
    def finishes(self, owner: str, twice: bool) -> None:
        if owner in self.handed:
            turn = self.handed.pop(owner)
            for _ in range(1 + twice):
                item = self.wait(self.store.finish_turn(ending(turn))).item
                assert item is not None
                assert item.key == turn.key
            self.ended += [*turn.merged_ids, turn.id]

    @rule(owner=OWNERS)
    def hands_back(self, owner: str) -> None:
        if owner in self.handed and self.handed[owner].id not in self.shown:
            turn = self.handed.pop(owner)
            self.wait(self.store.hand_back(turn.lease, turn.id, turn.merged_ids))

    @rule(owner=OWNERS)
    def dies(self, owner: str) -> None:
        self.wait(self.store.release_owner(owner))
        turn = self.handed.pop(owner, None)
        if turn is not None:
            for late in (self.store.finish_turn(ending(turn)), self.store.renew_lease(turn.lease, 60)):
                try:
                    self.wait(late)
                except LostLease:
                    continue
                raise AssertionError("a dead process committed")

    @invariant()
    def adds_up(self) -> None:
        if not hasattr(self, "store"):
            return
        counts = self.wait(self.store.counts())
        running = sum(1 + len(turn.merged_ids) for turn in self.handed.values())
        assert counts["waiting"] + counts["running"] == len(self.said) - len(self.ended)
        assert counts["running"] >= running
        assert len(self.ended) == len(set(self.ended))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.wait(self.store.close())
            self.wait(self.loop.shutdown_asyncgens())
            self.loop.close()
            self.leave()

    def leave(self) -> None:
        self.folder.cleanup()


RULES = settings(
    max_examples=25,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_life_of_an_inbox_on_sqlite() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(Life, settings=RULES)


def test_life_of_an_inbox_on_postgres(postgres: Server, template: str) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    class OnPostgres(Life):
        def place(self) -> str:
            self.name = apart(lambda: postgres.new_database(template))
            return postgres.url(self.name)

        def leave(self) -> None:
            apart(lambda: postgres.drop(self.name))

    run_state_machine_as_test(OnPostgres, settings=settings(RULES, max_examples=8))
