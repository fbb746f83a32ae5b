"""The recharge guide on a real database and a real Redis, and a browser that knows no more than forms and cookies."""

import html
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import redis
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from store.codes import Codes
from store.desk import Desk
from store.gate import GateMemory
from store.outages import Outages
from store.rates import Rates
from tests.unit.clocks import FakeClock
from tests.unit.orders import TIMING
from tests.unit.shops import ORDINARY, LineOf, a_shop
from topup.line import Line
from web.guard import networks_of, stand_before
from web.guide.answering import Guide
from web.guide.draft import Seal
from web.guide.proving import Proving
from web.guide.routes import make_blueprint
from web.guide.who import Who

GATEWAY, PHONE, STRANGER_AT = "10.99.0.1", "10.64.0.2", "198.51.100.7"
HEADER = "MSISDN"

_numbers = itertools.count(711_200_001)
_FORM = re.compile(r'<form method="post" action="([^"]*)">(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'name="draft" value="([^"]*)"')
_BUTTON = re.compile(r'<button(?: name="(\w+)" value="([^"]*)")?[^>]*>([^<]*)</button>')
_TYPED = re.compile(r'<input name="(\w+)"')


def a_guide(engine: Engine, client: redis.Redis, line: Line, **changes: Any) -> Guide:
    """A guide whose gateway is GATEWAY, and whose phones have addresses in 10.64.0.0/16."""
    clock = FakeClock()
    seal, rates = Seal(secret=ORDINARY.order_secret), Rates(client)
    who = Who(
        header=HEADER,
        gateways=networks_of(GATEWAY),
        phones=networks_of("10.64.0.0/16"),
        memory=GateMemory(client, session_s=600),
        seal=seal,
        country="KE",
        proof_s=600,
    )
    proving = Proving(
        engine=engine,
        codes=Codes(client, secret=ORDINARY.order_secret),
        rates=rates,
        seal=seal,
        clock=clock,
        country="KE",
        an_address_an_hour=10,
    )
    made: dict[str, Any] = {
        "engine": engine,
        "desk": Desk(engine, shop=a_shop(), lines=LineOf(line), timing=TIMING, clock=clock),
        "who": who,
        "seal": seal,
        "proving": proving,
        "rates": rates,
        "down": Outages(client).down,
        "pages_a_minute": 1000,
        "is_secure": False,
    }
    return Guide(**{**made, **changes})


@dataclass
class Browser:
    """What a person sees and presses. The number is written by the gateway unless `msisdn` is empty."""

    guide: Guide
    msisdn: str = ""
    address: str = GATEWAY
    language: str = "en"
    shown: str = ""
    response: TestResponse = field(init=False)

    def __post_init__(self) -> None:
        app = Flask(__name__)
        app.register_blueprint(make_blueprint(self.guide))
        stand_before(app, passes={})
        self.http = app.test_client()

    def go(self, path: str = "/guide", **headers: str) -> str:
        """Open a page; what it says."""
        return self._see(self.http.get(path, headers=self._headers(headers), environ_base=self._from()))

    def post(self, path: str, **fields: str) -> str:
        """Send a form by hand."""
        return self._see(self.http.post(path, data=fields, headers=self._headers({}), environ_base=self._from()))

    def form(self, label: str, typed: str = "") -> tuple[str, dict[str, str]]:
        """Where the form with the button of that label leads, and what it sends."""
        for action, inside in _FORM.findall(self.shown):
            buttons = {html.unescape(words): (name, value) for name, value, words in _BUTTON.findall(inside)}
            wanted, inputs = buttons.get(label), _TYPED.findall(inside)
            if wanted is None or bool(inputs) != bool(typed):
                continue
            fields = dict.fromkeys(inputs, typed) | ({wanted[0]: wanted[1]} if wanted[0] else {})
            sealed = _HIDDEN.search(inside)
            return html.unescape(action), fields | ({"draft": sealed[1]} if sealed else {})
        raise AssertionError(f"no form has {label!r}: {self.words}")

    def press(self, label: str, typed: str = "", *, heading: str = "") -> str:
        """Press a button, with something typed into its field; `heading` is what stands over its form."""
        whole = self.shown
        self.shown = whole[whole.index(heading) :] if heading else whole
        action, fields = self.form(label, typed)
        return self.post(action, **fields)

    @property
    def words(self) -> str:
        """What stands on the page."""
        body = self.shown.partition("<body>")[2]
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())

    def _see(self, response: TestResponse) -> str:
        self.response, self.shown = response, response.text
        if response.status_code == 303:
            return self.go(response.headers["Location"])
        return self.words

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        told = {HEADER: self.msisdn} if self.msisdn else {}
        return {"Accept-Language": self.language, **told, **more}

    def _from(self) -> dict[str, str]:
        return {"REMOTE_ADDR": self.address}


# Opens a browser, for the line that is given.
Open = Callable[..., Browser]


def new_msisdn() -> str:
    """A number that nobody has yet."""
    return f"+254{next(_numbers)}"


def national(msisdn: str) -> str:
    """The same as people of the country write it."""
    return msisdn.replace("+254", "0")


def confirmed(browser: Browser) -> tuple[str, dict[str, str]]:
    """The form by which KES 50 is paid."""
    browser.go()
    browser.press("KES 50 (line comes back)")
    browser.press("This number")
    return browser.form("Pay")


def orders_of(engine: Engine, msisdn: str) -> list[dict[str, Any]]:
    """Every order that this number asked for."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM orders WHERE asked_by = :m ORDER BY placed_at"), {"m": msisdn})
        return [dict(row) for row in rows.mappings()]


def sms_to(engine: Engine, msisdn: str) -> list[str]:
    """Everything that was written to this number."""
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT text FROM messages WHERE msisdn = :m ORDER BY written_at"), {"m": msisdn}
        )
        return [row.text for row in found]
