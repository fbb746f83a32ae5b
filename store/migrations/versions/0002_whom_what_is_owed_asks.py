"""Whom the work asks that is owed: what asks one provider must not keep what asks another waiting."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is owed already waits with what asks nobody: a little later than it might, and no worse.
    op.execute("ALTER TABLE outbox ADD COLUMN provider text NOT NULL DEFAULT ''")


def downgrade() -> None:
    raise NotImplementedError("An older Redial reads this table as it is: it needs no way back.")
