"""The first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "house",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("house_pk")),
    )
    op.create_table(
        "tenants",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.CheckConstraint("created >= 0", name=op.f("tenants_created_ck")),
        sa.PrimaryKeyConstraint("id", name=op.f("tenants_pk")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("blocked", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.CheckConstraint("blocked IN (0, 1)", name=op.f("accounts_blocked_ck")),
        sa.CheckConstraint("created >= 0", name=op.f("accounts_created_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("accounts_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("accounts_pk")),
    )
    op.create_table(
        "files",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("file", sa.Text(), server_default="", nullable=False),
        sa.Column("platform", sa.Text(), server_default="", nullable=False),
        sa.Column("bot", sa.Text(), server_default="", nullable=False),
        sa.Column("chat", sa.Text(), server_default="", nullable=False),
        sa.Column("thread", sa.Text(), server_default="", nullable=False),
        sa.Column("media_type", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("size", Id, server_default="0", nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.CheckConstraint("created >= 0", name=op.f("files_created_ck")),
        sa.CheckConstraint("size >= 0", name=op.f("files_size_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("files_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("files_pk")),
        sa.UniqueConstraint("tenant_id", "file", name="files_natural"),
    )
    op.create_table(
        "refs",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("turn_id", Id, server_default="0", nullable=False),
        sa.Column("ordinal", Id, server_default="0", nullable=False),
        sa.Column("ref", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("ordinal >= 0", name=op.f("refs_ordinal_ck")),
        sa.CheckConstraint("turn_id >= 0", name=op.f("refs_turn_id_ck")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("refs_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("refs_pk")),
        sa.UniqueConstraint("tenant_id", "turn_id", "ordinal", name="refs_natural"),
    )
    op.create_table(
        "conversations",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("summary_upto", Id, server_default="0", nullable=False),
        sa.Column("window_after", Id, server_default="0", nullable=False),
        sa.Column("lease_owner", sa.Text(), server_default="", nullable=False),
        sa.Column("lease_until", Id, server_default="0", nullable=False),
        sa.Column("fence", Id, server_default="0", nullable=False),
        sa.Column("messages", Id, server_default="0", nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.Column("updated", Id, server_default="0", nullable=False),
        sa.CheckConstraint("created >= 0", name=op.f("conversations_created_ck")),
        sa.CheckConstraint("fence >= 0", name=op.f("conversations_fence_ck")),
        sa.CheckConstraint("lease_until >= 0", name=op.f("conversations_lease_until_ck")),
        sa.CheckConstraint("messages >= 0", name=op.f("conversations_messages_ck")),
        sa.CheckConstraint("summary_upto >= 0", name=op.f("conversations_summary_upto_ck")),
        sa.CheckConstraint("updated >= 0", name=op.f("conversations_updated_ck")),
        sa.CheckConstraint("window_after >= 0", name=op.f("conversations_window_after_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("conversations_account_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("conversations_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("conversations_pk")),
    )
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.create_index("conversations_account", ["account_id", "id"], unique=False)
        batch_op.create_index(
            "conversations_leased",
            ["lease_owner"],
            unique=False,
            sqlite_where=sa.text("lease_owner != ''"),
            postgresql_where=sa.text("lease_owner != ''"),
        )

    op.create_table(
        "identities",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("platform", sa.Text(), server_default="", nullable=False),
        sa.Column("platform_user", sa.Text(), server_default="", nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.CheckConstraint("created >= 0", name=op.f("identities_created_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("identities_account_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("identities_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("identities_pk")),
        sa.UniqueConstraint("tenant_id", "platform", "platform_user", name="identities_natural"),
    )
    op.create_table(
        "addresses",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("platform", sa.Text(), server_default="", nullable=False),
        sa.Column("bot", sa.Text(), server_default="", nullable=False),
        sa.Column("chat", sa.Text(), server_default="", nullable=False),
        sa.Column("thread", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="private", nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.CheckConstraint("kind IN ('private', 'group')", name=op.f("addresses_kind_ck")),
        sa.CheckConstraint("created >= 0", name=op.f("addresses_created_ck")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("addresses_conversation_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("addresses_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("addresses_pk")),
        sa.UniqueConstraint("tenant_id", "platform", "bot", "chat", "thread", name="addresses_natural"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("turn_id", Id, server_default="0", nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("provider", sa.Text(), server_default="", nullable=False),
        sa.Column("purpose", sa.Text(), server_default="answer", nullable=False),
        sa.Column("asked_tokens", Id, server_default="0", nullable=False),
        sa.Column("max_output", Id, server_default="0", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("input", Id, server_default="0", nullable=False),
        sa.Column("cached", Id, server_default="0", nullable=False),
        sa.Column("cache_write", Id, server_default="0", nullable=False),
        sa.Column("output", Id, server_default="0", nullable=False),
        sa.Column("reasoning", Id, server_default="0", nullable=False),
        sa.Column("estimated", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("answered_model", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("first_word_ms", sa.Integer(), nullable=True),
        sa.Column("total_ms", Id, server_default="0", nullable=False),
        sa.Column("opened", Id, server_default="0", nullable=False),
        sa.Column("ended", Id, server_default="0", nullable=False),
        sa.CheckConstraint("purpose IN ('answer', 'summary')", name=op.f("attempts_purpose_ck")),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'failed', 'cut', 'cancelled', 'unknown')", name=op.f("attempts_state_ck")
        ),
        sa.CheckConstraint("asked_tokens >= 0", name=op.f("attempts_asked_tokens_ck")),
        sa.CheckConstraint("cache_write >= 0", name=op.f("attempts_cache_write_ck")),
        sa.CheckConstraint("cached >= 0", name=op.f("attempts_cached_ck")),
        sa.CheckConstraint("ended >= 0", name=op.f("attempts_ended_ck")),
        sa.CheckConstraint("estimated IN (0, 1)", name=op.f("attempts_estimated_ck")),
        sa.CheckConstraint("input >= 0", name=op.f("attempts_input_ck")),
        sa.CheckConstraint("max_output >= 0", name=op.f("attempts_max_output_ck")),
        sa.CheckConstraint("opened >= 0", name=op.f("attempts_opened_ck")),
        sa.CheckConstraint("output >= 0", name=op.f("attempts_output_ck")),
        sa.CheckConstraint("reasoning >= 0", name=op.f("attempts_reasoning_ck")),
        sa.CheckConstraint("total_ms >= 0", name=op.f("attempts_total_ms_ck")),
        sa.CheckConstraint("turn_id >= 0", name=op.f("attempts_turn_id_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("attempts_account_id_fk")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("attempts_conversation_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("attempts_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("attempts_pk")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(
            "attempts_open",
            ["turn_id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index("attempts_turn", ["turn_id", "id"], unique=False)

    op.create_table(
        "messages",
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("turn_id", Id, server_default="0", nullable=False),
        sa.Column("role", sa.Text(), server_default="user", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("tokens", Id, server_default="0", nullable=False),
        sa.Column("attachments", sa.Text(), server_default="", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("superseded", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.CheckConstraint("role IN ('user', 'assistant')", name=op.f("messages_role_ck")),
        sa.CheckConstraint("created >= 0", name=op.f("messages_created_ck")),
        sa.CheckConstraint("superseded IN (0, 1)", name=op.f("messages_superseded_ck")),
        sa.CheckConstraint("tokens >= 0", name=op.f("messages_tokens_ck")),
        sa.CheckConstraint("turn_id >= 0", name=op.f("messages_turn_id_ck")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("messages_conversation_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("messages_tenant_id_fk")),
        sa.PrimaryKeyConstraint("conversation_id", "id", name=op.f("messages_pk")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index("messages_created", ["created"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("platform", sa.Text(), server_default="", nullable=False),
        sa.Column("bot", sa.Text(), server_default="", nullable=False),
        sa.Column("event_id", sa.Text(), server_default="", nullable=False),
        sa.Column("address_id", Id, nullable=False),
        sa.Column("conversation_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("sender_user", sa.Text(), server_default="", nullable=False),
        sa.Column("sender_name", sa.Text(), server_default="", nullable=False),
        sa.Column("sender_language", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="said", nullable=False),
        sa.Column("content", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("overtakes", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("tries", Id, server_default="0", nullable=False),
        sa.Column("shown", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("progress", sa.Text(), server_default="", nullable=False),
        sa.Column("received", Id, server_default="0", nullable=False),
        sa.Column("finished", Id, server_default="0", nullable=False),
        sa.Column("finished_fence", Id, server_default="0", nullable=False),
        sa.CheckConstraint("kind IN ('said', 'called', 'pressed')", name=op.f("inbox_kind_ck")),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'replied', 'noticed', 'merged', 'ignored')", name=op.f("inbox_state_ck")
        ),
        sa.CheckConstraint("finished >= 0", name=op.f("inbox_finished_ck")),
        sa.CheckConstraint("finished_fence >= 0", name=op.f("inbox_finished_fence_ck")),
        sa.CheckConstraint("overtakes IN (0, 1)", name=op.f("inbox_overtakes_ck")),
        sa.CheckConstraint("received >= 0", name=op.f("inbox_received_ck")),
        sa.CheckConstraint("shown IN (0, 1)", name=op.f("inbox_shown_ck")),
        sa.CheckConstraint("tries >= 0", name=op.f("inbox_tries_ck")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("inbox_account_id_fk")),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("inbox_address_id_fk")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("inbox_conversation_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("inbox_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("inbox_pk")),
        sa.UniqueConstraint("tenant_id", "platform", "bot", "event_id", name="inbox_natural"),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(
            "inbox_lane",
            ["conversation_id", "state", "id"],
            unique=False,
            sqlite_where=sa.text("overtakes = 0 AND state IN ('running', 'waiting')"),
            postgresql_where=sa.text("overtakes = 0 AND state IN ('running', 'waiting')"),
        )
        batch_op.create_index(
            "inbox_overtaking",
            ["received"],
            unique=False,
            sqlite_where=sa.text("overtakes = 1 AND state IN ('running', 'waiting')"),
            postgresql_where=sa.text("overtakes = 1 AND state IN ('running', 'waiting')"),
        )
        batch_op.create_index(
            "inbox_screen",
            ["address_id", "id"],
            unique=False,
            sqlite_where=sa.text("kind = 'said'"),
            postgresql_where=sa.text("kind = 'said'"),
        )

    op.create_table(
        "outbox",
        sa.Column("id", Id, nullable=False),
        sa.Column("tenant_id", Id, nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("turn_id", Id, server_default="0", nullable=False),
        sa.Column("address_id", Id, nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("notice", sa.Text(), server_default="", nullable=False),
        sa.Column("buttons", sa.Text(), server_default="", nullable=False),
        sa.Column("failed", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("tries", Id, server_default="0", nullable=False),
        sa.Column("due_at", Id, server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("created", Id, server_default="0", nullable=False),
        sa.CheckConstraint("state IN ('pending', 'sent', 'dead')", name=op.f("outbox_state_ck")),
        sa.CheckConstraint("created >= 0", name=op.f("outbox_created_ck")),
        sa.CheckConstraint("due_at >= 0", name=op.f("outbox_due_at_ck")),
        sa.CheckConstraint("failed IN (0, 1)", name=op.f("outbox_failed_ck")),
        sa.CheckConstraint("tries >= 0", name=op.f("outbox_tries_ck")),
        sa.CheckConstraint("turn_id >= 0", name=op.f("outbox_turn_id_ck")),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("outbox_address_id_fk")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("outbox_tenant_id_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pk")),
        sa.UniqueConstraint("tenant_id", "key", name="outbox_natural"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "outbox_dead",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state = 'dead'"),
            postgresql_where=sa.text("state = 'dead'"),
        )
        batch_op.create_index(
            "outbox_due",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.create_index("outbox_screen", ["address_id", "id"], unique=False)
    op.execute(sa.text("INSERT INTO tenants (name) VALUES ('default')"))


def downgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("outbox_screen")
        batch_op.drop_index(
            "outbox_due", sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'")
        )
        batch_op.drop_index(
            "outbox_dead", sqlite_where=sa.text("state = 'dead'"), postgresql_where=sa.text("state = 'dead'")
        )

    op.drop_table("outbox")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index(
            "inbox_screen", sqlite_where=sa.text("kind = 'said'"), postgresql_where=sa.text("kind = 'said'")
        )
        batch_op.drop_index(
            "inbox_overtaking",
            sqlite_where=sa.text("overtakes = 1 AND state IN ('running', 'waiting')"),
            postgresql_where=sa.text("overtakes = 1 AND state IN ('running', 'waiting')"),
        )
        batch_op.drop_index(
            "inbox_lane",
            sqlite_where=sa.text("overtakes = 0 AND state IN ('running', 'waiting')"),
            postgresql_where=sa.text("overtakes = 0 AND state IN ('running', 'waiting')"),
        )

    op.drop_table("inbox")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("messages_created")

    op.drop_table("messages")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index("attempts_turn")
        batch_op.drop_index(
            "attempts_open", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )

    op.drop_table("attempts")
    op.drop_table("addresses")
    op.drop_table("identities")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_index(
            "conversations_leased",
            sqlite_where=sa.text("lease_owner != ''"),
            postgresql_where=sa.text("lease_owner != ''"),
        )
        batch_op.drop_index("conversations_account")

    op.drop_table("conversations")
    op.drop_table("refs")
    op.drop_table("files")
    op.drop_table("accounts")
    op.drop_table("tenants")
    op.drop_table("house")
