"""Recordings written down, what people think of answers"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _purposes("'answer', 'summary', 'transcription'")
    op.create_table(
        "feedback",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("turn_id", Id, server_default="0", nullable=False),
        sa.Column("person", sa.Text(), server_default="", nullable=False),
        sa.Column("good", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.CheckConstraint("created >= 0", name=op.f("feedback_created_ck")),
        sa.CheckConstraint("good IN (0, 1)", name=op.f("feedback_good_ck")),
        sa.CheckConstraint("turn_id >= 0", name=op.f("feedback_turn_id_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("feedback_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("feedback_pk")),
        sa.UniqueConstraint("tenant_id", "turn_id", "person", name="feedback_natural"),
    )
    op.create_index("refs_ref", "refs", ["tenant_id", "ref"], unique=False)


def downgrade() -> None:
    op.drop_index("refs_ref", table_name="refs")
    op.drop_table("feedback")
    op.execute(sa.text("DELETE FROM attempts WHERE purpose = 'transcription'"))
    _purposes("'answer', 'summary'")


def _purposes(words: str) -> None:
    with op.batch_alter_table("attempts") as batch_op:
        batch_op.drop_constraint(op.f("attempts_purpose_ck"), type_="check")
        batch_op.create_check_constraint(op.f("attempts_purpose_ck"), f"purpose IN ({words})")
