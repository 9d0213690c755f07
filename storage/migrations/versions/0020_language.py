"""The language somebody has chosen"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("speaks", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("accounts", "speaks")
