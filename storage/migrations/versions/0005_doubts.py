"""Answers of which a part may stand twice"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "doubts",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("platform", sa.Text(), server_default="", nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.CheckConstraint("created >= 0", name=op.f("doubts_created_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("doubts_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("doubts_pk")),
        sa.UniqueConstraint("tenant_id", "key", name="doubts_natural"),
    )


def downgrade() -> None:
    op.drop_table("doubts")
