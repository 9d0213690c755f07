"""Statements add up to the ledger to the micro-dollar, are written once, and never change."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter

import asyncpg
import pytest

from hub.core.jobs.chores import Stating
from hub.core.jobs.letters import Summaries
from hub.domain.attempt import AttemptEnd, AttemptState, NewAttempt
from hub.domain.completion import Usage
from hub.domain.jobs import slot_of
from hub.domain.money import Allowance, Ask, Charge, EntryKind, Hold, NewGrant, Refusal, Source, Unit
from hub.domain.usage import DAY_MS, Statement
from storage.rows import now_ms
from storage.store import StoreOn
from tests.contract.store.conftest import Database
from tests.contract.store.test_usage import FOR_EVER, rich, spends

SEPTEMBER, OCTOBER = slot_of("2026-09-01T00:00Z"), slot_of("2026-10-01T00:00Z")
NOVEMBER, DECEMBER = slot_of("2026-11-01T00:00Z"), slot_of("2026-12-01T00:00Z")
DUE = 5 * 3_600_000


async def test_a_statement_adds_up_to_the_balance(store: StoreOn, database: Database) -> None:
    ann, now = await store.create_account(1, "Ann"), now_ms()
    await store.grant(1, NewGrant("top", ann, Unit.MICRO, 900, Source.TOPUP))
    allowance = Allowance("free", Unit.TOKENS, 1000, "w1", now + DAY_MS)
    for micro in (100, 250):
        await spends(store, ann, micro)
    await store.adjust(1, ann, Unit.MICRO, -50, "refund:1", "paid back", EntryKind.REFUND)
    call = await store.open_attempt(
        NewAttempt(1, 0, 0, ann, "deep", "openai", 10, 9, hold=Hold(ann, (Ask(Unit.TOKENS, 40),), allowance)),
        None,
    )
    assert not isinstance(call, Refusal)
    await store.close_attempt(call, AttemptEnd(AttemptState.DONE, Usage(10, output=9), charge=Charge(0, 19, 1)))
    whole = await store.statement(1, ann, 0, FOR_EVER)
    assert whole.opening == ()
    assert {(row.unit, row.kind, row.what): (row.granted, row.used) for row in whole.rows} == {
        (Unit.MICRO, EntryKind.GRANT, "topup"): (900, 0),
        (Unit.MICRO, EntryKind.SETTLE, "fast"): (0, 350),
        (Unit.MICRO, EntryKind.REFUND, "topup"): (-50, 0),
        (Unit.TOKENS, EntryKind.GRANT, "plan"): (1000, 0),
        (Unit.TOKENS, EntryKind.SETTLE, "deep"): (0, 19),
    }
    assert dict(whole.closing) == {Unit.MICRO: 500, Unit.TOKENS: 981}
    balances = {line.unit: line.granted - line.used for line in await store.balances(1, ann)}
    assert dict(whole.closing) == balances

    ids = [row[0] for row in await database.sql("SELECT id FROM entries ORDER BY id")]
    assert len(ids) == 6
    middle = int(await database.number("SELECT max(created) FROM entries")) + 1
    assert (await store.statement(1, ann, 0, middle)).closing == whole.closing
    after = await store.statement(1, ann, middle, FOR_EVER)
    assert (after.opening, after.rows, after.closing) == (whole.closing, (), whole.closing)
    assert (await store.statement(2, ann, 0, FOR_EVER)).closing == ()


async def dated(database: Database, since: int, moment: int) -> None:
    """Move what was booked and called after `since` to `moment`, past the lock on the ledger."""
    off, on = (
        ("DROP TRIGGER entries_keep_update", TRIGGER)
        if database.kind == "sqlite"
        else ("ALTER TABLE entries DISABLE TRIGGER USER", "ALTER TABLE entries ENABLE TRIGGER USER")
    )
    await database.sql(off)
    await database.sql(f"UPDATE entries SET created = {moment} WHERE created >= {since}")
    await database.sql(f"UPDATE attempts SET opened = {moment} WHERE opened >= {since}")
    await database.sql(on)


TRIGGER = (
    "CREATE TRIGGER entries_keep_update BEFORE UPDATE ON entries "
    "BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END"
)


async def booked(database: Database, since: int, until: int, account: int) -> Counter[tuple[str, str]]:
    """What the lines of the ledger say of a month, by unit and kind, read past everything of ours."""
    whose = f"account_id = {account}" if account else "tenant_id = 1"
    rows = await database.sql(
        f"SELECT unit, kind, sum(granted - used) FROM entries WHERE {whose} AND created >= {since} "
        f"AND created < {until} GROUP BY unit, kind"
    )
    return Counter({(row[0], row[1]): int(row[2]) for row in rows})


def said(whole: Statement) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for row in whole.rows:
        found[row.unit.value, row.kind.value] += row.granted - row.used
    return found


async def test_months_are_written_once_numbered_and_never_change(store: StoreOn, database: Database) -> None:
    start = now_ms()
    ann, bob, other = await rich(store), await rich(store), await rich(store, tenant=2)
    await spends(store, ann, 101, usage=Usage(7, 2, 3, 5, 1, False, 2))
    await spends(store, other, 3, tenant=2)
    await dated(database, start, SEPTEMBER + 5 * DAY_MS)
    for micro in (11, 22):
        await spends(store, ann, micro, model="deep")
    await store.adjust(1, ann, Unit.MICRO, -50, "refund:1", "paid back", EntryKind.REFUND)
    await dated(database, start, OCTOBER + 5 * DAY_MS)
    await spends(store, bob, 7)

    job = Stating(store)
    assert [await job(OCTOBER + DUE, 0) for _ in range(2)] == [
        "5 statements written for 2026-09",
        "0 statements written for 2026-09",
    ]
    opened = await asyncio.gather(*(job(NOVEMBER + DUE, 0) for _ in range(4)))
    assert sum(int(one.split()[0]) for one in opened) == 2, "ann and the house; bob and the other tenant moved nothing"
    rows = await database.sql("SELECT tenant_id, number, month, account_id FROM statements ORDER BY 1, 2")
    assert [tuple(row) for row in rows] == [
        (1, 1, "2026-09", ann), (1, 2, "2026-09", bob), (1, 3, "2026-09", 0),
        (1, 4, "2026-10", ann), (1, 5, "2026-10", 0), (2, 1, "2026-09", other), (2, 2, "2026-09", 0),
    ]  # fmt: skip

    for account in (ann, bob, 0):
        closing: dict[Unit, int] = {}
        for since, until in ((SEPTEMBER, OCTOBER), (OCTOBER, NOVEMBER), (NOVEMBER, DECEMBER)):
            whole = await store.statement(1, account, since, until)
            assert said(whole) == await booked(database, since, until, account)
            assert dict(whole.opening) == closing
            closing = dict(whole.closing)
        assert not whole.number, "the month that runs is summed when it is asked for"
    whole = await store.statement(1, ann, SEPTEMBER, OCTOBER)
    (line,) = whole.tokens
    assert (line.model, line.calls, line.input, line.cache_write, line.cache_write_1h) == ("fast", 1, 7, 3, 2)
    assert dict(closing) == {Unit.MICRO: 2_000_000 - 101 - 11 - 22 - 50 - 7}

    with pytest.raises((sqlite3.IntegrityError, asyncpg.PostgresError), match="never changed"):
        await database.sql("UPDATE statement_lines SET granted = 0")
    with pytest.raises((sqlite3.IntegrityError, asyncpg.PostgresError), match="never changed"):
        await database.sql("DELETE FROM statements")
    await database.sql("DELETE FROM attempts")
    assert await store.statement(1, ann, SEPTEMBER, OCTOBER) == whole

    topics = {name: (await store.held(1, ann, name, 0, 99)).rows for name in await store.held_topics()}
    assert [row["month"] for row in topics["statements"]] == ["2026-09", "2026-10"]
    assert {row["kind"] for row in topics["statement_lines"]} >= {"opening", "settle", "refund", "closing", "tokens"}
    (so_far,) = [row for row in topics["statement_so_far"] if row["kind"] == "closing"]
    assert (so_far["over"], so_far["granted"]) == (0, 1_000_000 - 101 - 33 - 50)


async def test_the_mail_of_a_month_carries_its_statement_and_what_was_paid(store: StoreOn, database: Database) -> None:
    start, ann = now_ms(), await rich(store)
    await store.set_login(1, ann, "ann@example.org", "hash")
    await spends(store, ann, 1_234)
    await database.sql("UPDATE accounts SET language = 'de'")
    await database.sql(
        "INSERT INTO payments (tenant_id, gateway, object, account_id, paid, amount, currency, receipt, created) "
        f"VALUES (1, 'stripe', 'cs_1', {ann}, 1, 450, 'eur', 'https://pay.test/i/1?x=(1)', {OCTOBER + DAY_MS}), "
        f"(1, 'stripe', 'cs_2', {ann}, 1, 450, 'eur', 'javascript:alert(1)', {OCTOBER + DAY_MS})"
    )
    await database.sql("DELETE FROM mails")
    await dated(database, start, OCTOBER + DAY_MS)
    assert await Summaries(store)(NOVEMBER + DUE, 0) == "1 written for 2026-10"
    (mail,) = await store.due_mails(now_ms() + 60_000, 9)
    lines = str(mail.arguments["lines"]).split("\n")
    assert (mail.arguments["month"], mail.arguments["spent"]) == ("Oktober 2026", "0,001234\u00a0$")
    assert [line for line in lines if line and "---" not in line] == [
        "| Modell | Antworten | Token |",
        "| `fast` | 1 | 12 |",
        "| Abrechnung Nr. 1 | Betrag |",
        "| Erhalten (geschenkt) | 1,00\u00a0$ |",
        "| Verbraucht: `fast` | -0,001234\u00a0$ |",
        "| **Guthaben danach** | **0,998766\u00a0$** |",
        "Bezahlt: [4,50 €, 2. Oktober](<https://pay.test/i/1?x=(1)>)",
    ]
