"""Lanes: queues that are split by whom their work waits for, each with hands of its own.

A payment provider that takes half a minute over every call would hold up the work for all the others if they queued
together. So what asks a provider queues at `charge.daraja` and not at `charge`; a worker of `charge` serves both.
"""

from collections.abc import Callable, Iterable, Mapping

from store.outbox import Owing
from workers.house import House


def _payments(house: House) -> Iterable[str]:
    return house.payments


def _credits(house: House) -> Iterable[str]:
    return house.credits


def _both(house: House) -> Iterable[str]:
    return [*house.payments, *house.credits]


def _all_who_report(house: House) -> Iterable[str]:
    return [*house.payments, *house.credits, *house.reports]


# What the other queues wait for is one and the same for all that is in them.
_SPLIT: Mapping[str, Callable[[House], Iterable[str]]] = {
    "charge": _payments,
    "refund": _payments,
    "credit": _credits,
    "enquire": _both,
    "settle": _all_who_report,
}


def lane_of(owing: Owing, *, house: House) -> str:
    """The name of the RQ queue for what is owed. With a provider that is not set up here it is the whole queue's."""
    lane = f"{owing.queue}.{owing.provider}"
    return lane if lane in lanes_of(owing.queue, house=house) else owing.queue


def lanes_of(queue: str, *, house: House) -> list[str]:
    """The names of the RQ queues that a worker of `queue` serves."""
    split = _SPLIT.get(queue)
    providers = split(house) if split else ()
    return [queue, *dict.fromkeys(f"{queue}.{provider}" for provider in providers)]
