"""Codes, joined accounts and identities taken out again: whose everything is afterwards."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from hub.domain.account import CodeOutcome, CodeUsed
from hub.domain.address import Address
from hub.domain.inbound import Called, Said
from hub.domain.money import Allowance
from hub.domain.reply import Notice
from hub.ports.accounts import CodeRules
from hub.ports.store import Retention
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, answer, attempt_for, ending, taken

RULES = CodeRules()
TOLD = Notice("link_joined_there", {"place": "Web"}, "en")


class Linker(Person):
    """A person who makes and types codes; every call is a turn of its own unless told."""

    turns = 1_000

    async def makes(self, digest: str, rules: CodeRules = RULES) -> None:
        await self.store.make_code(self.inbound(Said("/link")), digest, rules)

    async def types(self, digest: str, rules: CodeRules = RULES, turn: int = 0) -> CodeOutcome:
        return (await self.uses(digest, rules, turn)).outcome

    async def tries(self, digest: str, rules: CodeRules = RULES) -> CodeUsed:
        return await self.store.try_code(self.inbound(Said("/link x")), digest, rules)

    async def uses(self, digest: str, rules: CodeRules = RULES, turn: int = 0) -> CodeUsed:
        """Type a code and, when it is told what that does, say yes."""
        tried = await self.says_yes(digest, rules, turn)
        return await self.says_yes(digest, rules, turn) if tried.outcome is CodeOutcome.VALID else tried

    async def says_yes(self, digest: str, rules: CodeRules = RULES, turn: int = 0) -> CodeUsed:
        Linker.turns += 1
        return await self.store.use_code(self.inbound(Said("/link x")), turn or Linker.turns, digest, rules, TOLD)

    async def account(self) -> int:
        return await self.store.account_of(self.address.tenant, self.address.platform, self.sender.user)

    async def chats(self) -> list[int]:
        lines = await self.store.conversations(self.address.tenant, await self.account(), 0, 50)
        return [line.id for line in lines]

    async def out(self, whose: "Linker | None" = None, allowance: Allowance | None = None) -> bool:
        """Take a place out of the account: one's own unless told."""
        inbound = self.inbound(Said("/link off yes"))
        identity = await whose.identity() if whose else 0
        return await self.store.unlink(inbound, await self.account(), identity, allowance) is not None

    async def identity(self) -> int:
        line = await self.store.find_account(self.address.tenant, await self.account())
        assert line is not None
        return next(one.id for one in line.identities if one.user == self.sender.user)


async def known(store: StoreOn, *names: str, tenant: int = 1) -> list[Linker]:
    people = [Linker(store, tenant, name) for name in names]
    for person in people:
        await answer(store, (await person.says(f"I am {person.sender.user}")).conversation_id)
    return people


async def test_a_typed_code_makes_two_places_one_person(store: StoreOn, database: Database) -> None:
    ann, phone = await known(store, "ann", "phone")
    kept, joined = await ann.account(), await phone.account()
    before = (await ann.chats(), await phone.chats())
    await store.choose_model(1, kept, before[0][0], "big")
    await store.choose_model(1, joined, before[1][0], "small")
    await ann.makes("d1")
    used = await phone.uses("d1")
    assert used.outcome is CodeOutcome.JOINED
    assert used.maker is not None
    assert (used.maker.platform, used.maker.name) == ("web", "Ann")
    assert await phone.account() == kept
    assert await phone.chats() == sorted(before[0] + before[1], reverse=True)
    here = (await phone.says("who am I")).conversation_id
    assert here == (await ann.says("and I")).conversation_id == before[0][0]
    turn = await taken(store, here, take_all=True)
    assert turn.inbound.address == phone.address, "messages of two places are not one turn"
    assert (turn.account.id, turn.account.model, turn.conversation.model) == (kept, "big", "big")
    assert [message.text for message in turn.history] == ["I am ann", "hello"]
    line = await store.find_account(1, joined)
    assert line is not None
    assert (line.merged_into, line.identities, line.conversations) == (kept, (), 0)
    assert await database.number(f"SELECT count(*) FROM inbox WHERE account_id = {joined}") == 1, "not re-keyed"
    assert (await phone.says("later")).conversation_id == here


