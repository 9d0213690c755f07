"""Notes of adapters, leases of listeners"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column("written", Id, server_default="0", nullable=False),
        sa.CheckConstraint("written >= 0", name=op.f("notes_written_ck")),
        sa.PrimaryKeyConstraint("platform", "name", name=op.f("notes_pk")),
    )
    op.create_index("notes_written", "notes", ["written"], unique=False)
    op.create_table(
        "listeners",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("until", Id, server_default="0", nullable=False),
        sa.CheckConstraint("until >= 0", name=op.f("listeners_until_ck")),
        sa.PrimaryKeyConstraint("name", name=op.f("listeners_pk")),
    )


def downgrade() -> None:
    op.drop_table("listeners")
    op.drop_index("notes_written", table_name="notes")
    op.drop_table("notes")
