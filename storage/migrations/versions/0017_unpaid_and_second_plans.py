"""Until when a plan is paid for, what part of it went back, and subscriptions beside another one"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COUNTS = {"accounts": ("plan_paid", "plan_returned"), "subscriptions": ("anchor", "paid")}


def upgrade() -> None:
    for table, names in COUNTS.items():
        with op.batch_alter_table(table) as batch_op:
            for name in names:
                batch_op.add_column(sa.Column(name, Id, server_default="0", nullable=False))
                batch_op.create_check_constraint(op.f(f"{table}_{name}_ck"), f"{name} >= 0")
            if table == "subscriptions":
                batch_op.add_column(sa.Column("latest", sa.Text(), server_default="", nullable=False))
                batch_op.add_column(sa.Column("spare", sa.SmallInteger(), server_default="0", nullable=False))
                batch_op.create_check_constraint(op.f("subscriptions_spare_ck"), "spare IN (0, 1)")
    # what is known of them: their period's payment has come, or is late
    op.execute(
        "UPDATE subscriptions SET anchor = starts, paid = CASE standing WHEN 'behind' THEN starts ELSE ends END "
        "WHERE gateway <> 'stars'"
    )


def downgrade() -> None:
    for table, names in COUNTS.items():
        with op.batch_alter_table(table) as batch_op:
            if table == "subscriptions":
                batch_op.drop_constraint(op.f("subscriptions_spare_ck"), type_="check")
                batch_op.drop_column("spare")
                batch_op.drop_column("latest")
            for name in names:
                batch_op.drop_constraint(op.f(f"{table}_{name}_ck"), type_="check")
                batch_op.drop_column(name)
