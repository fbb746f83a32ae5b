"""The operator's charging system by UCIP 5: XML-RPC over HTTP, where a Refill that comes twice is two refills."""

import base64
import hmac
import re
from collections.abc import Callable
from functools import partial

from aiohttp import web

from sandbox import xmlrpc
from sandbox.clock import NAIROBI
from sandbox.faults import Fault
from sandbox.outside import Outside
from sandbox.refills import NoSuchVoucher, Refill, Refills
from sandbox.ucip_members import (
    FAULTS,
    ILLEGAL,
    MISSING,
    OUT_OF_BOUNDS,
    UNKNOWN_OPERATION,
    CallRefused,
    Members,
    account,
    check_members,
    extras,
    flags,
    minor,
    units,
)
from sandbox.web import answer, text_reply
from sandbox.world import CurrencyDiffers, Line, LineIsClosed, LineState, TooMuchCredit, VoucherRefused

VERSION = "5.0"
_USER_AGENT = re.compile(r"[^/\s]+/(\d+\.\d+)/\S+", re.ASCII)
_PIN = re.compile(r"\d{8,20}", re.ASCII)

NOT_FOUND, BAD_PROFILE = 102, 120
# What the world refuses, as UCIP says it.
_REFUSALS = {LineIsClosed: 104, NoSuchVoucher: 119, TooMuchCredit: 123, CurrencyDiffers: 100}
_VOUCHER_REFUSALS = {
    "used by same": 107,
    "used by other": 108,
    "used": 107,
    "unavailable": 109,
    "expired": 110,
    "stolen": 111,
    "damaged": 112,
    "pending": 113,
}


