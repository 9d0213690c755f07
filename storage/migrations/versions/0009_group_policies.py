"""What was decided for a group"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "group_policies",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("platform", sa.Text(), server_default="", nullable=False),
        sa.Column("bot", sa.Text(), server_default="", nullable=False),
        sa.Column("chat", sa.Text(), server_default="", nullable=False),
        sa.Column("overlap", sa.Text(), server_default="", nullable=False),
        sa.Column("answers", sa.Text(), server_default="", nullable=False),
        sa.Column("asking", sa.Text(), server_default="", nullable=False),
        sa.Column("members", sa.Text(), server_default="", nullable=False),
        sa.Column("paid_by", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_id", Id, server_default="0", nullable=False),
        sa.Column("cap", Id, server_default="0", nullable=False),
        sa.Column("changed", Id, server_default="0", nullable=False),
        sa.CheckConstraint("overlap IN ('', 'queue', 'merge', 'interrupt')", name=op.f("group_policies_overlap_ck")),
        sa.CheckConstraint("answers IN ('', 'always', 'addressed')", name=op.f("group_policies_answers_ck")),
        sa.CheckConstraint("asking IN ('', 'everybody', 'members', 'admins')", name=op.f("group_policies_asking_ck")),
        sa.CheckConstraint("paid_by IN ('', 'sender', 'sponsor', 'team')", name=op.f("group_policies_paid_by_ck")),
        sa.CheckConstraint("payer_id >= 0", name=op.f("group_policies_payer_id_ck")),
        sa.CheckConstraint("cap >= 0", name=op.f("group_policies_cap_ck")),
        sa.CheckConstraint("changed >= 0", name=op.f("group_policies_changed_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("group_policies_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("group_policies_pk")),
        sa.UniqueConstraint("tenant_id", "platform", "bot", "chat", name="group_policies_natural"),
    )
    op.create_index(
        "group_policies_payer",
        "group_policies",
        ["payer_id"],
        unique=False,
        sqlite_where=sa.text("payer_id > 0"),
        postgresql_where=sa.text("payer_id > 0"),
    )


def downgrade() -> None:
    op.drop_index("group_policies_payer", table_name="group_policies")
    op.drop_table("group_policies")
