"""Usage added up: every call once, whenever it ended; statements that add up to the micro-dollar."""

from __future__ import annotations

from dataclasses import fields

from hub.core.jobs.chores import RollingUp
from hub.core.jobs.letters import Summaries, Warnings, amount
from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt
from hub.domain.completion import Usage
from hub.domain.jobs import slot_of
from hub.domain.model import Price
from hub.domain.money import Allowance, Ask, Charge, Hold, NewGrant, Refusal, Source, Unit
from hub.domain.usage import DAY_MS, FIRST_PAGE, HOUR_MS, UsageRow, key_of, month_before
from hub.ports.store import Retention
from storage.rows import now_ms
from storage.store import StoreOn
from tests.contract.store.conftest import Database, Person, answer, taken

KINDS = ("input", "cached", "cache_write", "cache_write_1h", "output", "reasoning", "cost")
START = slot_of("2026-11-21T00:00Z")
FOR_EVER = 2**53


async def spends(
    store: StoreOn, account: int, micro: int, *, model: str = "fast", tenant: int = 1, usage: Usage | None = None
) -> int:
    """One call of an account over the API that costs `micro`; its id."""
    opened = await store.open_attempt(
        NewAttempt(tenant, 0, 0, account, model, "openai", 10, 100, price=Price(1, 1),
                   hold=Hold(account, (Ask(Unit.MICRO, micro),))), None)  # fmt: skip
    assert not isinstance(opened, Refusal)
    end = AttemptEnd(AttemptState.DONE, usage or Usage(7, 2, 1, 5, 3), charge=Charge(micro, 12, 1))
    await store.close_attempt(opened, end)
    return opened


async def at(database: Database, attempt: int, moment: int, key: int = 3) -> None:
    await database.sql(f"UPDATE attempts SET opened = {moment}, key_id = {key} WHERE id = {attempt}")


async def rich(store: StoreOn, tenant: int = 1, micro: int = 1_000_000) -> int:
    account = await store.create_account(tenant, "Ann")
    await store.grant(tenant, NewGrant(f"gift:{account}", account, Unit.MICRO, micro, Source.GIFT))
    return account


async def everything(
    store: StoreOn, tenant: int = 1, account: int = 0, since: int = 0, until: int = FOR_EVER
) -> list[UsageRow]:
    rows: list[UsageRow] = []
    after = FIRST_PAGE
    while page := await store.usage(tenant, account, since, until, after, 2):
        rows += page
        after = key_of(page[-1])
    return rows


async def test_a_call_is_counted_once_before_and_after_its_hour_is_added_up(store: StoreOn, database: Database) -> None:
    ann, bob = await rich(store), await rich(store)
    other = await rich(store, tenant=2)
    for number, (account, model) in enumerate([(ann, "fast"), (ann, "fast"), (ann, "deep"), (bob, "fast")]):
        await at(database, await spends(store, account, 100, model=model), START + number * 20 * 60_000)
    await at(database, await spends(store, other, 5, tenant=2), START)
    person = Person(store)
    free = await answer(store, (await person.says("hi")).conversation_id, attempt=None)
    turn = await taken(store, (await person.says("again")).conversation_id)
    call = await store.open_attempt(
        NewAttempt(1, turn.id, turn.conversation.id, turn.account.id, "demo", "demo", 9, 9), None
    )
    assert not isinstance(call, Refusal)
    await store.close_attempt(call, AttemptEnd(AttemptState.FAILED, Usage(9, estimated=True)))
    await at(database, call, START + HOUR_MS, key=0)
    assert free

    before = await everything(store)
    asker = turn.account.id
    assert [(row.account_id, row.model, row.origin, row.calls, row.charged) for row in before] == [
        (ann, "deep", "api", 1, 100),
        (ann, "fast", "api", 2, 200),
        (bob, "fast", "api", 1, 100),
        (asker, "demo", "web", 1, 0),
    ]
    assert (before[1].input, before[1].cached, before[1].cache_write, before[1].output, before[1].reasoning) == (
        14,
        4,
        2,
        10,
        6,
    )
    assert (before[3].failed, before[3].estimated, before[3].member_id) == (1, 1, asker)
    job = RollingUp(store)
    for slot in (START + HOUR_MS + 7 * 60_000, START + 2 * HOUR_MS, START + 2 * HOUR_MS, START + 30 * HOUR_MS):
        await job(slot, slot)
        assert await everything(store) == before
    assert await store.rolled_until() == START + 30 * HOUR_MS
    assert await database.number("SELECT count(*) FROM usage_hours") == 5
    assert [row.charged for row in await everything(store, account=ann)] == [100, 200]
    assert [row.charged for row in await everything(store, account=bob, until=START + HOUR_MS)] == []
    assert [row.account_id for row in await everything(store, tenant=2)] == [other]
    await database.sql("DELETE FROM attempts WHERE tenant_id = 2")
    assert [row.charged for row in await everything(store, tenant=2)] == [5], "read from the roll-ups"


