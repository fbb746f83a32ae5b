"""Leads a drill: a city, people who order while havoc is wrought, the healing, the waiting, the verdict."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psycopg
import requests

from drills.chaos.borrowing import TERMS
from drills.chaos.cards import print_card
from drills.chaos.collect import collect
from drills.chaos.evidence import Autos, Card, Evidence, LineAtFirst, Promise
from drills.chaos.havoc import Havoc
from drills.chaos.judge import judge
from drills.chaos.operator import Operator
from drills.chaos.people import Ordering, draw_person, number_of
from drills.chaos.report import Report
from drills.chaos.standing import IT_IS_OVER, RHYTHM, Spending
from drills.chaos.story import story_of
from store.engine import make_engine
from tests.city import QUICK_WORLD, STARTS_WITHIN_S, City
from tests.outside import Outside, Phone
from topup.schedule import Timing

_RHYTHM_S = 0.05
_LOOKS_EVERY_S = 1.0
_SAYS_EVERY_S = 10.0
_HURRIES_AFTER_S = 20.0
_ROUNDS = 20

_OPEN = """
    SELECT (SELECT count(*) FROM orders WHERE kind <> 'stray') AS placed,
           (SELECT count(*) FROM outbox WHERE done_at IS NULL) AS owed,
           (SELECT count(*) FROM orders
             WHERE state NOT IN ('DONE', 'UNPAID', 'REFUNDED') AND state NOT LIKE 'REVIEW%%') AS under_way,
           (SELECT count(*) FROM orders WHERE state LIKE 'REVIEW%%') AS in_review
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How large a drill is. Orders are placed evenly over `seconds`, or as fast as they can be when that is slower.

    People wait while `most_under_way` orders have no end: a city that is hours behind proves its queues, not its money.
    Every end is waited for `ends_within_s` seconds, and `end_takes_s` more for each order.
    """

    orders: int
    seconds: float
    seed: int
    credit_by: str = "ucip"
    schedule_scale: float = 0.003
    people_at_once: int = 12
    most_under_way: int = 400
    ends_within_s: float = 600.0
    end_takes_s: float = 0.1


@dataclass(slots=True)
class Drill:
    """One drill in `folder`, where the logs stay. `say` is told how it goes."""

    options: Options
    folder: Path
    say: Callable[[str], None]
    lines: dict[str, LineAtFirst] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    autos: Autos = field(default_factory=Autos)
    _stop: threading.Event = field(default_factory=threading.Event)
    _keeps_up: threading.Event = field(default_factory=threading.Event)
    _tickets: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**7)))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _began: float = 0.0
    _said_at: float = 0.0

    def run(self) -> Report:
        """Do the drill, and judge it. Raises AssertionError when the city cannot be healed."""
        scale = f"{self.options.schedule_scale}"
        began = time.monotonic()
        settings = {"LEASE_S": "3", "CREDIT_BY": self.options.credit_by, "PROMPT_DELAY_S": "1", **TERMS, **RHYTHM}
        with City(folder=self.folder, SCHEDULE_SCALE=scale, **settings) as city:
            city.world(**QUICK_WORLD, prompt_expires_s=5)
            havoc = Havoc(city, Random(f"{self.options.seed}/havoc"))  # noqa: S311 - chance here guards nothing
            self._place_orders(city, havoc)
            self._heal(city, havoc)
            decisions = self._let_all_end(city)
            return self._judged(city, havoc, decisions, seconds=time.monotonic() - began)

    # Orders and havoc.

    def _place_orders(self, city: City, havoc: Havoc) -> None:
        friends = [number_of(number, first=11_000_000) for number in range(10 + self.options.orders // 10)]
        self._began = time.monotonic()
        with ThreadPoolExecutor(self.options.people_at_once, thread_name_prefix="person") as people:
            busy = [people.submit(self._keep_ordering, city, friends) for _ in range(self.options.people_at_once)]
            try:
                self._wreak(city, havoc)
            finally:
                self._stop.set()
        for person in busy:
            person.result()

    def _wreak(self, city: City, havoc: Havoc) -> None:
        placed, look_at = 0, 0.0
        dice = Random(f"{self.options.seed}/spending")  # noqa: S311 - chance here guards nothing
        spending = Spending(city.outside, self.autos, dice=dice)
        self._keeps_up.set()
        while placed < self.options.orders or time.monotonic() < self._began + self.options.seconds:
            havoc.step()
            spending.step()
            time.sleep(_RHYTHM_S)
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + _LOOKS_EVERY_S
                with suppress(psycopg.OperationalError):
                    found = city.records.rows(_OPEN)[0]
                    placed = found["placed"]
                    self._let_people_order(found["under_way"] < self.options.most_under_way)
                    self._say_now_and_then(f"{placed} placed, {found['under_way']} under way; {dict(havoc.counts)}")

    def _let_people_order(self, keeps_up: bool) -> None:
        if keeps_up:
            self._keeps_up.set()
        else:
            self._keeps_up.clear()

    def _keep_ordering(self, city: City, friends: list[str]) -> None:
        with requests.Session() as http:
            outside = Outside(url=city.env["SANDBOX_URL"], http=http)
            while not self._stop.is_set():
                with self._lock:
                    number = next(self._tickets)
                if self._stop.wait(self._due(number) - time.monotonic()):
                    return
                while not self._keeps_up.wait(_LOOKS_EVERY_S):
                    if self._stop.is_set():
                        return
                self._order(number, outside, friends, city)

    def _due(self, number: int) -> float:
        return self._began + number * self.options.seconds / self.options.orders

    def _order(self, number: int, outside: Outside, friends: list[str], city: City) -> None:
        person = draw_person(self.options.seed, number, friends=friends)
        ordering = Ordering(
            person,
            phone_of=lambda msisdn: Phone(msisdn, outside=outside, wait_until=city.wait_until),
            autos=self.autos,
        )
        self.lines[person.msisdn] = person.line
        if person.card is not None:
            print_card(outside, person.card)
            self.cards.append(person.card)
        ordering.begin()
        ordering.order()
        self.promises.extend(ordering.promises)

    def _say_now_and_then(self, words: str) -> None:
        if time.monotonic() >= self._said_at + _SAYS_EVERY_S:
            self._said_at = time.monotonic()
            self.say(words)

    # The end.

    def _heal(self, city: City, havoc: Havoc) -> None:
        havoc.end()
        city.wait_until(city.is_ready, what="the city is ready again", timeout_s=STARTS_WITHIN_S)
        self.say("healed; waiting for every end")

    def _let_all_end(self, city: City) -> int:
        """Wait for every order's end, a person's decisions too. Returns how many there were."""
        engine = make_engine(city.env["DATABASE_URL"], size=2)
        timing = Timing(scale=self.options.schedule_scale)
        operator, decided = Operator(engine, timing), 0
        give_up_at = time.monotonic() + self.options.ends_within_s + self.options.end_takes_s * self.options.orders
        for _ in range(_ROUNDS):
            self._let_rest(city, give_up_at)
            now = operator.decide_all(city.books())
            decided += now
            if now == 0:
                break
            self.say(f"a person decided {now}")
        engine.dispose()
        return decided

    def _let_rest(self, city: City, give_up_at: float) -> None:
        """Wait until nothing is owed to anybody. After a while time is let pass: what is for later happens now."""
        hurries_at = time.monotonic() + _HURRIES_AFTER_S
        while time.monotonic() < give_up_at:
            city.records.change(IT_IS_OVER)
            found = city.records.rows(_OPEN)[0]
            if found["owed"] == 0 and found["under_way"] == 0:
                return
            self._say_now_and_then(f"still open: {found}")
            if time.monotonic() >= hurries_at:
                hurries_at = time.monotonic() + _LOOKS_EVERY_S
                city.records.hurry()
            time.sleep(_LOOKS_EVERY_S)
        self.say(f"not everything has ended: {city.records.rows(_OPEN)[0]}")

    def _judged(self, city: City, havoc: Havoc, decisions: int, *, seconds: float) -> Report:
        engine = make_engine(city.env["DATABASE_URL"], size=2)
        evidence = collect(city, engine, lines=self.lines, promises=self.promises, cards=self.cards, autos=self.autos)
        engine.dispose()
        report = Report(
            seed=self.options.seed,
            credit_by=self.options.credit_by,
            seconds=seconds,
            orders=evidence.orders,
            repaying=len({each.order_id for each in evidence.transfers if each.source == "advances"}),
            decisions=decisions,
            havoc=havoc.counts,
            faults=city.outside.get("/faults")["applied"],
            findings=judge(evidence),
        )
        self._tell_stories(city, evidence, report)
        return report

    def _tell_stories(self, city: City, evidence: Evidence, report: Report) -> None:
        for finding in report.findings:
            self.say(f"{finding.wrong.value}: {finding.order_id}: {finding.what}")
        came_to = {order.id: order.came_to for order in evidence.orders}
        guilty = {finding.order_id for finding in report.findings if finding.order_id != "-"}
        for order_id in sorted(guilty | {came_to.get(each, each) for each in guilty}):
            for line in story_of(city, order_id, evidence.books):
                self.say(line)
