"""Mails on their way, and who wants none"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, Id, server_default="0", nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    counts = ("account_id", "tries", "due_at", "created", "ended")
    op.create_table(
        "mails",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        _text("key"),
        _count("account_id"),
        _text("recipient"),
        _text("template"),
        _text("arguments"),
        _text("language"),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        _count("tries"),
        _count("due_at"),
        _text("error"),
        _count("created"),
        _count("ended"),
        *(sa.CheckConstraint(f"{name} >= 0", name=op.f(f"mails_{name}_ck")) for name in counts),
        sa.CheckConstraint("state IN ('pending', 'sent', 'dead', 'unwanted')", name=op.f("mails_state_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("mails_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("mails_pk")),
        sa.UniqueConstraint("tenant_id", "key", name="mails_natural"),
    )
    pending = sa.text("state = 'pending'")
    op.create_index("mails_due", "mails", ["due_at", "id"], sqlite_where=pending, postgresql_where=pending)
    op.create_index("mails_account", "mails", ["account_id", "id"])
    op.create_table(
        "mail_refusals",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        _text("email"),
        _text("template"),
        _count("created"),
        sa.CheckConstraint("created >= 0", name=op.f("mail_refusals_created_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("mail_refusals_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("mail_refusals_pk")),
        sa.UniqueConstraint("tenant_id", "email", "template", name="mail_refusals_natural"),
    )


def downgrade() -> None:
    op.drop_table("mail_refusals")
    op.drop_table("mails")