async def opened(store: StoreOn, account: int, *, payer: int = 0) -> int:
    call = await store.open_attempt(
        NewAttempt(1, 0, 0, account, "fast", "openai", 10, 100, price=Price(1, 1),
                   hold=Hold(payer or account, (Ask(Unit.MICRO, 500),))), None)  # fmt: skip
    assert not isinstance(call, Refusal)
    return call


async def summed(database: Database, account: int = 0) -> list[tuple[object, ...]]:
    """What the calls themselves add up to, read past everything of ours."""
    sums = ", ".join(f"sum({name})" for name in (*KINDS, "charged", "estimated"))
    whose = f"AND CASE WHEN payer_id > 0 THEN payer_id ELSE account_id END = {account}" if account else ""
    rows = await database.sql(
        f"SELECT model, count(*), {sums} FROM attempts WHERE tenant_id = 1 AND state != 'open' {whose} "
        "GROUP BY model ORDER BY model"
    )
    return [(row[0], *map(int, row[1:])) for row in rows]


async def reported(store: StoreOn, account: int = 0) -> list[tuple[object, ...]]:
    lines = await store.used(1, account, 0, FOR_EVER)
    names = ("calls", *KINDS, "charged", "estimated")
    return sorted((line.model, *(getattr(line, name) for name in names)) for line in lines)


async def test_reports_show_what_the_calls_add_up_to_whenever_they_end(store: StoreOn, database: Database) -> None:
    ann, team = await rich(store), await rich(store)
    job, hour = RollingUp(store), START - 30 * HOUR_MS
    left: list[int] = []
    kept: list[int] = []
    for number in range(5):
        usage = Usage(100 + number, 20, 30, 5 + number, 2, number == 3, 10)
        await at(database, await spends(store, ann, 70 + number, model="ab"[number % 2], usage=usage), hour + 60_000)
        for payer in (0, team):
            left.append(await opened(store, ann, payer=payer))
            await at(database, left[-1], hour + 120_000)
        assert await job(hour + HOUR_MS, 0)
        if number in (2, 4):
            for call in left:
                end = AttemptEnd(AttemptState.UNKNOWN, Usage(9, estimated=True), charge=Charge(300))
                await store.close_attempt(call, end)
            kept, left = kept + left, []
            assert await store.rolled_until() < hour
        for account in (0, ann, team):
            assert await reported(store, account) == await summed(database, account)
        hour += HOUR_MS
    before = await reported(store)
    await store.close_attempt(kept[0], AttemptEnd(AttemptState.DONE, Usage(8, output=2), charge=Charge(200)))
    assert await reported(store) == await summed(database) != before, "the truth came late"
    assert await job(START, 0) == "added up to 2026-11-21T00:00Z"
    assert await store.rolled_until() == START
    for account in (0, ann, team):
        assert await reported(store, account) == await summed(database, account)
    part = await store.used(1, ann, START - 29 * HOUR_MS + 90_000, FOR_EVER)
    assert sum(line.calls for line in part) == 3 + 4, "a span may begin within an hour"
    await database.sql("DELETE FROM attempts")
    assert await reported(store) != [], "what is added up is read from nowhere else"


