"""Migrations lead to the tables the code knows, statements use the indexes named for them, and starting stays quick."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgres_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect

from hub.domain.errors import SettingsError
from storage import api, mail, migrate, money, people, platforms, statements, version, work
from storage.place import parse_url
from storage.schema import INDEXES
from storage.store import StoreOn, open_store
from storage.tables import tables
from storage.verbs import (
    abandoned,
    accounts,
    attempts,
    balance,
    care,
    codes,
    erasing,
    feedback,
    finish,
    forgotten,
    giving_back,
    grants,
    holds,
    intake,
    keys,
    lane,
    leases,
    ledger,
    letters,
    linking,
    mailbox,
    memory,
    notebook,
    outbox,
    places,
    retention,
    schedule,
    screen,
    usage,
)
from storage.verbs import statements as stating
from tests.contract.store.conftest import Database, Person, answer
from tests.kit.postgres import Server
from tools.schema import FILE, script

FACTS = {
    "sqlite": [
        "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1",
        "SELECT m.name, c.* FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 2",
        "SELECT m.name, f.* FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' "
        'ORDER BY 1, f."from"',
        "SELECT m.name, i.name, i.\"unique\" FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table' "
        "ORDER BY 1, 2",
    ],
    "postgres": [
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns "
        "WHERE table_schema = 'public' ORDER BY 1, 2",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    ],
}


async def facts(database: Database) -> list[Any]:
    found = [sorted(map(repr, await database.sql(statement))) for statement in FACTS[database.kind]]
    if database.kind == "sqlite":
        rows = await database.sql("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
        found += [(name, sorted(part.strip(" ,\t)") for part in sql.split("\n"))) for name, sql in rows]
    return [
        *found,
        await database.sql("SELECT id, name FROM tenants"),
        await database.sql("SELECT * FROM alembic_version"),
    ]


@pytest.fixture(params=["sqlite", "postgres"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    async def make() -> Database:
        if request.param == "sqlite":
            path = tmp_path / f"{len(list(tmp_path.iterdir()))}.db"
            return Database("sqlite", f"sqlite+aiosqlite:///{path}", path=path)
        server: Server = request.getfixturevalue("postgres")
        name = await server.new_database()
        return Database("postgres", server.url(name), server=server, name=name)

    return make


def test_the_script_of_a_new_file_is_what_the_tables_say() -> None:
    kept, said = (set(text.strip().split("\n\n")) for text in (FILE.read_text("utf-8"), script()))
    assert kept == said, "run: python tools/schema.py"


async def test_a_new_database_equals_a_migrated_one(empty: Callable[[], Any]) -> None:
    made, migrated = await empty(), await empty()
    assert (await migrate.status(made.url)).current is None
    await (await open_store(made.url)).close()

    def all_migrations(connection: sa.Connection) -> list[Any]:
        version.run_migrations(connection)
        return list(compare_metadata(MigrationContext.configure(connection), tables))

    assert await migrate._in_transaction(migrated.url, all_migrations) == []
    assert await facts(made) == await facts(migrated)
    assert (await migrate.status(migrated.url)).up_to_date
    assert (await migrate.upgrade(migrated.url)).up_to_date
    store = await open_store(migrated.url)
    await answer(store, (await Person(store).says("hi")).conversation_id)
    await store.close()


async def test_a_newer_database_is_refused(database: Database) -> None:
    await database.sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SettingsError, match="newer Parley"):
        await open_store(database.url)
    await database.sql(f"UPDATE alembic_version SET version_num = '{version.HEAD}'")


async def test_people_survive_the_tables_of_linking(empty: Callable[[], Any]) -> None:
    """Their accounts are copied into a table with one more column, while others refer to them."""
    from alembic import command

    database = await empty()

    def before(connection: sa.Connection) -> None:
        config = version.alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")

    await migrate._in_transaction(database.url, before)
    await database.sql("INSERT INTO accounts (id, tenant_id, name, blocked) VALUES (7, 1, 'Ann', 1)")
    await database.sql("INSERT INTO identities (tenant_id, platform, platform_user, account_id) VALUES (1,'w','a',7)")
    store = await open_store(database.url)
    line = await store.find_account(1, 7)
    await store.close()
    assert line is not None
    assert (line.name, line.blocked, line.merged_into, line.identities[0].user) == ("Ann", True, 0, "a")
    if database.kind == "sqlite":
        assert await database.sql("PRAGMA foreign_key_check") == []


async def test_half_a_migration_is_none(sqlite_file: Database) -> None:
    def fails(connection: sa.Connection) -> None:
        version.run_migrations(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await migrate._in_transaction(sqlite_file.url, fails)
    assert await sqlite_file.sql("SELECT name FROM sqlite_master") == []
    await sqlite_file.open()


def test_the_constants_are_alembics() -> None:
    script = ScriptDirectory.from_config(version.alembic_config())
    assert script.get_current_head() == migrate.head()
    assert tuple(reversed([step.revision for step in script.walk_revisions()])) == version.KNOWN


def test_every_unique_begins_with_the_tenant() -> None:
    for table in tables.tables.values():
        for constraint in table.constraints:
            if isinstance(constraint, sa.UniqueConstraint):
                assert next(iter(constraint.columns)).name == "tenant_id"
        assert "tenant_id" in table.c or table.name in ("tenants", "house", "notes", "listeners", "job_runs")


async def test_starting_on_a_ready_database_imports_little(sqlite_file: Database) -> None:
    await (await sqlite_file.open()).close()
    program = (
        "import asyncio, sys\nfrom storage.store import open_store\n"
        f"asyncio.run(open_store({sqlite_file.url!r}))\n"
        "print([m for m in ('alembic', 'asyncpg', 'sqlalchemy.orm', 'sqlalchemy.dialects.postgresql', 'aiosqlite')"
        " if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_urls() -> None:
    for url in ("postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"):
        assert parse_url(url).drivername == "postgresql+asyncpg"
    assert parse_url("sqlite:///a.db").drivername == "sqlite+aiosqlite"


PLANS: dict[str, list[Any]] = {
    "inbox_natural": [intake.KNOWN],
    "addresses_natural": [
        linking.LIVELIEST,
        places.CHOSEN_AT_ROOT,
        screen.ANSWERED,
        places.FIND_ADDRESS,
        notebook.HEARD,
    ],
    "identities_natural": [places.FIND_IDENTITY, intake.FIND, intake.HOME, linking.WHO],
    "inbox_lane": [lane.OLDEST, lane.LEFT_RUNNING, places.WAITING_IN_LANE, finish.MORE, leases.STALLED],
    "inbox_overtaking": [leases.STALLED_OVERTAKING],
    "inbox_screen": [screen.PERSON, notebook.HEARD],
    "messages_pk": [lane.WINDOW, memory.NEWEST_TWO, memory.OLDEST, attempts.LAST_TURNS],
    "messages_created": [retention.FORGET_MESSAGES],
    "attempts_turn": [attempts.LINES],
    "attempts_open": [lane.OPEN_ATTEMPTS, attempts.FIND, abandoned.LEFT_OPEN, abandoned.OF_OWNER],
    "attempts_account": [usage.MODELS_OF_ACCOUNT],
    "attempts_treated": [usage.OF_ACCOUNT],
    "balances_natural": [
        holds.LOOK,
        holds.TAKE,
        holds.TAKE_IN_WINDOW,
        holds.TAKE_WITHOUT_LIMIT,
        balance.LOCK,
        balance.READ_ALL,
    ],
    "grants_living": [grants.LIVING],
    "grants_natural": [grants.BY_KEY],
    "grants_account": [grants.NEWEST],
    "entries_natural": [ledger.BOOKED],
    "erasures_natural": [erasing.DONE],
    "forgotten_natural": [forgotten.FIND, forgotten.DROP],
    "entries_account": [ledger.OF_ACCOUNT, *stating.OF_ACCOUNT],
    "entries_attempt": [giving_back.BURNT],
    "ceilings_natural": [holds.TAKE_UNDER, holds.SETTLE_UNDER],
    "outbox_due": [outbox.DUE, care.COUNTS["undelivered"]],
    "outbox_screen": [screen.OURS],
    "outbox_natural": [finish.WRITTEN],
    "outbox_dead": [care.COUNTS["dead"]],
    "refs_natural": [finish.REFS],
    "files_natural": [care.GET_FILE],
    "refs_ref": [feedback.ANSWERED],
    "feedback_natural": [feedback.TAKE_BACK],
    "notes_written": [retention.FORGET_NOTES],
    "conversations_account": [memory.LIST, linking.HOLD_CONVERSATIONS, linking.MOVED[0]],
    "identities_account": [linking.IDENTITIES, linking.MOVED[1], accounts.PAGE],
    "accounts_merged": [linking.JOIN_EARLIER, accounts.BLOCK_JOINED],
    "codes_natural": [codes.FIND_CODE, codes.DROP_CODE],
    "codes_account": [codes.NEWEST_CODES, linking.MOVED[2], codes.TRIM_CODES],
    "guesses_natural": [codes.GUESSES],
    "logins_natural": [accounts.FIND_LOGIN],
    "logins_account": [linking.HAS_LOGIN, linking.MOVED[3]],
    "conversations_leased": [leases.RELEASE_OWNER],
    "api_keys_digest": [keys.FIND_KEY],
    "api_keys_account": [keys.KEYS_OF, linking.MOVED[4]],
    "replays_natural": [keys.LOCKED],
    "mails_natural": [],
    "mails_due": [mailbox.DUE, mailbox.NEXT],
    "mails_account": [],
    "mail_refusals_natural": [mailbox.REFUSED],
    "job_runs_pk": [schedule.NEWEST, schedule.FENCE],
    "job_runs_open": [schedule.LEFT_OPEN],
    "job_runs_started": [retention.FORGET_RUNS],
    "usage_hours_pk": [usage.OF_ACCOUNT],
    "usage_hours_hour": [usage.CLEAR, usage.OF_HOUSE, retention.FORGET_USAGE],
    "attempts_opened": [usage.ROLL, usage.NEXT],
    "grants_warned": [letters.WARNED],
    "statements_natural": [stating.WRITTEN, stating.EARLIER],
    "statements_number": [],
    "statement_lines_statement": [stating.LINES],
    "statement_lines_account": [],
}


AS_GOOD_WHEN_EMPTY = {"attempts_account": "attempts_opened", "usage_hours_hour": "usage_hours_pk"}
"""What PostgreSQL may read instead while a table is empty and a span has no length."""


def literal(statement: Any, kind: str) -> str:
    """The statement as the database gets it, with a one or a word in place of what is bound."""
    dialect = sqlite_dialect(paramstyle="named") if kind == "sqlite" else postgres_dialect(paramstyle="named")
    compiled = statement.compile(dialect=dialect)
    text = str(compiled)
    for name, bind in compiled.binds.items():
        value = "'x'" if isinstance(bind.type, sa.Text) else "''" if isinstance(bind.type, sa.LargeBinary) else "1"
        text = re.sub(rf":{name}\b", value, text)
    return text


async def test_statements_use_the_index_named_for_them(store: StoreOn, database: Database) -> None:
    indexes = (INDEXES, people.INDEXES, money.INDEXES, platforms.INDEXES, mail.INDEXES, work.INDEXES, api.INDEXES,
               statements.INDEXES)  # fmt: skip
    assert {index.name for some in indexes for index in some} <= PLANS.keys()
    for tenant in (1, 2):
        await answer(store, (await Person(store, tenant).says("hi")).conversation_id)
    for index, read_by in PLANS.items():
        for statement in read_by:
            text = literal(statement, database.kind)
            if database.kind == "sqlite":
                plan = "\n".join(str(row[3]) for row in await database.sql(f"EXPLAIN QUERY PLAN {text}"))
                plan = re.sub(r"sqlite_autoindex_(\w+)_1", r"\1_natural", plan)
                plan = re.sub(r"(job_runs|usage_hours)_natural", r"\1_pk", plan)
                plan = re.sub(r"(\w+) USING PRIMARY KEY", r"\1_pk", plan)
            else:
                prefix = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off;"
                plan = await postgres_plan(database, prefix, text)
            also = AS_GOOD_WHEN_EMPTY.get(index, index) if database.kind == "postgres" else index
            assert index in plan or also in plan, f"{index} is not in\n{plan}\nof\n{text}"


async def postgres_plan(database: Database, prefix: str, statement: str) -> str:
    import asyncpg

    assert database.server is not None
    connection = await asyncpg.connect(database.server.dsn(database.name))
    try:
        await connection.execute(prefix)
        return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement}"))
    finally:
        await connection.close()
