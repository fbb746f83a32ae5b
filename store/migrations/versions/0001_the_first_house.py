"""The first house: orders and their moves, the ledger, the outbox, the inbox, messages.

What the code should never do, the database refuses:
- a move that LIFE does not have: (source, event, target) must stand in legal_moves, which is seeded from it;
- a move that does not begin where the one before it ended, or two moves from the same place: (order_id, prev_seq,
  source) must be the (order_id, seq, target) of another move, and (order_id, seq) is unique. The first move is its
  own predecessor;
- an order that says it is where its last move did not lead;
- a confirmation that is recorded twice;
- a changed or deleted move, transfer or order;
- a standing order that is changed, goes on after it was stopped, or places two orders for one slot.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ORDERS = """
CREATE TABLE legal_moves (
    source text NOT NULL,
    event  text NOT NULL,
    target text NOT NULL,
    PRIMARY KEY (source, event, target),
    UNIQUE (source, event)
);

CREATE TABLE subscribers (
    msisdn     text PRIMARY KEY,
    language   text,
    stopped    boolean NOT NULL DEFAULT false,
    closed     boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL
);

CREATE TABLE orders (
    id               text PRIMARY KEY,
    kind             text NOT NULL,
    channel          text NOT NULL,
    asked_by         text NOT NULL,
    line             text NOT NULL,
    payer            text NOT NULL,
    amount_minor     bigint NOT NULL CHECK (amount_minor >= 0),
    currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    language         text NOT NULL,
    line_was         text NOT NULL,
    payment_provider text NOT NULL,
    credit_provider  text NOT NULL,
    placed_at        timestamptz NOT NULL,
    state            text NOT NULL,
    seq              integer NOT NULL CHECK (seq >= 0),
    state_at         timestamptz NOT NULL,
    CONSTRAINT only_a_voucher_may_be_of_nothing CHECK (amount_minor > 0 OR kind = 'voucher')
);
CREATE INDEX orders_by_asker ON orders (asked_by, placed_at DESC);
CREATE INDEX orders_by_line ON orders (line, placed_at DESC);
CREATE INDEX orders_by_payer ON orders (payer, placed_at DESC);
CREATE INDEX orders_by_open_state ON orders (state, state_at) WHERE state NOT IN ('DONE', 'UNPAID', 'REFUNDED');

CREATE TABLE order_moves (
    order_id text NOT NULL REFERENCES orders,
    seq      integer NOT NULL CHECK (seq >= 0),
    prev_seq integer NOT NULL CHECK (prev_seq = greatest(seq - 1, 0)),
    source   text NOT NULL,
    event    text NOT NULL,
    target   text NOT NULL,
    at       timestamptz NOT NULL,
    detail   jsonb NOT NULL,
    PRIMARY KEY (order_id, seq),
    UNIQUE (order_id, seq, target),
    CHECK ((seq = 0) = (event IN ('PLACED', 'ASK_PLACED', 'VOUCHER_PLACED', 'ADVANCE_PLACED'))),
    FOREIGN KEY (source, event, target) REFERENCES legal_moves,
    FOREIGN KEY (order_id, prev_seq, source) REFERENCES order_moves (order_id, seq, target)
);
CREATE UNIQUE INDEX confirmed_once ON order_moves (order_id, event)
    WHERE event IN ('CHARGE_CONFIRMED', 'CREDIT_CONFIRMED', 'REFUND_CONFIRMED', 'REDEEM_CONFIRMED', 'LEND_CONFIRMED');

ALTER TABLE orders ADD CONSTRAINT stands_where_its_moves_led
    FOREIGN KEY (id, seq, state) REFERENCES order_moves (order_id, seq, target) DEFERRABLE INITIALLY DEFERRED;
"""

_LEDGER = """
CREATE TABLE accounts (name text PRIMARY KEY);
INSERT INTO accounts (name) VALUES
    ('holding'), ('refunds_payable'), ('advances'), ('fees'), ('suspense'),
    ('clearing:daraja'), ('clearing:mtn_momo'), ('clearing:airtel_money'), ('float:ucip'), ('float:airtime');