async def test_a_typed_code_says_whose_it_is_and_joins_only_for_who_was_told(store: StoreOn) -> None:
    ann, phone, eve = await known(store, "ann", "phone", "eve")
    accounts = [await one.account() for one in (ann, phone, eve)]
    await ann.makes("d1")
    first = await phone.says_yes("d1")
    assert (first.outcome, first.maker and first.maker.name) == (CodeOutcome.VALID, "Ann"), "yes without being asked"
    assert (await eve.tries("d1")).outcome is CodeOutcome.VALID
    assert (await phone.says_yes("d1")).outcome is CodeOutcome.VALID, "somebody else was told last"
    elsewhere = Linker(store, 1, "phone", chat="another chat")
    await elsewhere.says("hi")
    assert (await elsewhere.says_yes("d1")).outcome is CodeOutcome.VALID
    assert (await phone.says_yes("d1")).outcome is CodeOutcome.VALID, "told in another chat"
    assert [await one.account() for one in (ann, phone, eve)] == accounts, "until now nothing is joined"
    assert (await phone.says_yes("d1")).outcome is CodeOutcome.JOINED
    assert await phone.account() == accounts[0]
    assert (await eve.tries("d1")).outcome is CodeOutcome.WRONG, "used up"


async def test_a_code_that_runs_out_before_yes_joins_nothing(store: StoreOn, database: Database) -> None:
    ann, phone = await known(store, "ann", "phone")
    await ann.makes("d1")
    assert (await phone.tries("d1")).outcome is CodeOutcome.VALID
    await database.sql("UPDATE codes SET expires = 1")
    assert (await phone.says_yes("d1")).outcome is CodeOutcome.WRONG


async def test_who_only_asked_for_a_code_goes_on_where_something_was_said(store: StoreOn) -> None:
    new = Linker(store, 1, "new")
    await new.says("/link", overtakes=True)
    (phone,) = await known(store, "phone")
    (mine,) = await phone.chats()
    await new.makes("d1")
    assert await phone.types("d1") is CodeOutcome.JOINED
    assert (await phone.says("still here")).conversation_id == mine
    assert (await new.says("and here")).conversation_id == mine


async def test_where_every_message_begins_a_thread_the_next_one_goes_on(store: StoreOn) -> None:
    """Commands are called at the chat itself there, so what is linked waits for the next thread."""
    (ann,) = await known(store, "ann")
    (mine,) = await ann.chats()
    agent = Linker(store, 1, "agent")

    async def thread(name: str) -> int:
        inbound = agent.inbound(Said("hi"))
        placed = replace(inbound, address=replace(inbound.address, thread=name))
        talk = (await store.accept(placed, overtakes=False, bound=50)).conversation_id
        await answer(store, talk)
        return talk

    earlier = await thread("t1")
    await agent.does(Called("link"), overtakes=True)
    await ann.makes("d1")
    assert await agent.types("d1") is CodeOutcome.JOINED
    assert await thread("t2") == mine
    later = await thread("t3")
    assert later not in (mine, earlier), "only the next one; then a thread is a conversation of its own again"
    assert (await thread("t1"), await thread("t2"), await thread("t3")) == (earlier, mine, later)
    await agent.makes("d2")
    (tablet,) = await known(store, "tablet")
    assert await tablet.types("d2") is CodeOutcome.JOINED
    assert (await tablet.says("hi")).conversation_id == later, "nothing was said at the chat itself, but in a thread"
    assert await store.switch_conversation(1, await agent.account(), agent.address, earlier)
    assert await thread("t4") == earlier
    await ann.says("something at the chat itself")
    assert await store.switch_conversation(1, await ann.account(), ann.address, mine)
    inbound = ann.inbound(Said("a topic"))
    topic = replace(inbound, address=replace(inbound.address, thread="topic"))
    assert (await store.accept(topic, overtakes=False, bound=50)).conversation_id not in (mine, earlier, later)


