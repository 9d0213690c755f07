"""Statements of months; tokens kept in a cache for an hour; what was paid for somebody else"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TOKENS = ("input", "cached", "cache_write", "cache_write_1h", "output", "reasoning")
KINDS = "'opening', 'grant', 'settle', 'expire', 'refund', 'adjust', 'move', 'closing', 'tokens'"


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, Id, server_default="0", nullable=False)


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _never_negative(table: str, *names: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(f"{name} >= 0", name=op.f(f"{table}_{name}_ck")) for name in names]


def upgrade() -> None:
    for table in ("attempts", "usage_hours"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(_count("cache_write_1h"))
            batch_op.create_check_constraint(op.f(f"{table}_cache_write_1h_ck"), "cache_write_1h >= 0")
    treated = sa.text("payer_id > 0 AND payer_id != account_id")
    op.create_index(
        "attempts_treated", "attempts", ["payer_id", "opened"], sqlite_where=treated, postgresql_where=treated
    )
    counts = ("account_id", "number", "since", "until", "next_entry", "created")
    op.create_table(
        "statements",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        _count("account_id"),
        _text("month"),
        *map(_count, counts[1:]),
        *_never_negative("statements", *counts),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("statements_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("statements_pk")),
        sa.UniqueConstraint("tenant_id", "account_id", "month", name="statements_natural"),
        sa.UniqueConstraint("tenant_id", "number", name="statements_number"),
    )
    op.create_table(
        "statement_lines",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("statement_id", Id, nullable=False),
        _count("account_id"),
        _text("kind", "opening"),
        _text("unit", "micro"),
        _text("what"),
        *map(_count, ("lines", "granted", "used", *TOKENS)),
        *_never_negative("statement_lines", "account_id", "lines", *TOKENS),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("statement_lines_kind_ck")),
        sa.CheckConstraint("unit IN ('micro', 'tokens', 'messages')", name=op.f("statement_lines_unit_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("statement_lines_tenant_id_fk")),
        sa.ForeignKeyConstraint(["statement_id"], ["statements.id"], name=op.f("statement_lines_statement_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("statement_lines_pk")),
    )
    op.create_index("statement_lines_statement", "statement_lines", ["statement_id", "id"])
    op.create_index("statement_lines_account", "statement_lines", ["account_id", "id"])
    for table in ("statements", "statement_lines"):
        _keep(table)


def _keep(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} are never changed'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_keep()"
        )
        return
    for word in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_keep_{word} BEFORE {word.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
        )


def downgrade() -> None:
    for table in ("statement_lines", "statements"):
        op.drop_table(table)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {table}_keep()")
    op.drop_index("attempts_treated", table_name="attempts")
    for table in ("attempts", "usage_hours"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(op.f(f"{table}_cache_write_1h_ck"), type_="check")
            batch_op.drop_column("cache_write_1h")
