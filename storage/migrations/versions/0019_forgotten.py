"""What was left of an allowance when somebody was erased, until its window ends"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "forgotten",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("allowance", sa.Text(), server_default="", nullable=False),
        sa.Column("together", sa.Text(), server_default="", nullable=False),
        sa.Column("unit", sa.Text(), server_default="micro", nullable=False),
        *(sa.Column(name, Id, server_default="0", nullable=False) for name in ("rest", "anchor", "expires")),
        sa.CheckConstraint("unit IN ('micro', 'tokens', 'messages')", name=op.f("forgotten_unit_ck")),
        *(
            sa.CheckConstraint(f"{name} >= 0", name=op.f(f"forgotten_{name}_ck"))
            for name in ("rest", "anchor", "expires")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("forgotten_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("forgotten_pk")),
        sa.UniqueConstraint("tenant_id", "digest", "allowance", name="forgotten_natural"),
    )


def downgrade() -> None:
    op.drop_table("forgotten")