async def test_the_place_that_made_the_code_is_told_once(store: StoreOn) -> None:
    ann, phone = await known(store, "ann", "phone")
    await store.delivered([(await store.due(["web"], 2**50, 9))[0].id])
    for item in await store.due(["web"], 2**51, 9):
        await store.delivered([item.id])
    await ann.makes("d1")
    assert await phone.types("d1", turn=77) is CodeOutcome.JOINED
    assert await phone.types("d1", turn=77) is CodeOutcome.JOINED, "the same turn, run again after a crash"
    (item,) = await store.due(["web"], 2**52, 9)
    assert item.address == ann.address
    assert item.reply.notice == Notice("link_joined_there", {"place": "Web"}, "de")
    assert (item.language, item.refs) == ("de", ())
    await store.save_ref(1, item.turn_id, 0, "m1")
    (item,) = await store.due(["web"], 2**53, 9)
    assert item.refs == ("m1",)
    assert await phone.types("d1", turn=78) is CodeOutcome.OWN, "it is one person by now"


async def test_a_code_is_good_once_for_a_while_in_its_tenant(store: StoreOn) -> None:
    ann, phone, eve = await known(store, "ann", "phone", "eve")
    (other,) = await known(store, "other", tenant=2)
    await ann.makes("d1")
    assert await other.types("d1") is CodeOutcome.WRONG
    assert await ann.types("d1") is CodeOutcome.OWN
    assert await phone.types("nothing") is CodeOutcome.WRONG
    assert await phone.types("d1") is CodeOutcome.JOINED
    assert await eve.types("d1") is CodeOutcome.WRONG
    await ann.makes("late", CodeRules(life_ms=0))
    assert await eve.types("late") is CodeOutcome.WRONG
    await ann.makes("seen")
    await store.drop_code(2, "seen")
    await store.drop_code(1, "seen")
    assert await eve.types("seen") is CodeOutcome.WRONG
    assert await eve.account() != await ann.account()
    await other.makes("same")
    await ann.makes("same")
    assert await eve.types("same") is CodeOutcome.JOINED
    assert await eve.account() == await ann.account()


async def test_guessing_ends_after_a_few(store: StoreOn, database: Database) -> None:
    ann, eve, bob = await known(store, "ann", "eve", "bob")
    await ann.makes("d1")
    for number in range(5):
        assert await eve.types(f"guess {number}") is CodeOutcome.WRONG
    assert await eve.types("d1") is CodeOutcome.TOO_MANY, "right or wrong, the answer is the same"
    assert await eve.types("guess") is CodeOutcome.TOO_MANY
    assert await bob.types("guess") is CodeOutcome.WRONG, "another person may still err"
    await database.sql("UPDATE guesses SET since = since - 600000")
    assert await eve.types("guess") is CodeOutcome.WRONG
    assert await eve.types("d1") is CodeOutcome.JOINED


async def test_only_the_newest_codes_of_an_account_live(store: StoreOn, database: Database) -> None:
    ann, phone, eve = await known(store, "ann", "phone", "eve")
    for number in range(7):
        await ann.makes(f"d{number}")
    assert await database.number("SELECT count(*) FROM codes") == 5
    assert await phone.types("d1") is CodeOutcome.WRONG
    assert await phone.types("d2") is CodeOutcome.JOINED
    await database.sql("UPDATE codes SET expires = 5")
    await database.sql("UPDATE guesses SET since = 5")
    await eve.makes("newest")
    await eve.types("wrong")
    await store.retain(Retention(), 86_400_000 * 3)
    assert await database.number("SELECT count(*) FROM codes") == 1
    assert await database.number("SELECT count(*) FROM guesses") == 1


