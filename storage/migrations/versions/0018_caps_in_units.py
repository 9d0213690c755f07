"""Caps are said in dollars, tokens or messages"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CAPPED = ("teams", "members", "group_policies")


def upgrade() -> None:
    for table in CAPPED:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("cap_unit", sa.Text(), server_default="micro", nullable=False))
            batch_op.create_check_constraint(
                op.f(f"{table}_cap_unit_ck"), "cap_unit IN ('micro', 'tokens', 'messages')"
            )


def downgrade() -> None:
    for table in CAPPED:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(op.f(f"{table}_cap_unit_ck"), type_="check")
            batch_op.drop_column("cap_unit")
