"""A person may take back into review what they closed: money that was held apart, and nothing else.

An order that has ended unpaid stays so, save for late money. LIFE does not tell kinds apart, so the database refuses
this move to every other order.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_GUARD = """
CREATE FUNCTION refuse_to_reopen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM orders JOIN order_moves AS last ON last.order_id = orders.id AND last.seq = NEW.prev_seq
                    WHERE orders.id = NEW.order_id AND orders.kind = 'stray' AND last.event = 'OPERATOR_CLOSE') THEN
        RAISE EXCEPTION 'order % is no stray that a person closed', NEW.order_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER only_a_closed_stray_comes_back BEFORE INSERT ON order_moves FOR EACH ROW
    WHEN (NEW.event = 'OPERATOR_REOPEN') EXECUTE FUNCTION refuse_to_reopen();
"""


def upgrade() -> None:
    op.execute(_GUARD)


def downgrade() -> None:
    raise NotImplementedError("An older Redial never makes this move: it needs no way back.")
