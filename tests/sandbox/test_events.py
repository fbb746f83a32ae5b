"""The stream of what changes on a phone."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from sandbox.hub import Hub
from tests.sandbox.driver import PAYER, SUBSCRIBER, Driver
from tests.sandbox.project import PATIENCE_S, Answer, Project


class Stream:
    """Server-sent events, read line by line."""

    def __init__(self, connection: socket.socket) -> None:
        self._lines = connection.makefile("r", encoding="utf-8")

    def next(self) -> tuple[str, Any]:
        """The next event: its topic and its data."""
        topic = ""
        for line in self._lines:
            if line.startswith("event: "):
                topic = line.removeprefix("event: ").strip()
            elif line.startswith("data: "):
                return topic, json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream has ended")

    def until(self, topic: str, fits: Callable[[Any], bool] = bool) -> Any:
        """The data of the next event of that topic that fits."""
        while True:
            found, data = self.next()
            if found == topic and fits(data):
                return data

    def ends(self) -> bool:
        """Whether the stream comes to its end."""
        return all(line is not None for line in self._lines)


@contextmanager
def watch(url: str, msisdn: str) -> Iterator[Stream]:
    """Watch a phone, from after the first look at everything."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), PATIENCE_S) as connection:
        request = f"GET /phones/{msisdn}/events HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n"
        connection.sendall(request.encode())
        stream = Stream(connection)
        assert [stream.next()[0] for _ in range(5)] == ["line", "wallet", "inbox", "prompts", "screen"]
        yield stream


def test_what_changes_on_a_phone_is_told_at_once(driver: Driver, project: Project) -> None:
    driver.put("/settings", prompt_answer="by_hand")
    project.answer("/ussd", Answer("CON Home"))
    with watch(driver.url, PAYER) as stream:
        driver.put(f"/lines/{PAYER}", balance_minor=-500)
        assert stream.until("line") == {"state": "suspended", "balance_minor": -500, "currency": "KES"}
        driver.push()
        (prompt,) = stream.until("prompts")
        driver.post(f"/phones/{PAYER}/prompts/{prompt['id']}", answer="pin")
        assert stream.until("wallet")["balance_minor"] == 90_000
        driver.post(f"/phones/{PAYER}/dial")
        assert stream.until("screen", lambda screen: screen["open"])["screen"] == "Home"
        driver.send_sms("hello", to=PAYER)
        inbox = stream.until("inbox", lambda messages: len(messages) == 2)
        assert [message["from"] for message in inbox] == ["MPESA", "AFRICASTKNG"]


def test_a_stream_tells_of_one_phone_only(driver: Driver) -> None:
    with watch(driver.url, PAYER) as stream:
        driver.put(f"/lines/{SUBSCRIBER}", balance_minor=1)
        driver.put(f"/lines/{PAYER}", balance_minor=2)
        assert stream.next() == ("line", {"state": "active", "balance_minor": 2, "currency": "KES"})


def test_a_reset_is_told_to_everybody(driver: Driver) -> None:
    driver.put(f"/lines/{PAYER}", balance_minor=2)
    with watch(driver.url, PAYER) as stream:
        driver.post("/reset")
        assert stream.until("line")["balance_minor"] == 0


def test_a_page_that_was_closed_harms_nobody(driver: Driver) -> None:
    with watch(driver.url, PAYER):
        pass
    for balance in range(1, 20):
        driver.put(f"/lines/{PAYER}", balance_minor=balance)
    assert driver.get(f"/lines/{PAYER}")["balance_minor"] == 19


async def changes_after_leaving() -> list[list[str]]:
    """What a watcher hears before and after it has left."""
    hub = Hub()
    watcher = hub.watch(PAYER)
    before = await watcher.changes(timeout_s=PATIENCE_S)
    hub.leave(PAYER, watcher)
    hub.tell(PAYER, "line")
    hub.close()
    return [before, await watcher.changes(timeout_s=0.05)]


def test_a_watcher_that_has_left_hears_nothing() -> None:
    assert asyncio.run(changes_after_leaving()) == [["line", "wallet", "inbox", "prompts", "screen"], []]
