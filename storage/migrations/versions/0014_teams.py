"""Teams: accounts with members, codes and places"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number(table: str, *names: str) -> list[Any]:
    columns = [sa.Column(name, Id, server_default="0", nullable=False) for name in names]
    return [*columns, *(sa.CheckConstraint(f"{name} >= 0", name=op.f(f"{table}_{name}_ck")) for name in names)]


def _flag(table: str, name: str) -> list[Any]:
    column = sa.Column(name, sa.SmallInteger(), server_default="0", nullable=False)
    return [column, sa.CheckConstraint(f"{name} IN (0, 1)", name=op.f(f"{table}_{name}_ck"))]


def _link(table: str, name: str, target: str) -> list[Any]:
    key = sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"{table}_{name}_fk"))
    return [sa.Column(name, Id, nullable=False), key]


def _text(*names: str) -> list[Any]:
    return [sa.Column(name, sa.Text(), server_default="", nullable=False) for name in names]


def upgrade() -> None:
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.add_column(sa.Column("teams", Id, server_default="0", nullable=False))
        batch_op.create_check_constraint(op.f("accounts_teams_ck"), "teams >= 0")
    op.create_table(
        "teams",
        *_link("teams", "id", "accounts"),
        *_link("teams", "tenant_id", "tenants"),
        *_text("key"),
        *_number("teams", "cap"),
        *_text("told"),
        *_number("teams", "created"),
        sa.PrimaryKeyConstraint("id", name=op.f("teams_pk")),
        sa.UniqueConstraint("tenant_id", "key", name="teams_natural"),
    )
    op.create_table(
        "members",
        sa.Column("id", Id, nullable=False),
        *_link("members", "tenant_id", "tenants"),
        *_link("members", "team_id", "teams"),
        *_link("members", "account_id", "accounts"),
        sa.Column("role", sa.Text(), server_default="member", nullable=False),
        sa.CheckConstraint("role IN ('member', 'admin', 'owner', 'gone')", name=op.f("members_role_ck")),
        *_number("members", "cap"),
        *_flag("members", "alone"),
        *_number("members", "joined"),
        sa.PrimaryKeyConstraint("id", name=op.f("members_pk")),
        sa.UniqueConstraint("tenant_id", "team_id", "account_id", name="members_natural"),
    )
    op.create_index("members_account", "members", ["account_id", "id"], unique=False)
    op.create_index("members_team", "members", ["team_id", "id"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", Id, nullable=False),
        *_link("invitations", "tenant_id", "tenants"),
        *_text("digest"),
        *_link("invitations", "team_id", "teams"),
        *_number("invitations", "expires", "used_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("invitations_pk")),
        sa.UniqueConstraint("tenant_id", "digest", name="invitations_natural"),
    )
    op.create_index("invitations_team", "invitations", ["team_id", "id"], unique=False)
    op.create_table(
        "team_places",
        sa.Column("id", Id, nullable=False),
        *_link("team_places", "tenant_id", "tenants"),
        *_text("platform", "bot", "place"),
        *_link("team_places", "team_id", "teams"),
        *_flag("team_places", "everybody"),
        *_flag("team_places", "private"),
        *_number("team_places", "created"),
        sa.PrimaryKeyConstraint("id", name=op.f("team_places_pk")),
        sa.UniqueConstraint("tenant_id", "platform", "bot", "place", name="team_places_natural"),
    )
    op.create_index("team_places_team", "team_places", ["team_id", "id"], unique=False)


def downgrade() -> None:
    for name in ("team_places", "invitations", "members", "teams"):
        op.drop_table(name)
    with op.batch_alter_table("accounts") as batch_op:
        batch_op.drop_constraint("accounts_teams_ck", type_="check")
        batch_op.drop_column("teams")
