"""The control API of the world: lines, wallets, vouchers, faults, settings, books, reset."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sandbox.clock import iso, utc_now
from sandbox.errors import BadRequest, NotFound
from sandbox.faults import FaultPlan
from sandbox.outside import Outside
from sandbox.people import read_msisdn
from sandbox.settings import Settings
from sandbox.shown import line_body, voucher_body, wallet_body
from sandbox.web import json_reply, parse, read_json, read_model
from sandbox.world import LineState, Voucher, VoucherState, Wallet

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
# Amounts beyond this are a mistake in a test, and SQLite's integers have an end.
Minor = Annotated[int, Field(strict=True, ge=-(10**14), le=10**14)]
Msisdn = Annotated[str, AfterValidator(read_msisdn)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LineBody(_Body):
    """What is left out stays as it is."""

    state: LineState | None = None
    balance_minor: Minor | None = None
    currency: Currency | None = None


class WalletBody(_Body):
    """What is left out stays as it is."""

    balance_minor: Annotated[Minor, Field(ge=0)] | None = None
    currency: Currency | None = None


class VoucherBody(_Body):
    """A voucher to print; without a state it is there to be used."""

    amount_minor: Annotated[Minor, Field(ge=1)]
    currency: Currency | None = None
    state: VoucherState = VoucherState.AVAILABLE
    serial: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    used_by: Msisdn | None = None


class Control:
    """The addresses that are no provider's."""

    def __init__(self, outside: Outside, *, reset: Callable[[], None]) -> None:
        self._outside = outside
        self._people = outside.people
        self._reset_world = reset

    def routes(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.get("/healthz", self._healthz),
            web.put("/lines/{msisdn}", self._put_line),
            web.get("/lines/{msisdn}", self._get_line),
            web.put("/wallets/{msisdn}", self._put_wallet),
            web.get("/wallets/{msisdn}", self._get_wallet),
            web.put("/vouchers/{pin}", self._put_voucher),
            web.get("/vouchers/{pin}", self._get_voucher),
            web.put("/faults", self._put_faults),
            web.get("/faults", self._get_faults),
            web.put("/settings", self._put_settings),
            web.get("/settings", self._get_settings),
            web.get("/books", self._get_books),
            web.post("/reset", self._reset),
        ]

    async def _healthz(self, _request: web.Request) -> web.Response:
        network = self._outside.network
        counts = {"posted": network.posted, "not_taken": network.not_taken, "waiting": len(self._outside.later)}
        return json_reply({"ok": True, **counts})

    async def _put_line(self, request: web.Request) -> web.Response:
        msisdn, body = _msisdn(request), await read_model(request, LineBody)
        line = self._people.line(msisdn).set(
            now=utc_now(), state=body.state, balance_minor=body.balance_minor, currency=body.currency
        )
        self._people.save_line(msisdn, line)
        return json_reply(line_body(line))

    async def _get_line(self, request: web.Request) -> web.Response:
        return json_reply(line_body(self._people.line(_msisdn(request))))

    async def _put_wallet(self, request: web.Request) -> web.Response:
        msisdn, body = _msisdn(request), await read_model(request, WalletBody)
        old = self._people.wallet(msisdn)
        balance = old.balance_minor if body.balance_minor is None else body.balance_minor
        wallet = Wallet(currency=body.currency or old.currency, balance_minor=balance)
        self._people.save_wallet(msisdn, wallet)
        return json_reply(wallet_body(wallet))

    async def _get_wallet(self, request: web.Request) -> web.Response:
        return json_reply(wallet_body(self._people.wallet(_msisdn(request))))

    async def _put_voucher(self, request: web.Request) -> web.Response:
        pin, body = _pin(request), await read_model(request, VoucherBody)
        voucher = Voucher(
            serial=body.serial or str(secrets.randbelow(10**10)).zfill(10),
            amount_minor=body.amount_minor,
            currency=body.currency or self._outside.config.currency,
            state=body.state,
            used_by=body.used_by,
        )
        self._people.save_voucher(pin, voucher)
        return json_reply(voucher_body(voucher))

    async def _get_voucher(self, request: web.Request) -> web.Response:
        voucher = self._people.voucher(_pin(request))
        if voucher is None:
            raise NotFound(why="No voucher has this PIN.")
        return json_reply(voucher_body(voucher))

    async def _put_faults(self, request: web.Request) -> web.Response:
        self._outside.faults.set(await read_model(request, FaultPlan))
        return json_reply(self._outside.faults.shown())

    async def _get_faults(self, _request: web.Request) -> web.Response:
        return json_reply(self._outside.faults.shown())

    async def _put_settings(self, request: web.Request) -> web.Response:
        given = await read_json(request)
        settings = parse(Settings, {**self._outside.settings.now.model_dump(), **given})
        self._outside.settings.change(settings)
        return json_reply(settings.model_dump())

    async def _get_settings(self, _request: web.Request) -> web.Response:
        return json_reply(self._outside.settings.now.model_dump())

    async def _get_books(self, request: web.Request) -> web.Response:
        since = _since(request.query.get("since"))
        if request.query.get("counts"):
            return json_reply(self._outside.books.counts(since=since))
        msisdn = read_msisdn(request.query["msisdn"]) if "msisdn" in request.query else None
        return json_reply(self._outside.books.read(since=since, msisdn=msisdn))

    async def _reset(self, _request: web.Request) -> web.Response:
        self._reset_world()
        return json_reply({})


def _msisdn(request: web.Request) -> str:
    return read_msisdn(request.match_info["msisdn"])


def _pin(request: web.Request) -> str:
    pin = request.match_info["pin"]
    if not (pin.isascii() and pin.isdecimal() and 8 <= len(pin) <= 20):
        raise BadRequest(why="A voucher's PIN has 8 to 20 digits.")
    return pin


def _since(text: str | None) -> str:
    if not text:
        return ""
    try:
        # In an address a + stands for a space, which is what becomes of +03:00 when it is not encoded.
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise BadRequest(why=f"since is not a time in ISO 8601: {text[:40]!r}.") from error
    if at.tzinfo is None:
        raise BadRequest(why="since must carry its zone.")
    return iso(at)
