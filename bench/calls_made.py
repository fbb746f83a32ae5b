"""`python -m bench.calls_made`: how many functions a hop calls, beside the floor's. The settings are the environment's.

Every call is counted as the interpreter makes it, of Python's functions and of C's (sys.setprofile), in the thread that
answers. So the counts are the same on every machine, however fast it is and whoever else uses it.
"""

import json
import os
import sys
from types import FrameType
from wsgiref.types import WSGIApplication

from app import create_app
from bench import floor
from bench.phone import answered, hop_environ

HOPS = {"dial": "", "first key": "1", "second key": "1*1", "third key": "1*1*1"}

# By then scripts are loaded, statements prepared, and screens remembered.
_WARM_UP = 12


class Counter:
    """Counts while it is entered."""

    def __init__(self) -> None:
        self.calls = 0

    def __enter__(self) -> "Counter":
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _see(self, _frame: FrameType, event: str, _what: object) -> None:
        self.calls += event in ("call", "c_call")


def count() -> dict[str, int]:
    """The calls of each hop of a call, and those of the floor."""
    ours, bare = create_app(), floor.create_app(os.environ["REDIS_URL"])
    path = f"/ussd/africastalking/{os.environ['GATEWAY_SECRET']}"
    found: dict[str, int] = {}
    for call in range(_WARM_UP):
        found = {name: _calls(ours, path, text, call=call) for name, text in HOPS.items()}
        found["floor"] = _calls(bare, "/ussd", "1", call=call)
    return found


def _calls(application: WSGIApplication, path: str, text: str, *, call: int) -> int:
    environ = hop_environ(path, session=f"ATUid_{call}", msisdn=f"+2547110{call:05}", text=text)
    with Counter() as counter:
        screen = answered(application, environ)
    assert screen.startswith("CON "), screen
    return counter.calls


if __name__ == "__main__":
    print(json.dumps(count()))
