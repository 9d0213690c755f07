"""However people link, leave, talk and begin anew: each reads what is their account's, and nothing else, ever."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hub.domain.account import CodeOutcome
from hub.domain.address import Address
from hub.domain.inbound import Said
from hub.ports.accounts import CodeRules
from storage.store import StoreOn, open_store
from tests.contract.store.conftest import ending, take
from tests.contract.store.test_linking import Linker
from tests.kit.postgres import Server, apart

NAMES = ("ann", "bob", "eve", "joe")
WHO = st.sampled_from(NAMES)
PLACE = st.sampled_from(("site", "second"))
RULES = CodeRules(guesses=10_000)


class Linking(RuleBasedStateMachine):
    """Four people at two places each. What is expected is kept as groups of people, each with its conversations."""

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.store: StoreOn = self.wait(open_store(self.where()))
        self.people: dict[tuple[str, str], Linker] = {}
        for name in NAMES:
            for place in ("site", "second"):
                person = Linker(self.store, 1, name)
                person.address = Address(1, "web", place, name)
                self.people[name, place] = person
        self.group: dict[str, int] = {}
        self.talks: dict[int, int] = {}
        self.codes: dict[str, str] = {}
        self.dead: set[str] = set()
        for name in NAMES:
            self.group[name] = len(self.group)
            self.says(name, "site")
        self.groups = len(NAMES)

    def where(self) -> str:
        self.folder = tempfile.TemporaryDirectory()
        return f"sqlite+aiosqlite:///{Path(self.folder.name) / 'life.db'}"

    def wait(self, work):  # type: ignore[no-untyped-def]
        return self.loop.run_until_complete(work)

    def mine(self, name: str) -> set[int]:
        return {talk for talk, owner in self.talks.items() if owner == self.group[name]}

    @rule(name=WHO, place=PLACE)
    def says(self, name: str, place: str) -> None:
        talk = self.wait(self.people[name, place].says("a secret", bound=10_000)).conversation_id
        assert self.talks.setdefault(talk, self.group[name]) == self.group[name], "said into somebody else's talk"

    @rule(name=WHO, thread=st.integers(1, 3))
    def says_in_a_thread(self, name: str, thread: int) -> None:
        inbound = self.people[name, "second"].inbound(Said("a secret"))
        inbound = replace(inbound, address=replace(inbound.address, thread=f"t{thread}"))
        talk = self.wait(self.store.accept(inbound, overtakes=False, bound=10_000)).conversation_id
        assert self.talks.setdefault(talk, self.group[name]) == self.group[name], "said into somebody else's talk"

    @rule(name=WHO)
    def is_answered(self, name: str) -> None:
        """So that there is something to go on with."""
        for talk in sorted(self.mine(name)):
            if (turn := self.wait(take(self.store, talk))) is not None:
                self.wait(self.store.finish_turn(ending(turn)))

    @rule(name=WHO, place=PLACE)
    def begins_anew(self, name: str, place: str) -> None:
        self.says(name, place)
        person = self.people[name, place]
        current = self.wait(person.says("again", bound=10_000)).conversation_id
        fresh = self.wait(self.store.new_conversation(1, current, person.address))
        assert self.talks.setdefault(fresh, self.group[name]) == self.group[name]

    @rule(name=WHO, place=PLACE, back=st.integers(0, 30))
    def goes_back(self, name: str, place: str, back: int) -> None:
        self.says(name, place)
        person = self.people[name, place]
        went = self.wait(self.store.switch_conversation(1, self.wait(person.account()), person.address, back))
        assert went == (back in self.mine(name))

    @rule(name=WHO)
    def makes_a_code(self, name: str) -> None:
        code = f"code {len(self.codes)}"
        self.wait(self.people[name, "site"].makes(code, CodeRules(living=10_000)))
        self.codes[code] = name

    @rule(name=WHO, place=PLACE, which=st.integers(0, 1_000))
    def types_a_code(self, name: str, place: str, which: int) -> None:
        if not self.codes:
            return
        self.says(name, place)
        code = list(self.codes)[which % len(self.codes)]
        maker = self.codes[code]
        outcome = self.wait(self.people[name, place].types(code, RULES))
        used, kept, joined = code in self.dead, self.group[maker], self.group[name]
        if outcome is CodeOutcome.JOINED:
            assert not used
            assert kept != joined
            self.dead.add(code)
            self.group.update({one: kept for one, theirs in self.group.items() if theirs == joined})
            self.talks.update({talk: kept for talk, owner in self.talks.items() if owner == joined})
        else:
            assert used or kept == joined

    @rule(name=WHO, other=WHO)
    def takes_out(self, name: str, other: str) -> None:
        done = self.wait(self.people[name, "site"].out(self.people[other, "site"])) if self.known(name, other) else None
        together = [one for one, theirs in self.group.items() if theirs == self.group[name]]
        if done is None:
            assert other not in together
            return
        assert done == (len(together) > 1)
        if done:
            self.groups += 1
            self.group[other] = self.groups
            self.dead |= {code for code, maker in self.codes.items() if maker == other}
            made = self.wait(self.people[other, "site"].chats())
            self.talks.update(dict.fromkeys(made, self.group[other]))

    def known(self, name: str, other: str) -> bool:
        line = self.wait(self.store.find_account(1, self.wait(self.people[name, "site"].account())))
        return other in [one.user for one in line.identities]

    @invariant()
    def everybody_has_what_is_theirs(self) -> None:
        if not hasattr(self, "people"):
            return
        accounts = {name: self.wait(self.people[name, "site"].account()) for name in NAMES}
        for name in NAMES:
            assert set(self.wait(self.people[name, "site"].chats())) == self.mine(name)
            for other in NAMES:
                assert (accounts[name] == accounts[other]) == (self.group[name] == self.group[other])

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.wait(self.store.close())
            self.wait(self.loop.shutdown_asyncgens())
            self.loop.close()
            self.leave()

    def leave(self) -> None:
        self.folder.cleanup()


ON_SQLITE = settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))


def test_life_of_linked_people_on_sqlite() -> None:
    run_state_machine_as_test(Linking, settings=ON_SQLITE)


def test_life_of_linked_people_on_postgres(postgres: Server, template: str) -> None:
    class OnPostgres(Linking):
        def where(self) -> str:
            self.name = apart(lambda: postgres.new_database(template))
            return postgres.url(self.name)

        def leave(self) -> None:
            apart(lambda: postgres.drop(self.name))

    run_state_machine_as_test(OnPostgres, settings=settings(ON_SQLITE, max_examples=8))
