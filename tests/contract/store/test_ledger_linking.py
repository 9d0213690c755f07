"""Money of people who join and of people who leave, with calls running meanwhile."""

import asyncio

import pytest

from hub.domain.attempt import AttemptState
from hub.domain.money import Refusal, Source
from storage.store import StoreOn
from tests.contract.store.money_kit import NEVER, Payer, agrees, allowance, payer
from tests.contract.store.test_linking import known


@pytest.fixture
async def pair(store: StoreOn) -> tuple[Payer, Payer]:
    return await payer(store, 2, "Kept"), await payer(store, 2, "Joined")


async def test_what_was_bought_moves_and_one_allowance_is_left(pair: tuple[Payer, Payer]) -> None:
    kept, joined = pair
    await kept.ends(await kept.opened(10, allowance(50)), 10)
    await joined.gets(100, expires=NEVER - 1, priority=60)
    await joined.ends(await joined.opened(20, allowance(50)), 20)
    assert await kept.store.merge(2, kept.id, joined.id)
    assert await kept.figures() == (150, 10, 0, 0)
    assert await joined.figures() == (20, 20, 0, 0)
    moved = next(grant for grant in (await kept.balance()).grants if grant.source is Source.LINKED)
    assert (moved.left, moved.expires) == (100, NEVER - 1)
    assert await agrees(kept.store)


async def test_open_holds_go_with_their_cover_and_settle_there(pair: tuple[Payer, Payer]) -> None:
    kept, joined = pair
    running = await joined.opened(40, allowance(50))
    limitless = await joined.opened(1_000, allowance(None, "w2"))
    mine = await kept.opened(5, allowance(50))
    assert await kept.store.merge(2, kept.id, joined.id)
    assert await kept.figures() == (50 + 40 + 1_000, 0, 1_045, 0)
    assert await agrees(kept.store)
    await kept.ends(running, 30)
    await kept.ends(limitless, 700)
    await kept.ends(mine, 5)
    granted, used, held, beyond = await kept.figures()
    assert (used, held, beyond) == (735, 0, 0)
    assert granted >= used
    assert await agrees(kept.store)
    await kept.ends(running, 34)
    assert (await kept.figures())[1] == 739
    assert await agrees(kept.store)


async def test_a_call_of_the_joined_account_is_paid_by_the_one_that_took_it_in(pair: tuple[Payer, Payer]) -> None:
    kept, joined = pair
    await joined.gets(100)
    late = await joined.opened(30)
    await joined.ends(late, 30, capped=True, state=AttemptState.UNKNOWN)
    assert await kept.store.merge(2, kept.id, joined.id)
    attempt = await joined.opened(50)
    assert await kept.figures() == (70, 0, 50, 0)
    await joined.ends(attempt, 50)
    await joined.ends(late, 35)
    assert await kept.figures() == (70, 55, 0, 0)
    await joined.ends(late, 10)
    assert (await kept.balance()).free == 70 - 50 + 20
    await joined.gets(5)
    assert (await kept.balance()).free == 45
    assert await agrees(kept.store)


async def test_what_is_owed_is_owed_by_the_account_that_is_kept(pair: tuple[Payer, Payer]) -> None:
    kept, joined = pair
    await kept.gets(20)
    await joined.gets(10)
    await joined.ends(await joined.opened(10), 40)
    assert await kept.store.merge(2, kept.id, joined.id)
    assert (await kept.balance()).free == -10
    assert await joined.figures() == (10, 10, 0, 0)
    assert await agrees(kept.store)


async def test_cover_that_moves_pays_no_debt(pair: tuple[Payer, Payer]) -> None:
    kept, joined = pair
    await kept.gets(10)
    await kept.ends(await kept.opened(10), 40)
    await joined.gets(50)
    running = await joined.opened(45)
    assert await kept.store.merge(2, kept.id, joined.id)
    assert await kept.figures() == (60, 40, 45, 25)
    await kept.ends(running, 45)
    assert await agrees(kept.store)


@pytest.mark.parametrize("spent", [20, 50])
async def test_a_plan_of_its_own_comes_over_with_its_allowance(pair: tuple[Payer, Payer], spent: int) -> None:
    kept, joined = pair
    await kept.ends(await kept.opened(5, allowance(30)), 5)
    pro = allowance(50, plan="pro")
    await joined.store.set_plan(2, joined.id, "pro", 3, 0)
    await joined.ends(await joined.opened(spent, pro), spent)
    assert await kept.store.merge(2, kept.id, joined.id)
    line = await kept.store.find_account(2, kept.id)
    assert line is not None
    assert (await kept.balance()).free == 50 - spent
    assert await kept.opens(51 - spent, pro) == Refusal()
    assert isinstance(await kept.opens(50 - spent, pro), int)
    assert await agrees(kept.store)


async def test_leaving_and_joining_makes_no_allowance(store: StoreOn) -> None:
    ann, phone = await known(store, "ann", "phone", tenant=2)
    account = Payer(store, await ann.account(), 2)
    await ann.makes("d1")
    await phone.types("d1")
    await account.gets(40)
    await account.ends(await account.opened(50, allowance(50)), 50)
    held = await account.opened(40, allowance(50))
    assert await phone.out(allowance=allowance(50))
    out = Payer(store, await phone.account(), 2)
    assert out.id != account.id
    assert await out.opens(1, allowance(50)) == Refusal()
    await out.opened(50, allowance(50, "w2"))
    assert await account.figures() == (90, 50, 40, 0)
    await account.ends(held, 40)
    assert await agrees(store)


async def test_joining_while_everybody_calls_loses_nothing(pair: tuple[Payer, Payer]) -> None:
    kept, joined = pair
    await kept.gets(100)
    await joined.gets(100)

    async def call(who: Payer) -> int:
        attempt = await who.opens(10)
        if isinstance(attempt, Refusal):
            return 0
        await who.ends(attempt, 7)
        return 7

    work = [call(who) for who in (kept, joined) * 10]
    *spent, merged = await asyncio.gather(*work, kept.store.merge(2, kept.id, joined.id))
    assert merged
    granted, used, held, beyond = await kept.figures()
    other = await joined.figures()
    assert (held, beyond, other[2:]) == (0, 0, (0, 0))
    assert used + other[1] == sum(spent)
    assert granted + other[0] == 200
    assert await agrees(kept.store)


async def test_who_leaves_again_and_again_finds_no_allowance_of_the_default_plan(store: StoreOn) -> None:
    ann, phone = await known(store, "ann", "phone", tenant=2)
    account = Payer(store, await ann.account(), 2)
    free = allowance(50)
    await store.set_plan(2, account.id, "pro", 1, 0)
    for turn in (1, 2):
        await ann.makes(f"d{turn}")
        await phone.types(f"d{turn}", turn=turn)
        # nothing of the default plan was ever opened where they leave from
        assert await phone.out(allowance=free)
        out = Payer(store, await phone.account(), 2)
        assert await out.opens(1, free) == Refusal()
    await out.opened(50, allowance(50, "w2"))
    line = await store.find_account(2, out.id)
    assert line is not None
    assert line.plan_anchor == 1, "their month is that of whom they left"
    assert await agrees(store)
