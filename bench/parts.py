"""`python -m bench.parts`: what a hop's microseconds are spent on, part by part, on an idle process, as JSON.

Each part is called alone, again and again, with what it gets within a hop; the time is that of the fastest quarter's
slowest call. A whole hop is dearer than the sum: threads wait for each other, and caches are colder. The settings are
the environment's.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import count

import structlog

from app import create_app
from bench import floor
from bench.phone import answered, hop_environ
from ussd import door, routes
from ussd.engine import Hop, Reply
from ussd.gateways import africastalking
from ussd.session import packed, unpacked
from ussd.told import Whole
from wiring import Wiring

_TIMES = 400
_WARM_UP = 50

_CHANNEL = "ussd:africastalking"


def measure() -> dict[str, float]:
    """Microseconds by part."""
    app = create_app()
    wiring: Wiring = app.extensions["redial"]
    path, calls = f"/ussd/africastalking/{os.environ['GATEWAY_SECRET']}", count()

    def posted(text: str) -> None:
        number = next(calls)
        answered(app, hop_environ(path, session=f"ATUid_{number}", msisdn=f"+2547110{number:05}", text=text))

    bare = floor.create_app(os.environ["REDIS_URL"])
    return {
        "the floor, whole": _us(lambda: answered(bare, hop_environ("/ussd", session="1", msisdn="+254711", text="1"))),
        "a whole dial": _us(lambda: posted("")),
        "a whole key": _us(_keys(wiring, app, path, calls)),
        **dict(_parts_of_a_key(wiring)),
        "dial: the caller, one read of SQL": _us(lambda: wiring.desk.caller(f"+2547110{next(calls):05}")),
        "dial: the line, one XML-RPC call": _us(lambda: wiring.desk.read_line(f"+2547110{next(calls):05}")),
    }


def _keys(wiring: Wiring, app: object, path: str, calls: Iterator[int]) -> Callable[[], None]:
    """A key that goes on and back in one long call."""
    number, texts = next(calls), iter("*".join("10"[key % 2] for key in range(depth)) for depth in count())

    def key() -> None:
        environ = hop_environ(path, session=f"ATUid_{number}", msisdn=f"+2547110{number:05}", text=next(texts))
        answered(app, environ)  # type: ignore[arg-type]

    return key


def _parts_of_a_key(wiring: Wiring) -> Iterator[tuple[str, float]]:
    who = {"channel": _CHANNEL, "conversation": "ATUid_parts", "msisdn": "+254711099999"}
    hop = Hop(**who, told=Whole("1*1"), width=africastalking.LIMITS.width)
    wiring.menu_engine.hop(Hop(**who, told=Whole(""), width=hop.width))
    wiring.menu_engine.hop(hop)
    loaded = wiring.sessions.load(**who)
    session = loaded.session
    assert session is not None
    body = hop_environ("", session="ATUid_parts", msisdn=who["msisdn"], text="1*1")["wsgi.input"].getvalue()
    log = structlog.get_logger("bench")
    yield "a key in the engine, its two scripts and all", _us(_turns(wiring, who, hop))
    yield "reading the form", _us(lambda: door.form(body))
    yield "loading the session: a script of Redis", _us(lambda: wiring.sessions.load(**who))
    yield "… of it, understanding it", _us(lambda: unpacked(loaded.raw))
    yield (
        "saving the session: a script of Redis",
        _us(lambda: wiring.sessions.save(session, **who, raw=loaded.raw, line_is_new=False)),
    )
    yield "… of it, packing it", _us(lambda: packed(session))
    yield "a log line", _us(lambda: log.info("hop", gateway="africastalking", screen="payer", open=True, seconds=0.001))
    yield "counting and timing the hop", _us(_count)


def _turns(wiring: Wiring, who: dict[str, str], last: Hop) -> Callable[[], Reply]:
    """A key that goes on and back, without the door and the log."""
    texts = iter("*".join(["1*1", *("01"[key % 2] for key in range(depth))]) for depth in count(1))
    return lambda: wiring.menu_engine.hop(Hop(**who, told=Whole(next(texts)), width=last.width))


def _count() -> None:
    routes.hops.labels("africastalking", "payer", "true").inc()
    routes.hop_seconds.labels("africastalking").observe(0.001)


def _us(part: Callable[[], object]) -> float:
    took = []
    for _ in range(_WARM_UP + _TIMES):
        began = time.perf_counter_ns()
        part()
        took.append(time.perf_counter_ns() - began)
    return sorted(took[_WARM_UP:])[_TIMES // 4] / 1000


if __name__ == "__main__":
    print(json.dumps(measure(), ensure_ascii=False, indent=1))