async def test_blocked_accounts_stay_blocked(store: StoreOn) -> None:
    ann, phone, eve = await known(store, "ann", "phone", "eve")
    await ann.makes("d1")
    await eve.makes("d2")
    assert await store.block(1, await ann.account(), True)
    assert not await store.block(2, await eve.account(), True)
    assert await phone.types("d1") is CodeOutcome.WRONG
    assert await ann.types("d2") is CodeOutcome.WRONG
    assert await store.merge(1, await phone.account(), await ann.account())
    turn = await taken(store, (await phone.says("hi")).conversation_id)
    assert turn.account.blocked


async def test_two_codes_crossing_join_once(store: StoreOn) -> None:
    for round_ in range(6):
        ann, phone = await known(store, f"ann{round_}", f"phone{round_}")
        await asyncio.gather(ann.makes(f"a{round_}"), phone.makes(f"p{round_}"))
        outcomes = await asyncio.gather(ann.types(f"p{round_}"), phone.types(f"a{round_}"))
        assert sorted(outcomes) == [CodeOutcome.JOINED, CodeOutcome.OWN]
        assert await ann.account() == await phone.account() > 0
        assert len(await ann.chats()) == 2


async def test_a_code_typed_by_two_at_once_joins_one(store: StoreOn) -> None:
    for round_ in range(6):
        ann, *others = await known(store, *(f"{name}{round_}" for name in ("ann", "bob", "eve", "joe")))
        await ann.makes(f"d{round_}")
        outcomes = await asyncio.gather(*(one.types(f"d{round_}") for one in others))
        assert outcomes.count(CodeOutcome.JOINED) <= 1, "who was told last may say yes"
        outcomes += [await one.types(f"d{round_}") for one in others]
        assert outcomes.count(CodeOutcome.JOINED) == 1


async def test_a_turn_running_meanwhile_ends_where_it_began(store: StoreOn, database: Database) -> None:
    ann, phone = await known(store, "ann", "phone")
    joined = await phone.account()
    asked = await phone.says("a long question")
    turn = await taken(store, asked.conversation_id)
    await phone.says("and another")
    await ann.makes("d1")

    async def works() -> None:
        attempt = await store.open_attempt(attempt_for(turn), turn.lease)
        await store.mark_shown(turn.id, turn.lease, "so")
        item = (await store.finish_turn(ending(turn, attempt=attempt))).item
        assert item is not None
        assert item.address == phone.address

    outcome, _ = await asyncio.gather(phone.types("d1"), works())
    assert outcome is CodeOutcome.JOINED
    waiting = await taken(store, asked.conversation_id)
    assert waiting.conversation.account_id == await ann.account()
    assert [message.text for message in waiting.history][-2:] == ["a long question", "hello"]
    await store.finish_turn(ending(waiting))
    assert await database.number(f"SELECT account_id FROM attempts WHERE turn_id = {turn.id}") == joined


async def test_conversations_begun_meanwhile_belong_to_the_kept_account(store: StoreOn) -> None:
    for round_ in range(4):
        ann, phone = await known(store, f"ann{round_}", f"phone{round_}")
        mine = (await phone.chats())[0]
        tablet = Address(1, "web", "other site", phone.sender.user)
        away = Linker(store, 1, phone.sender.user)
        away.address = tablet
        await ann.makes(f"d{round_}")
        joining = phone.types(f"d{round_}")
        outcome, fresh, said = await asyncio.gather(
            joining, store.new_conversation(1, mine, phone.address), away.says("hi")
        )
        assert outcome is CodeOutcome.JOINED
        everything = await ann.chats()
        assert {fresh, mine, said.conversation_id} <= set(everything)


