"""The outbox under load: whom the work asks that is owed, and finding what is due however much is under way.

What asks one provider must not keep what asks another waiting, so it says whom it asks. What was handed over is open
until it is done, and was looked through for what is due, every time: now it stands in an index of its own.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What is owed already waits with what asks nobody: a little later than it might, and no worse.
    op.execute("ALTER TABLE outbox ADD COLUMN provider text NOT NULL DEFAULT ''")
    op.execute("DROP INDEX outbox_due")
    op.execute("CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL AND leased_until IS NULL")
    op.execute("CREATE INDEX outbox_leased ON outbox (leased_until) WHERE done_at IS NULL AND leased_until IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("An older Redial reads this table as it is: it needs no way back.")
