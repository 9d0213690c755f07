"""A code asks before it joins: who typed it, and where"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("codes") as batch_op:
        for name in ("asker", "asked_at"):
            batch_op.add_column(sa.Column(name, Id, server_default="0", nullable=False))
            batch_op.create_check_constraint(op.f(f"codes_{name}_ck"), f"{name} >= 0")


def downgrade() -> None:
    with op.batch_alter_table("codes") as batch_op:
        for name in ("asker", "asked_at"):
            batch_op.drop_constraint(op.f(f"codes_{name}_ck"), type_="check")
            batch_op.drop_column(name)
