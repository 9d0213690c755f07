"""Work that comes round"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, Id, server_default="0", nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    counts = ("lease_until", "fence", "tries", "started", "took")
    op.create_table(
        "job_runs",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("slot", Id, nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        _text("owner"),
        *map(_count, counts),
        _text("result"),
        _text("error"),
        *(sa.CheckConstraint(f"{name} >= 0", name=op.f(f"job_runs_{name}_ck")) for name in counts),
        sa.CheckConstraint("state IN ('open', 'done', 'failed', 'skipped')", name=op.f("job_runs_state_ck")),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("job_runs_pk")),
    )
    unfinished = sa.text("state = 'open'")
    op.create_index("job_runs_open", "job_runs", ["job", "slot"], sqlite_where=unfinished, postgresql_where=unfinished)
    op.create_index("job_runs_started", "job_runs", ["started"])


def downgrade() -> None:
    op.drop_table("job_runs")
