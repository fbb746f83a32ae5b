"""What the database itself refuses: illegal moves, forks, second confirmations, changes of what was written."""

from drills.mutations.mutation import AUTO_ONCE, GUARDS, VOUCHERS, Mutation

SCHEMA = "store/migrations/versions/0001_the_first_house.py"

MUTATIONS = (
    Mutation(
        "the database takes a move that LIFE does not have",
        SCHEMA,
        "    FOREIGN KEY (source, event, target) REFERENCES legal_moves,\n",
        "",
        (GUARDS,),
    ),
    Mutation(
        "the database takes a move that does not begin where the last one ended",
        SCHEMA,
        ",\n    FOREIGN KEY (order_id, prev_seq, source) REFERENCES order_moves (order_id, seq, target)\n",
        "\n",
        (GUARDS,),
    ),
    Mutation(
        "the database takes a second confirmation",
        SCHEMA,
        "CREATE UNIQUE INDEX confirmed_once",
        "CREATE INDEX confirmed_once",
        (GUARDS,),
    ),
    Mutation(
        "moves and transfers can be changed",
        SCHEMA,
        "BEFORE UPDATE OR DELETE ON order_moves",
        "BEFORE DELETE ON order_moves",
        (GUARDS,),
    ),
    Mutation(
        "the database keeps two orders for one slot of a standing order",
        SCHEMA,
        "    at          timestamptz NOT NULL,\n    PRIMARY KEY (standing_id, slot)\n",
        "    at          timestamptz NOT NULL\n",
        (AUTO_ONCE,),
    ),
    Mutation(
        "one voucher may belong to two orders",
        SCHEMA,
        "    fingerprint text NOT NULL UNIQUE,\n",
        "    fingerprint text NOT NULL,\n",
        (VOUCHERS,),
    ),
    Mutation(
        "the database takes a second confirmation of an advance",
        SCHEMA,
        ", 'LEND_CONFIRMED');",
        ");",
        (GUARDS,),
    ),
    Mutation(
        "the database takes any order back into review that has ended unpaid",
        "store/migrations/versions/0003_closed_strays_come_back.py",
        "    IF NOT EXISTS",
        "    IF false AND NOT EXISTS",
        (GUARDS,),
    ),
)
