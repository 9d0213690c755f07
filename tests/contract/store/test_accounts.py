"""Accounts as operators see them, blocking, and logins."""

from hub.domain.inbound import Said
from hub.domain.mail import NewMail, Template
from storage.rows import now_ms
from storage.store import StoreOn
from tests.contract.store.conftest import Person, answer, ending, taken


async def test_people_are_listed_in_pages_and_groups_are_not(store: StoreOn) -> None:
    for name in ("ann", "bob", "eve"):
        await answer(store, (await Person(store, user=name).says("hi")).conversation_id)
    await Person(store, user="bob", chat="room", group=True).says("hi all")
    await Person(store, tenant=2, user="zoe").says("hi")
    empty = await store.create_account(1, "Team")
    lines = await store.accounts(1, 0, 10)
    assert [line.name for line in lines] == ["Ann", "Bob", "Eve", "Team"]
    assert [[one.user for one in line.identities] for line in lines] == [["ann"], ["bob"], ["eve"], []]
    assert [line.conversations for line in lines] == [1, 1, 1, 0]
    assert [line.name for line in await store.accounts(1, lines[0].id, 2)] == ["Bob", "Eve"]
    assert [line.name for line in await store.accounts(2, 0, 10)] == ["Zoe"]
    assert await store.find_account(2, empty) is None
    assert await store.account_of(1, "web", "ann") == lines[0].id
    assert await store.account_of(1, "telegram", "ann") == await store.account_of(2, "web", "ann") == 0
    assert await store.merge(1, lines[0].id, lines[1].id)
    assert not await store.merge(1, lines[0].id, lines[1].id)
    assert not await store.merge(1, lines[0].id, lines[0].id)
    assert not await store.merge(2, lines[0].id, lines[2].id)
    assert [line.id for line in await store.accounts(1, 0, 10)] == [lines[0].id, lines[2].id, empty]


async def test_a_blocked_account_is_known_to_be_so_at_its_next_turn(store: StoreOn) -> None:
    ann, bob = Person(store), Person(store, user="bob")
    conversation = (await ann.says("hi")).conversation_id
    theirs = (await bob.says("waiting since before they were one")).conversation_id
    number, other = await store.account_of(1, "web", "ann"), await store.account_of(1, "web", "bob")
    await store.merge(1, number, other)
    assert not await store.block(2, number, True)
    assert await store.block(1, number, True)
    assert (await taken(store, conversation)).account.blocked
    assert (await taken(store, theirs)).account.blocked
    assert await store.block(1, number, False)
    line = await store.find_account(1, number)
    assert line is not None
    assert not line.blocked
    assert not await store.block(1, 10_000, True)


async def test_a_login_is_one_accounts_in_a_tenant(store: StoreOn) -> None:
    ann, bob = await store.create_account(1, "Ann"), await store.create_account(1, "Bob")
    other = await store.create_account(2, "Ann too")
    assert await store.set_login(1, ann, "Ann@Example.org", "hash 1")
    assert not await store.set_login(1, bob, "ann@example.ORG", "hash 2"), "it is another account's"
    assert not await store.set_login(2, ann, "x@example.org", "hash"), "the account is another tenant's"
    assert await store.set_login(2, other, "ann@example.org", "hash 3")
    found = await store.find_login(1, "ANN@example.org")
    assert found is not None
    assert (found.account_id, found.email, found.password_hash, found.blocked) == (
        ann,
        "ann@example.org",
        "hash 1",
        False,
    )
    assert await store.set_login(1, ann, "ann@example.org", "hash 4")
    await store.block(1, ann, True)
    found = await store.find_login(1, "ann@example.org")
    assert found is not None
    assert (found.password_hash, found.blocked) == ("hash 4", True)
    assert await store.find_login(1, "nobody@example.org") is None
    assert await store.find_login(1, "no address") is None
    assert not await store.set_login(1, bob, "ann@example.org", "")
    assert await store.set_login(1, ann, "ann@example.org", "")
    assert not await store.set_login(1, ann, "ann@example.org", "")
    assert await store.find_login(1, "ann@example.org") is None
    assert await store.find_login(2, "ann@example.org") is not None


async def test_logins_move_with_what_is_joined_and_keep_an_account_alive(store: StoreOn) -> None:
    ann = Person(store)
    await ann.says("hi")
    number, desk = await store.account_of(1, "web", "ann"), await store.create_account(1, "Desk")
    await store.set_login(1, number, "ann@example.org", "hash 1")
    await store.set_login(1, desk, "desk@example.org", "hash 2")
    assert await store.merge(1, desk, number)
    line = await store.find_account(1, desk)
    assert line is not None
    assert (line.name, line.emails) == ("Desk", ("ann@example.org", "desk@example.org"))
    assert not await store.set_login(1, number, "late@example.org", "hash"), "it has been joined into another"
    gone = await store.unlink(ann.inbound(Said("/link off yes")), desk, 0)
    assert gone is not None, "the e-mail addresses still lead to the shared account"
    line = await store.find_account(1, desk)
    assert line is not None
    assert (line.identities, len(line.emails)) == ((), 2)


async def test_a_chosen_language_is_the_accounts_and_leaves_with_whoever_leaves(store: StoreOn) -> None:
    ann, stranger = Person(store, 1, "ann"), Person(store, 2, "ann")
    begun = await ann.says("hi")
    await stranger.says("hi")
    number = await store.account_of(1, "web", "ann")
    await store.set_login(1, number, "ann@example.org", "hash")
    await store.choose_language(2, number, "ar")
    await store.choose_language(1, number, "es")
    turn = await taken(store, begun.conversation_id)
    assert (turn.inbound.sender.language, turn.account.speaks) == ("es", "es")
    await store.post_mail(NewMail("key", Template.WELCOME, {"email": "x"}, number))
    mails = await store.due_mails(now_ms() + 5_000, 9)
    assert [mail.language for mail in mails if mail.key == "key"] == ["es"]
    await store.finish_turn(ending(turn))
    left = await store.unlink(turn.inbound, number, 0, None)
    assert left is not None
    again = await taken(store, (await ann.says("me again")).conversation_id)
    assert again.account.id != number
    assert again.inbound.sender.language == "es"
    await store.choose_language(1, again.account.id, "")
    await store.finish_turn(ending(again))
    last = await taken(store, (await ann.says("and now")).conversation_id)
    assert last.inbound.sender.language == "de", "as the platform says"