async def test_taken_out_again_history_stays(store: StoreOn) -> None:
    ann, phone = await known(store, "ann", "phone")
    await ann.makes("d1")
    await phone.types("d1")
    kept, everything = await ann.account(), await ann.chats()
    second = Linker(store, 1, "phone")
    second.address = Address(1, "web", "second bot", "phone")
    await answer(store, (await second.says("at another bot")).conversation_id)
    await store.choose_model(1, kept, everything[0], "big")
    await phone.makes("left behind")
    assert await phone.out()
    own = await phone.account()
    assert own != kept
    fresh = (await phone.says("hello?")).conversation_id
    turn = await taken(store, fresh)
    assert (turn.account.id, turn.conversation.account_id, turn.account.model, turn.history) == (own, own, "big", ())
    elsewhere = (await second.says("also here?")).conversation_id
    assert (await taken(store, elsewhere)).history == (), "no other place of theirs shows what they have left"
    assert sorted(await phone.chats()) == sorted([fresh, elsewhere])
    assert set(everything) <= set(await ann.chats())
    assert not await store.switch_conversation(1, own, phone.address, everything[0])
    (eve,) = await known(store, "eve")
    assert await eve.types("left behind") is CodeOutcome.WRONG
    assert not await phone.out(), "alone, there is nothing to take out of"
    assert not await ann.out()


async def test_one_can_take_out_what_is_not_in_ones_hands_any_more(store: StoreOn) -> None:
    ann, phone, eve = await known(store, "ann", "phone", "eve")
    await ann.makes("d1")
    await phone.types("d1")
    kept = await ann.account()
    lost = await phone.identity()
    for stranger in (eve, *await known(store, "ann", tenant=2)):
        inbound = stranger.inbound(Said("/link off"))
        assert await store.unlink(inbound, await stranger.account(), lost) is None
        assert await store.unlink(inbound, kept, 0) is None or stranger.address.tenant == 1
    assert await ann.out(phone)
    assert await phone.account() != kept == await ann.account()
    assert (await phone.says("hm")).conversation_id not in await ann.chats()


async def test_taking_out_twice_says_the_same(store: StoreOn) -> None:
    ann, phone = await known(store, "ann", "phone")
    await ann.makes("d1")
    await phone.types("d1")
    kept = await ann.account()
    inbound = phone.inbound(Said("/link off yes"))
    first = await store.unlink(inbound, kept, await phone.identity())
    own = await phone.account()
    assert first is not None
    assert await store.unlink(inbound, kept, first.id) == first, "the same turn, run again after a crash"
    assert await phone.account() == own


async def test_links_form_chains(store: StoreOn) -> None:
    ann, phone, tablet = await known(store, "ann", "phone", "tablet")
    first = await phone.account()
    await phone.makes("d1")
    assert await tablet.types("d1") is CodeOutcome.JOINED
    await ann.makes("d2")
    assert await tablet.types("d2") is CodeOutcome.JOINED
    kept = await ann.account()
    assert {await phone.account(), await tablet.account()} == {kept}
    for number in (first, first + 1):
        line = await store.find_account(1, number)
        assert line is not None
        assert line.merged_into == kept
    line = await store.find_account(1, kept)
    assert line is not None
    assert [one.user for one in line.identities] == ["ann", "phone", "tablet"]


async def test_private_talk_stays_out_of_groups(store: StoreOn) -> None:
    ann, phone = await known(store, "ann", "phone")
    room = Linker(store, 1, "phone", chat="room", group=True)
    before = (await room.says("hi all")).conversation_id
    await answer(store, before)
    await ann.makes("d1")
    await phone.types("d1")
    after = (await room.says("still here")).conversation_id
    assert after == before
    turn = await taken(store, after)
    assert turn.account.id == await ann.account()
    assert turn.conversation.account_id != turn.account.id
    assert [message.text for message in turn.history] == ["hi all", "hello"]
    assert before not in await ann.chats()
    for private in await ann.chats():
        assert not await store.switch_conversation(1, turn.conversation.account_id, room.address, private)


async def test_who_never_wrote_cannot_link(store: StoreOn) -> None:
    nobody: Any = Linker(store, 1, "nobody")
    with pytest.raises(LookupError):
        await nobody.types("d1")
    with pytest.raises(LookupError):
        await nobody.makes("d1")
