"""One person everywhere: accounts that were joined, codes, guesses, logins"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.add_column(sa.Column("merged_into", Id, server_default="0", nullable=False))
        batch_op.create_check_constraint(op.f("accounts_merged_into_ck"), "merged_into >= 0")
    op.create_index(
        "accounts_merged",
        "accounts",
        ["merged_into"],
        unique=False,
        sqlite_where=sa.text("merged_into > 0"),
        postgresql_where=sa.text("merged_into > 0"),
    )
    op.create_index("identities_account", "identities", ["account_id", "id"], unique=False)
    op.create_table(
        "codes",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("identity_id", Id, nullable=False),
        sa.Column("address_id", Id, nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("expires", Id, server_default="0", nullable=False),
        sa.Column("used_by", Id, server_default="0", nullable=False),
        sa.CheckConstraint("expires >= 0", name=op.f("codes_expires_ck")),
        sa.CheckConstraint("used_by >= 0", name=op.f("codes_used_by_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("codes_account_id_fk")),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("codes_address_id_fk")),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("codes_identity_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("codes_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("codes_pk")),
        sa.UniqueConstraint("tenant_id", "digest", name="codes_natural"),
    )
    op.create_index("codes_account", "codes", ["account_id", "id"], unique=False)
    op.create_table(
        "guesses",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("identity_id", Id, nullable=False),
        sa.Column("wrong", Id, server_default="0", nullable=False),
        sa.Column("since", Id, server_default="0", nullable=False),
        sa.CheckConstraint("since >= 0", name=op.f("guesses_since_ck")),
        sa.CheckConstraint("wrong >= 0", name=op.f("guesses_wrong_ck")),
        sa.ForeignKeyConstraint(["identity_id"], ["identities.id"], name=op.f("guesses_identity_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("guesses_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("guesses_pk")),
        sa.UniqueConstraint("tenant_id", "identity_id", name="guesses_natural"),
    )
    op.create_table(
        "logins",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.CheckConstraint("created >= 0", name=op.f("logins_created_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("logins_account_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("logins_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("logins_pk")),
        sa.UniqueConstraint("tenant_id", "email", name="logins_natural"),
    )
    op.create_index("logins_account", "logins", ["account_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("logins")
    op.drop_table("guesses")
    op.drop_table("codes")
    op.drop_index("identities_account", table_name="identities")
    op.drop_index("accounts_merged", table_name="accounts")
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.drop_constraint("accounts_merged_into_ck", type_="check")
        batch_op.drop_column("merged_into")
