"""Keys of the HTTP API, and answers kept for a repeated call"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, Id, server_default="0", nullable=False)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _never_negative(table: str, *names: str) -> tuple[sa.CheckConstraint, ...]:
    return tuple(sa.CheckConstraint(f"{name} >= 0", name=op.f(f"{table}_{name}_ck")) for name in names)


def upgrade() -> None:
    counts = ("budget", "per_minute", "expires", "created", "used", "revoked")
    op.create_table(
        "api_keys",
        *(sa.Column(name, Id, nullable=False) for name in ("id", "tenant_id", "account_id")),
        *map(_text, ("name", "shown", "digest", "models")),
        sa.Column("lists_only", sa.SmallInteger(), server_default="0", nullable=False),
        _count("budget"),
        sa.Column("renews", sa.Text(), server_default="total", nullable=False),
        *map(_count, counts[1:]),
        sa.CheckConstraint("lists_only IN (0, 1)", name=op.f("api_keys_lists_only_ck")),
        sa.CheckConstraint("renews IN ('total', 'day', 'week', 'month')", name=op.f("api_keys_renews_ck")),
        *_never_negative("api_keys", *counts),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("api_keys_account_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("api_keys_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_keys_pk")),
        sa.UniqueConstraint("tenant_id", "digest", name="api_keys_natural"),
    )
    op.create_index("api_keys_digest", "api_keys", ["digest"], unique=False)
    op.create_index("api_keys_account", "api_keys", ["account_id", "id"], unique=False)
    op.create_table(
        "replays",
        *(sa.Column(name, Id, nullable=False) for name in ("id", "tenant_id", "key_id")),
        *map(_text, ("name", "digest")),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        *map(_count, ("until", "status")),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        _count("created"),
        sa.CheckConstraint("state IN ('open', 'done', 'lost')", name=op.f("replays_state_ck")),
        *_never_negative("replays", "until", "status", "created"),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("replays_key_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("replays_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("replays_pk")),
        sa.UniqueConstraint("tenant_id", "key_id", "name", name="replays_natural"),
    )


def downgrade() -> None:
    op.drop_table("replays")
    op.drop_index("api_keys_account", table_name="api_keys")
    op.drop_index("api_keys_digest", table_name="api_keys")
    op.drop_table("api_keys")
