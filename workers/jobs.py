"""What RQ runs: one function, which is given the id of an outbox row and does what the row says.

A job carries no more than that id. The row is read again when the job runs, so a job that comes twice, late, or after a
restore finds what is still owed, or nothing.
"""

import time
from collections.abc import Callable, Mapping

import structlog

from store import outbox
from store.engine import alone
from store.outbox import SEND, SETTLE, TELL_GATEWAY, Owing
from topup.life import Effect
from workers import failing, metrics
from workers.alert import alert
from workers.ask import ask
from workers.charge import charge
from workers.credit import credit, lend
from workers.enquire import enquire
from workers.house import House
from workers.lapse import lapse
from workers.look import look
from workers.redeem import redeem
from workers.refund import refund
from workers.send import send
from workers.settle import settle
from workers.tell import tell
from workers.tell_gateway import tell_gateway

log = structlog.get_logger(__name__)

WORK: Mapping[str, Callable[[House, Owing], None]] = {
    Effect.ASK.value: ask,
    Effect.LAPSE.value: lapse,
    Effect.REDEEM.value: redeem,
    Effect.CHARGE.value: charge,
    Effect.CREDIT.value: credit,
    Effect.LEND.value: lend,
    Effect.LOOK.value: look,
    Effect.REFUND.value: refund,
    Effect.ENQUIRE.value: enquire,
    Effect.ALERT.value: alert,
    Effect.TELL_DECLINED.value: tell,
    Effect.TELL_BALANCE.value: tell,
    Effect.TELL_CREDITED.value: tell,
    Effect.TELL_REFUNDED.value: tell,
    Effect.TELL_CHECKING.value: tell,
    Effect.TELL_REPAID.value: tell,
    SEND: send,
    SETTLE: settle,
    TELL_GATEWAY: tell_gateway,
}

_house: list[House] = []


def move_in(house: House) -> None:
    """Give this process the house that its jobs work in."""
    _house[:] = [house]


def run(owing_id: int) -> None:
    """Do what outbox row `owing_id` says, if it is still owed. What fails unexpectedly is tried again later."""
    house = _house[0]
    with alone(house.engine) as connection:
        owing = outbox.get(connection, owing_id)
    if owing is None or _was_put_off(owing, house):
        return
    began = time.perf_counter()
    with structlog.contextvars.bound_contextvars(job=f"{owing.effect}-{owing.id}", subject=owing.subject):
        try:
            WORK[owing.effect](house, owing)
        except Exception as error:
            log.exception("job_failed")
            metrics.job_seconds.labels(owing.effect, "failed").observe(time.perf_counter() - began)
            failing.note(house, owing, error)
            raise
        log.info("job_done")
        metrics.job_seconds.labels(owing.effect, "done").observe(time.perf_counter() - began)


def _was_put_off(owing: Owing, house: House) -> bool:
    """Whether this is a copy of a job that has been done meanwhile, and whose row waits for its next time.

    The relay leases what it hands over, and whatever puts a row off ends the lease: so nobody meant it to be done now.
    """
    return not owing.is_leased and owing.due_at > house.clock()
