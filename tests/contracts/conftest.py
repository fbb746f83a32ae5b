"""The sandbox as the outside world of the providers, and a server that stands where Redial would hear its callbacks."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import requests

from runtime.child import Child
from tests.contracts.servers import Seen, Stage, free_port, says, serving
from tests.outside import Faults, Outside

T = TypeVar("T")

PROJECT = Path(__file__).resolve().parents[2]
WITHIN_S = 30.0
QUICK_WORLD = {
    "prompt_answer_after_s": 0.05,
    "callback_after_s": 0.02,
    "reversal_after_s": 0.02,
    "airtime_after_s": 0.02,
    "delivery_report_after_s": 0.02,
}
SETTINGS = {
    "CALLBACK_SECRET": "s3cret",
    "AT_USERNAME": "redial",
    "AT_API_KEY": "at-key",
    "DARAJA_CONSUMER_KEY": "daraja-key",
    "DARAJA_CONSUMER_SECRET": "daraja-secret",
    "DARAJA_SHORT_CODE": "174379",
    "DARAJA_PASSKEY": "passkey",
    "DARAJA_INITIATOR": "testapi",
    "MOMO_TARGET_ENVIRONMENT": "mtnuganda",
    "MOMO_COLLECTION_USER": "collector",
    "MOMO_COLLECTION_API_KEY": "collection-key",
    "MOMO_COLLECTION_SUBSCRIPTION_KEY": "collection-subscription",
    "MOMO_DISBURSEMENT_USER": "disburser",
    "MOMO_DISBURSEMENT_API_KEY": "disbursement-key",
    "MOMO_DISBURSEMENT_SUBSCRIPTION_KEY": "disbursement-subscription",
    "AIRTEL_CLIENT_ID": "airtel-client",
    "AIRTEL_CLIENT_SECRET": "airtel-secret",
    "UCIP_USERNAME": "redial",
    "UCIP_PASSWORD": "ucip-password",
    "UCIP_REFILL_PROFILE": "TOPUP",
}


@dataclass(frozen=True, slots=True)
class World:
    """The outside world, its faults, and what it has posted to us."""

    url: str
    outside: Outside
    faults: Faults
    redial: Stage

    def wait_for_callback(self, path: str) -> Seen:
        """Wait until something was posted to a path that ends so, and give it."""
        return self._wait(lambda: next((seen for seen in self.redial.seen if seen.path.endswith(path)), None), path)

    def wait_for_charge(self, reference: str) -> dict[str, object]:
        """Wait until the books have a charge with this reference, and give it."""
        return self._wait(lambda: self.entry("charges", reference=reference), f"a charge {reference}")

    def entry(self, book: str, **wanted: object) -> dict[str, object] | None:
        """The one entry of a book in which these stand, or None."""
        found = [one for one in self.outside.get("/books")[book] if wanted.items() <= one.items()]
        assert len(found) <= 1, found
        return found[0] if found else None

    def _wait(self, look: Callable[[], T | None], what: str) -> T:
        until = time.monotonic() + WITHIN_S
        while time.monotonic() < until:
            if (found := look()) is not None:
                return found
            time.sleep(0.01)
        raise AssertionError(f"waited in vain for {what}")


@pytest.fixture(scope="session")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    port, folder = free_port(), tmp_path_factory.mktemp("sandbox")
    with serving(says('{"status": "Validated"}')) as redial, requests.Session() as http:
        places = {"SANDBOX_PORT": str(port), "SANDBOX_DIR": str(folder), "REDIAL_URL": redial.url}
        child = Child(
            name="sandbox",
            command=[sys.executable, "-m", "sandbox"],
            env={**os.environ, **SETTINGS, **places},
            output=subprocess.DEVNULL,
            folder=PROJECT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            outside = Outside(url=url, http=http)
            _wait_until_it_answers(child, http, url)
            yield World(url, outside, Faults(outside), redial)
        finally:
            child.kill()


def _wait_until_it_answers(child: Child, http: requests.Session, url: str) -> None:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        try:
            http.get(f"{url}/healthz", timeout=1)
        except requests.ConnectionError:
            assert child.is_running, "the sandbox has ended"
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the sandbox does not answer")


@pytest.fixture
def world(_world: World) -> World:
    """A new world, quick, in which nothing goes wrong yet."""
    _world.outside.post("/reset")
    _world.outside.put("/settings", QUICK_WORLD)
    _world.faults.clear()
    _world.redial.seen.clear()
    return _world