CREATE TABLE transfers (
    order_id     text NOT NULL,
    seq          integer NOT NULL,
    leg          smallint NOT NULL,
    source       text NOT NULL REFERENCES accounts,
    target       text NOT NULL REFERENCES accounts,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    at           timestamptz NOT NULL,
    PRIMARY KEY (order_id, seq, leg),
    FOREIGN KEY (order_id, seq) REFERENCES order_moves,
    CHECK (source <> target)
);
CREATE INDEX transfers_by_day ON transfers (at);
"""

_CALLS = """
CREATE TABLE attempts (
    reference    text PRIMARY KEY,
    order_id     text NOT NULL REFERENCES orders,
    purpose      text NOT NULL CHECK (purpose IN ('charge', 'credit', 'lend', 'refund', 'redeem')),
    number       integer NOT NULL CHECK (number > 0),
    provider     text NOT NULL,
    msisdn       text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    currency     text NOT NULL,
    sent_at      timestamptz NOT NULL,
    provider_ref text,
    receipt      text,
    outcome      text,
    outcome_at   timestamptz,
    facts        jsonb NOT NULL,
    UNIQUE (order_id, purpose, number),
    CONSTRAINT only_a_voucher_may_be_of_nothing CHECK (amount_minor > 0 OR purpose = 'redeem')
);
CREATE INDEX attempts_by_provider_ref ON attempts (provider, provider_ref);
CREATE INDEX attempts_by_msisdn ON attempts (msisdn, purpose);
CREATE UNIQUE INDEX one_charge_a_receipt ON attempts (provider, receipt) WHERE purpose = 'charge';

-- A voucher belongs to one order. It is written before the order, so that two orders for one wait for each other.
CREATE TABLE vouchers (
    order_id    text PRIMARY KEY REFERENCES orders DEFERRABLE INITIALLY DEFERRED,
    fingerprint text NOT NULL UNIQUE,
    sealed      bytea
);

CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    effect       text NOT NULL,
    subject      text NOT NULL,
    seq          integer,
    queue        text NOT NULL,
    due_at       timestamptz NOT NULL,
    tried        integer NOT NULL DEFAULT 0,
    failed       integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    done_at      timestamptz,
    note         text,
    UNIQUE (subject, seq, effect)
);
CREATE INDEX outbox_open_by_subject ON outbox (subject) WHERE done_at IS NULL;
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

CREATE TABLE inbox (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider       text NOT NULL,
    topic          text NOT NULL,
    reference      text,
    content_type   text NOT NULL,
    body           bytea NOT NULL,
    remote_address text NOT NULL,
    received_at    timestamptz NOT NULL,
    settled_at     timestamptz,
    verdict        text,
    order_id       text
);
CREATE INDEX inbox_unsettled ON inbox (received_at) WHERE settled_at IS NULL;
CREATE INDEX inbox_by_order ON inbox (order_id);
CREATE INDEX inbox_by_address ON inbox (provider, topic, reference);

CREATE TABLE provider_events (
    provider text NOT NULL,
    key      text NOT NULL,
    inbox_id bigint NOT NULL REFERENCES inbox,
    at       timestamptz NOT NULL,
    PRIMARY KEY (provider, key)
);

