"""Who asked to be forgotten, until all of it is done"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("asked", Id, server_default="0", nullable=False),
        sa.CheckConstraint("asked >= 0", name=op.f("erasures_asked_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("erasures_account_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("erasures_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("erasures_pk")),
        sa.UniqueConstraint("tenant_id", "account_id", name="erasures_natural"),
    )


def downgrade() -> None:
    op.drop_table("erasures")