class Ucip:
    """The address of the charging system."""

    def __init__(self, outside: Outside, *, refills: Refills) -> None:
        self._config = outside.config
        self._people = outside.people
        self._faults = outside.faults
        self._refills = refills
        per_unit = outside.config.ucip_minor_per_unit
        self._account = partial(account, minor_per_unit=per_unit)
        self._units = partial(units, minor_per_unit=per_unit)
        self._minor = partial(minor, minor_per_unit=per_unit)
        self._operations: dict[str, tuple[str, Callable[[str, Members], Members]]] = {
            "GetBalanceAndDate": ("ucip.read", self._balance),
            "GetAccountDetails": ("ucip.read", self._details),
            "Refill": ("ucip.refill", self._refill),
            "UpdateBalanceAndDate": ("ucip.refill", self._adjust),
        }

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """The routes, below `prefix`."""
        return [web.post(f"{prefix}/Air", self._air)]

    async def _air(self, request: web.Request) -> web.StreamResponse:
        if not self._is_known(request):
            reply = text_reply("Unauthorized", status=401)
            reply.headers["WWW-Authenticate"] = 'Basic realm="AIR"'
            return reply
        agent = _USER_AGENT.fullmatch(request.headers.get("User-Agent", ""))
        if agent is None or agent[1] != VERSION:
            return text_reply("Forbidden", status=403)
        try:
            method, members = xmlrpc.read_call(await request.read())
            self._check(method, members)
        except xmlrpc.UnableToReadCall:
            return _fault(ILLEGAL)
        except CallRefused as error:
            return _fault(error.code)
        return await self._operate(request, method, members)

    def _is_known(self, request: web.Request) -> bool:
        pair = f"{self._config.ucip_username}:{self._config.ucip_password}"
        expected = b"Basic " + base64.b64encode(pair.encode())
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected)

    def _check(self, method: str, members: Members) -> None:
        if method not in self._operations:
            raise CallRefused(UNKNOWN_OPERATION)
        check_members(members)

    async def _operate(self, request: web.Request, method: str, members: Members) -> web.StreamResponse:
        operation, work = self._operations[method]
        msisdn = f"+{members['subscriberNumber']}"

        async def effect(fault: Fault | None) -> web.Response:
            if fault:
                return _refusal(members, fault.number_code)
            try:
                return _reply({**_head(members, 0), **work(msisdn, members)})
            except CallRefused as error:
                return _refusal(members, error.code)

        return await answer(request, faults=self._faults, operation=operation, msisdn=msisdn, effect=effect)

    def _balance(self, msisdn: str, _members: Members) -> Members:
        line = self._line(msisdn)
        blocked = line.state is LineState.BARRED
        return {**self._account(line), "temporaryBlockedFlag": blocked, "accountFlagsAfter": flags(line)}

    def _details(self, msisdn: str, _members: Members) -> Members:
        line = self._line(msisdn)
        blocked = line.state is LineState.BARRED
        details = {**self._account(line), "temporaryBlockedFlag": blocked, "accountFlags": flags(line)}
        if line.owing_since is not None:
            details["negativeBalanceBarringDate"] = line.owing_since.astimezone(NAIROBI)
        return details | {"masterAccountNumber": msisdn[1:]}

    def _refill(self, msisdn: str, members: Members) -> Members:
        if ("voucherActivationCode" in members) == ("transactionAmount" in members):
            raise CallRefused(MISSING)
        work = self._by_voucher if "voucherActivationCode" in members else self._by_amount
        refill = self._done(work, msisdn, members)
        told: Members = {"masterAccountNumber": msisdn[1:], "transactionCurrency": refill.currency}
        told["transactionAmount"] = self._units(refill.amount_minor)
        if members.get("requestRefillAccountBeforeFlag"):
            told["accountBeforeRefill"] = {**self._account(refill.before), "accountFlags": flags(refill.before)}
        if members.get("requestRefillAccountAfterFlag"):
            told["accountAfterRefill"] = {**self._account(refill.after), "accountFlags": flags(refill.after)}
        if refill.voucher is not None:
            told["voucherSerialNumber"] = refill.voucher.serial
        return told

    def _adjust(self, msisdn: str, members: Members) -> Members:
        if "adjustmentAmountRelative" not in members:
            raise CallRefused(MISSING)
        self._done(self._by_adjustment, msisdn, members)
        return {}

    def _done(self, work: Callable[[str, Members], Refill], msisdn: str, members: Members) -> Refill:
        self._line(msisdn)
        try:
            return work(msisdn, members)
        except tuple(_REFUSALS) as error:
            raise CallRefused(_REFUSALS[type(error)]) from error
        except VoucherRefused as error:
            why = self._refills.why_refused(str(members["voucherActivationCode"]), error, msisdn=msisdn)
            raise CallRefused(_VOUCHER_REFUSALS[why]) from error

    def _by_voucher(self, msisdn: str, members: Members) -> Refill:
        pin = str(members["voucherActivationCode"])
        if not _PIN.fullmatch(pin):
            raise CallRefused(OUT_OF_BOUNDS)
        reference = str(members["originTransactionID"])
        return self._refills.by_voucher(reference=reference, msisdn=msisdn, pin=pin, **extras(members))

    def _by_amount(self, msisdn: str, members: Members) -> Refill:
        given, wanted = members.get("refillProfileID"), self._config.ucip_refill_profile
        if not given or given != (wanted or given):
            raise CallRefused(BAD_PROFILE)
        amount_minor = self._minor(str(members["transactionAmount"]))
        if amount_minor < 1:
            raise CallRefused(OUT_OF_BOUNDS)
        return self._credit("refills", msisdn, members, amount_minor)

    def _by_adjustment(self, msisdn: str, members: Members) -> Refill:
        return self._credit("adjustments", msisdn, members, self._minor(str(members["adjustmentAmountRelative"])))

    def _credit(self, book: str, msisdn: str, members: Members, amount_minor: int) -> Refill:
        return self._refills.by_amount(
            book=book,
            reference=str(members["originTransactionID"]),
            msisdn=msisdn,
            amount_minor=amount_minor,
            currency=str(members.get("transactionCurrency", "")),
            **extras(members),
        )

    def _line(self, msisdn: str) -> Line:
        line = self._people.line(msisdn)
        if line.state is LineState.GONE:
            raise CallRefused(NOT_FOUND)
        return line


def _head(members: Members, code: int) -> Members:
    return {"responseCode": code, "originTransactionID": members["originTransactionID"]}


def _refusal(members: Members, code: int) -> web.Response:
    return _fault(code) if code >= min(FAULTS) else _reply(_head(members, code))


def _reply(members: Members) -> web.Response:
    return web.Response(body=xmlrpc.response(members), content_type="text/xml", charset="utf-8")


def _fault(code: int) -> web.Response:
    words = FAULTS.get(code, "Refused")
    return web.Response(body=xmlrpc.fault(code, words), content_type="text/xml", charset="utf-8")