CREATE TABLE messages (
    id         text PRIMARY KEY,
    order_id   text REFERENCES orders,
    purpose    text NOT NULL,
    msisdn     text NOT NULL,
    text       text NOT NULL,
    written_at timestamptz NOT NULL,
    gateway    text,
    gateway_id text,
    handed_at  timestamptz,
    status     text NOT NULL,
    reason     text,
    status_at  timestamptz NOT NULL,
    resends    integer NOT NULL DEFAULT 0,
    UNIQUE (order_id, purpose, msisdn)
);
CREATE INDEX messages_by_msisdn ON messages (msisdn, written_at);
CREATE INDEX messages_by_gateway_id ON messages (gateway, gateway_id);
"""

_STANDING = """
CREATE TABLE standing_orders (
    id               text PRIMARY KEY,
    channel          text NOT NULL,
    payer            text NOT NULL,
    line             text NOT NULL,
    amount_minor     bigint NOT NULL CHECK (amount_minor > 0),
    currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    below_minor      bigint CHECK (below_minor > 0),
    weekday          smallint CHECK (weekday BETWEEN 1 AND 7),
    cap_a_week_minor bigint NOT NULL CHECK (cap_a_week_minor >= amount_minor),
    language         text NOT NULL,
    agreed_at        timestamptz NOT NULL,
    next_look_at     timestamptz NOT NULL,
    stopped_at       timestamptz,
    why_stopped      text,
    CHECK ((below_minor IS NULL) <> (weekday IS NULL)),
    CHECK ((stopped_at IS NULL) = (why_stopped IS NULL))
);
CREATE UNIQUE INDEX one_runs_for_a_line ON standing_orders (payer, line) WHERE stopped_at IS NULL;
CREATE INDEX standing_orders_due ON standing_orders (next_look_at) WHERE stopped_at IS NULL;

CREATE TABLE standing_slots (
    standing_id text NOT NULL REFERENCES standing_orders,
    slot        text NOT NULL,
    order_id    text NOT NULL UNIQUE REFERENCES orders,
    at          timestamptz NOT NULL,
    PRIMARY KEY (standing_id, slot)
);

CREATE TABLE results_seen (
    order_id text PRIMARY KEY REFERENCES orders,
    seen_at  timestamptz NOT NULL
);
"""

_GUARDS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON order_moves FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON order_moves FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON transfers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_deleted BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agreed_facts_stay BEFORE UPDATE ON orders FOR EACH ROW
    WHEN ((OLD.id, OLD.kind, OLD.channel, OLD.asked_by, OLD.line, OLD.payer, OLD.amount_minor, OLD.currency,
           OLD.payment_provider, OLD.credit_provider, OLD.placed_at)
          IS DISTINCT FROM
          (NEW.id, NEW.kind, NEW.channel, NEW.asked_by, NEW.line, NEW.payer, NEW.amount_minor, NEW.currency,
           NEW.payment_provider, NEW.credit_provider, NEW.placed_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_goes_back BEFORE UPDATE ON orders FOR EACH ROW
    WHEN (NEW.seq < OLD.seq) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agreed_terms_stay BEFORE UPDATE ON standing_orders FOR EACH ROW
    WHEN (OLD.stopped_at IS NOT NULL
          OR (OLD.id, OLD.channel, OLD.payer, OLD.line, OLD.amount_minor, OLD.currency, OLD.below_minor, OLD.weekday,
              OLD.cap_a_week_minor, OLD.agreed_at)
          IS DISTINCT FROM
          (NEW.id, NEW.channel, NEW.payer, NEW.line, NEW.amount_minor, NEW.currency, NEW.below_minor, NEW.weekday,
           NEW.cap_a_week_minor, NEW.agreed_at))
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON standing_slots FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_to_stay_behind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM orders WHERE id = NEW.order_id AND seq < NEW.seq) THEN
        RAISE EXCEPTION 'order % stays behind its move %', NEW.order_id, NEW.seq USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER orders_follow AFTER INSERT ON order_moves DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse_to_stay_behind();

CREATE FUNCTION tell_the_relay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER tell_the_relay AFTER INSERT OR UPDATE OF due_at ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION tell_the_relay();
"""


def upgrade() -> None:
    for part in (_ORDERS, _LEDGER, _CALLS, _STANDING, _GUARDS):
        op.execute(part)


def downgrade() -> None:
    raise NotImplementedError("The first house is not taken down: restore a backup instead.")
