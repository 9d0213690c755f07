"""Orders, payments, disputes, subscriptions, and the events that told of them"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

TABLES = ("gateway_events", "subscriptions", "disputes", "payments", "orders")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _table(name: str, *columns: sa.Column[Any], natural: tuple[str, ...], **states: str) -> None:
    """A table with its checks in the order of its columns; flags and counts are known by their names below."""
    links = {"tenant_id": "tenants", "account_id": "accounts", "address_id": "addresses", "payment_id": "payments"}
    checks = []
    for column in columns:
        if column.name in states:
            checks.append(
                sa.CheckConstraint(f"{column.name} IN ({states[column.name]})", name=op.f(f"{name}_{column.name}_ck"))
            )
        elif isinstance(column.type, sa.SmallInteger):
            checks.append(sa.CheckConstraint(f"{column.name} IN (0, 1)", name=op.f(f"{name}_{column.name}_ck")))
        elif column.server_default is not None and not isinstance(column.type, sa.Text):
            checks.append(sa.CheckConstraint(f"{column.name} >= 0", name=op.f(f"{name}_{column.name}_ck")))
    keys = [
        sa.ForeignKeyConstraint([column.name], [f"{links[column.name]}.id"], name=op.f(f"{name}_{column.name}_fk"))
        for column in columns
        if column.name in links and column.server_default is None
    ]
    op.create_table(
        name,
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        *columns,
        *checks,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"{name}_tenant_id_fk")),
        *keys,
        sa.PrimaryKeyConstraint("id", name=op.f(f"{name}_pk")),
        sa.UniqueConstraint(*natural, name=f"{name}_natural"),
    )


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, Id, server_default="0", nullable=False)


def _flag(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), server_default="0", nullable=False)


def _link(name: str) -> sa.Column[int]:
    return sa.Column(name, Id, nullable=False)


def _state(name: str, first: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=first, nullable=False)


def upgrade() -> None:
    _table(
        "orders",
        *(_text("digest"), _text("gateway"), _link("account_id"), _link("address_id"), _text("sender_user")),
        *(_text("sender_name"), _text("language"), _state("goods", "plan"), _text("name"), _state("state", "open")),
        *(_count("expires"), _count("started"), _text("object"), _text("url"), _count("price"), _text("currency")),
        *(_count("credit"), _text("price_id"), _text("customer"), _count("created")),
        natural=("tenant_id", "digest"),
        goods="'plan', 'topup', 'portal'",
        state="'open', 'started', 'paid', 'done'",
    )
    _table(
        "payments",
        *(_text("gateway"), _text("object"), _count("account_id"), _count("order_id"), _flag("paid")),
        *(_count("amount"), _text("currency"), _count("refunded"), _count("credit"), _count("steps"), _count("told")),
        *(_text("subscription"), _text("customer"), _text("receipt"), _text("odd"), _count("created")),
        natural=("tenant_id", "gateway", "object"),
    )
    _table(
        "disputes",
        *(_text("gateway"), _text("object"), _link("payment_id"), _count("amount"), _count("rank"), _count("created")),
        natural=("tenant_id", "gateway", "object"),
    )
    _table(
        "subscriptions",
        *(_text("gateway"), _text("object"), _count("account_id"), _count("order_id"), _state("standing", "waiting")),
        *(_text("plan"), _count("price"), _count("starts"), _count("ends"), _count("until"), _flag("cancels")),
        *(_text("customer"), _count("ticket"), _text("told"), _count("created")),
        natural=("tenant_id", "gateway", "object"),
        standing="'waiting', 'active', 'behind', 'ended'",
    )
    _table(
        "gateway_events",
        *(_text("gateway"), _text("event"), _text("kind"), _text("object"), _flag("done"), _text("outcome")),
        _count("created"),
        natural=("tenant_id", "gateway", "event"),
    )
    for name, table, columns, where in (
        ("orders_digest", "orders", ["digest"], ""),
        ("orders_account", "orders", ["account_id", "id"], ""),
        ("orders_waiting", "orders", ["started"], "state IN ('paid', 'started')"),
        ("payments_account", "payments", ["account_id", "id"], ""),
        ("payments_subscription", "payments", ["subscription"], ""),
        ("payments_odd", "payments", ["id"], "odd != ''"),
        ("disputes_payment", "disputes", ["payment_id"], ""),
        ("subscriptions_account", "subscriptions", ["account_id", "id"], ""),
        ("gateway_events_open", "gateway_events", ["id"], "done = 0"),
        ("gateway_events_created", "gateway_events", ["created"], ""),
    ):
        only = sa.text(where) if where else None
        op.create_index(name, table, columns, unique=False, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