async def test_what_the_vendor_billed_is_told_from_what_was_reckoned(store: StoreOn, database: Database) -> None:
    ann = await rich(store)
    call = await store.open_attempt(
        NewAttempt(1, 0, 0, ann, "fast", "openrouter", 10, 100, price=Price(1, 1, version="list 7"),
                   hold=Hold(ann, (Ask(Unit.MICRO, 500),))), None)  # fmt: skip
    assert not isinstance(call, Refusal)
    for micro in (40, 60):
        end = AttemptEnd(AttemptState.DONE, Usage(9, output=1), charge=Charge(micro, 10, 1, billed=True))
        await store.close_attempt(call, end)
    (row,) = await database.sql("SELECT price_version, cost, charged FROM attempts")
    assert tuple(row) == ("list 7, as the vendor billed", 60, 60)


async def test_joined_accounts_count_as_one_and_old_hours_are_forgotten(store: StoreOn, database: Database) -> None:
    ann, bob = await rich(store), await rich(store)
    for account in (ann, bob):
        await at(database, await spends(store, account, 10), START)
    await RollingUp(store)(START + HOUR_MS, 0)
    assert await store.merge(1, ann, bob)
    assert [(row.account_id, row.charged) for row in await everything(store, account=ann)] == [(ann, 10), (ann, 10)]
    assert {row.member_id for row in await everything(store, account=ann)} == {ann, bob}
    await store.retain(Retention(usage_days=2), START + 3 * DAY_MS)
    assert await everything(store) == []


async def test_warnings_and_summaries_are_written_once(store: StoreOn, database: Database) -> None:
    ann, bob = await store.create_account(1, "Ann"), await store.create_account(1, "Bob")
    await store.set_login(1, ann, "ann@example.org", "hash")
    await database.sql("DELETE FROM mails")
    now = now_ms()
    allowance = Allowance("pro", Unit.MICRO, 1000, "w1", now + DAY_MS)
    for account in (ann, bob):
        call = await store.open_attempt(
            NewAttempt(1, 0, 0, account, "fa|st`", "openai", 10, 9,
                       hold=Hold(account, (Ask(Unit.MICRO, 900),), allowance)), None)  # fmt: skip
        assert not isinstance(call, Refusal)
        await store.close_attempt(call, AttemptEnd(AttemptState.DONE, Usage(10), charge=Charge(850)))
    await database.sql("UPDATE grants SET warned = 80")
    warnings = Warnings(store, "free")
    assert [await warnings(START, now) for _ in range(2)] == ["1 written", "0 written"]
    await database.sql("UPDATE grants SET warned = 90")
    assert await warnings(START, now) == "1 written"
    assert await warnings(START, now + 2 * DAY_MS) == "0 written"
    mails = await store.due_mails(now + 60_000, 9)
    assert [mail.arguments["percent"] for mail in mails] == [80, 90]
    assert mails[0].arguments["plan"] == "pro"

    await database.sql(f"UPDATE attempts SET opened = {slot_of('2026-10-31T23:00Z')}")
    slot = slot_of("2026-11-01T06:00Z")
    await RollingUp(store)(slot, 0)
    assert [await Summaries(store)(slot, slot) for _ in range(2)] == ["1 written for 2026-10", "0 written for 2026-10"]
    (mail,) = await store.due_mails(now + 60_000, 9)
    assert (mail.arguments["answers"], mail.arguments["spent"], mail.arguments["month"]) == (
        1,
        "$0.00085",
        "October 2026",
    )
    assert str(mail.arguments["lines"]).endswith("| `fast` | 1 | 10 |")


def test_amounts_and_months() -> None:
    said = {0: "0.00 USD", 1: "0.000001 USD", 420_000: "0.42 USD", -1_500_000: "-1.50 USD", 12_000_000: "12.00 USD"}
    assert {value: amount(value, Unit.MICRO) for value in said} == said
    assert amount(1200, Unit.TOKENS) == "1200 tokens"
    assert month_before(slot_of("2027-01-01T06:00Z")) == (slot_of("2026-12-01T00:00Z"), slot_of("2027-01-01T00:00Z"))
    assert len(fields(UsageRow)) == 17
