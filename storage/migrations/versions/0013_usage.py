"""Usage added up by the hour"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COUNTS = (
    "calls",
    "failed",
    "estimated",
    "input",
    "cached",
    "cache_write",
    "output",
    "reasoning",
    "cost",
    "charged",
)


def upgrade() -> None:
    numbers = ("tenant_id", "account_id", "hour", "member_id")
    words = ("model", "provider", "origin", "unit")
    op.create_table(
        "usage_hours",
        *(sa.Column(name, Id, nullable=False) for name in numbers),
        *(sa.Column(name, sa.Text(), nullable=False) for name in words),
        *(sa.Column(name, Id, server_default="0", nullable=False) for name in COUNTS),
        *(sa.CheckConstraint(f"{name} >= 0", name=op.f(f"usage_hours_{name}_ck")) for name in COUNTS),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("usage_hours_tenant_id_fk")),
        sa.PrimaryKeyConstraint(*numbers, *words, name=op.f("usage_hours_pk")),
    )
    op.create_index("usage_hours_hour", "usage_hours", ["tenant_id", "hour"])
    op.create_index("attempts_opened", "attempts", ["opened"])
    warned = sa.text("warned > 0")
    op.create_index("grants_warned", "grants", ["id"], sqlite_where=warned, postgresql_where=warned)


def downgrade() -> None:
    op.drop_index("grants_warned", table_name="grants")
    op.drop_index("attempts_opened", table_name="attempts")
    op.drop_table("usage_hours")
