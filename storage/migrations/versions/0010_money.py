"""Money: balances, grants, entries, ceilings; plans of accounts; what an attempt holds, is charged and costs"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNITS = "unit IN ('micro', 'tokens', 'messages')"
KEPT = {
    "sqlite": (
        "CREATE TRIGGER entries_keep_update BEFORE UPDATE ON entries "
        "BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
        "CREATE TRIGGER entries_keep_delete BEFORE DELETE ON entries "
        "BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION entries_keep() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'entries are never changed'; END $$",
        "CREATE TRIGGER entries_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION entries_keep()",
    ),
}

ACCOUNT_COUNTS = ("plan_anchor", "plan_until")
ATTEMPT_COUNTS = (
    "mark", "key_id", "payer_id", "held", "charged", "grant_id", "cost", "price_input", "price_output",
    "price_request", "ends",
)  # fmt: skip


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, Id, server_default="0", nullable=False)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _unit() -> sa.Column[Any]:
    return sa.Column("unit", sa.Text(), server_default="micro", nullable=False)


def _of_account(table: str) -> tuple[Any, ...]:
    return (
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f(f"{table}_account_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"{table}_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pk")),
        sa.CheckConstraint(UNITS, name=op.f(f"{table}_unit_ck")),
    )


def _ids() -> tuple[Any, ...]:
    return tuple(sa.Column(name, Id, nullable=False) for name in ("id", "tenant_id", "account_id"))


def _never_negative(table: str, *names: str) -> tuple[Any, ...]:
    return tuple(sa.CheckConstraint(f"{name} >= 0", name=op.f(f"{table}_{name}_ck")) for name in names)


def upgrade() -> None:
    _columns()
    _balances_and_grants()
    op.create_table(
        "entries",
        *_ids(),
        _unit(),
        sa.Column("kind", sa.Text(), server_default="grant", nullable=False),
        *map(_count, ("granted", "used", "grant_id", "attempt_id")),
        _text("key"),
        _text("note"),
        _count("created"),
        *_of_account("entries"),
        sa.CheckConstraint(
            "kind IN ('grant', 'settle', 'expire', 'refund', 'adjust', 'move')", name=op.f("entries_kind_ck")
        ),
        *_never_negative("entries", "grant_id", "attempt_id", "created"),
        sa.UniqueConstraint("tenant_id", "key", name="entries_natural"),
    )
    op.create_index("entries_account", "entries", ["account_id", "id"], unique=False)
    op.create_index(
        "entries_attempt",
        "entries",
        ["attempt_id"],
        unique=False,
        sqlite_where=sa.text("attempt_id > 0"),
        postgresql_where=sa.text("attempt_id > 0"),
    )
    for statement in KEPT[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))
    op.create_table(
        "ceilings",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        _text("scope"),
        _text("window"),
        _unit(),
        *map(_count, ("held", "used", "touched")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("ceilings_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("ceilings_pk")),
        sa.CheckConstraint(UNITS, name=op.f("ceilings_unit_ck")),
        *_never_negative("ceilings", "held", "used", "touched"),
        sa.UniqueConstraint("tenant_id", "scope", "window", "unit", name="ceilings_natural"),
    )


def _columns() -> None:
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.add_column(_text("plan"))
        for name in ACCOUNT_COUNTS:
            batch_op.add_column(_count(name))
            batch_op.create_check_constraint(op.f(f"accounts_{name}_ck"), f"{name} >= 0")
    with op.batch_alter_table("attempts") as batch_op:
        batch_op.alter_column("conversation_id", existing_type=Id, nullable=True)
        for name in ("owner", "ceilings", "price_version"):
            batch_op.add_column(_text(name))
        batch_op.add_column(_unit())
        batch_op.create_check_constraint(op.f("attempts_unit_ck"), UNITS)
        for name in ATTEMPT_COUNTS:
            batch_op.add_column(_count(name))
            batch_op.create_check_constraint(op.f(f"attempts_{name}_ck"), f"{name} >= 0")
    op.create_index("attempts_account", "attempts", ["account_id", "opened"], unique=False)


def _balances_and_grants() -> None:
    kept = ("granted", "used", "held", "beyond", "changes_at")
    op.create_table(
        "balances",
        *_ids(),
        _unit(),
        *map(_count, kept),
        _text("opened"),
        _count("plan_grant"),
        *_of_account("balances"),
        *_never_negative("balances", *kept, "plan_grant"),
        sa.CheckConstraint("used + held <= granted + beyond", name=op.f("balances_covered_ck")),
        sa.UniqueConstraint("tenant_id", "account_id", "unit", name="balances_natural"),
    )
    counts = ("amount", "spent", "lapsed", "priority", "expires", "warned", "changes")
    op.create_table(
        "grants",
        *_ids(),
        _unit(),
        sa.Column("source", sa.Text(), server_default="plan", nullable=False),
        _text("key"),
        *map(_count, counts),
        _text("note"),
        _count("created"),
        *_of_account("grants"),
        sa.CheckConstraint("source IN ('plan', 'topup', 'gift', 'linked')", name=op.f("grants_source_ck")),
        *_never_negative("grants", *counts, "created"),
        sa.CheckConstraint("spent + lapsed <= amount", name=op.f("grants_covered_ck")),
        sa.UniqueConstraint("tenant_id", "key", name="grants_natural"),
    )
    op.create_index("grants_account", "grants", ["account_id", "id"], unique=False)
    op.create_index(
        "grants_living",
        "grants",
        ["account_id", "unit"],
        unique=False,
        sqlite_where=sa.text("amount > spent + lapsed"),
        postgresql_where=sa.text("amount > spent + lapsed"),
    )


def downgrade() -> None:
    for table in ("ceilings", "entries", "grants", "balances"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("DROP FUNCTION entries_keep()"))
    op.drop_index("attempts_account", table_name="attempts")
    with op.batch_alter_table("attempts") as batch_op:
        for name in ATTEMPT_COUNTS:
            batch_op.drop_constraint(op.f(f"attempts_{name}_ck"), type_="check")
            batch_op.drop_column(name)
        batch_op.drop_constraint(op.f("attempts_unit_ck"), type_="check")
        for name in ("owner", "ceilings", "price_version", "unit"):
            batch_op.drop_column(name)
    op.execute(sa.text("DELETE FROM attempts WHERE conversation_id IS NULL"))
    with op.batch_alter_table("attempts") as batch_op:
        batch_op.alter_column("conversation_id", existing_type=Id, nullable=False)
    with op.batch_alter_table("accounts") as batch_op:
        for name in ACCOUNT_COUNTS:
            batch_op.drop_constraint(op.f(f"accounts_{name}_ck"), type_="check")
            batch_op.drop_column(name)
        batch_op.drop_column("plan")
