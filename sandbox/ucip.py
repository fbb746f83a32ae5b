"""The operator's charging system by UCIP 5: XML-RPC over HTTP, where a Refill that comes twice is two refills."""

import base64
import hmac
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from sandbox import xmlrpc
from sandbox.clock import NAIROBI, utc_now
from sandbox.errors import SandboxError
from sandbox.faults import Fault
from sandbox.outside import Outside
from sandbox.refills import NoSuchVoucher, Refill, Refills
from sandbox.web import answer, text_reply
from sandbox.world import CurrencyDiffers, Line, LineIsClosed, LineState, TooMuchCredit, VoucherRefused

Members = dict[str, Any]

_USER_AGENT = re.compile(r"[^/\s]+/(\d+\.\d+)/\S+", re.ASCII)
_PIN = re.compile(r"\d{8,20}", re.ASCII)
_AMOUNT = re.compile(r"[+-]?\d{1,16}(\.\d{1,6})?", re.ASCII)
_FORMS = {
    "originNodeType": re.compile(r"[A-Z]{1,8}"),
    "originHostName": re.compile(r"\S{1,255}"),
    "originTransactionID": re.compile(r"\d{1,20}", re.ASCII),
    "originTimeStamp": re.compile(r"\d{8}T\d\d:\d\d:\d\d[+-]\d{4}", re.ASCII),
    "subscriberNumber": re.compile(r"[1-9]\d{6,14}", re.ASCII),
}
# UCIP's faults: the call was not understood at all. A response code, below, is an answer.
_FAULTS = {
    1000: "Illegal request message",
    1001: "Mandatory field missing",
    1002: "Illegal data type",
    1003: "Data out of bounds",
    1004: "Unknown operation",
    1007: "Overload rejection",
}
OTHER_ERROR, NOT_FOUND, BLOCKED, BAD_VOUCHER, BAD_PROFILE, TOO_MUCH = 100, 102, 104, 119, 120, 123
_VOUCHER_CODES = {
    "used by same": 107,
    "used by other": 108,
    "used": 107,
    "unavailable": 109,
    "expired": 110,
    "stolen": 111,
    "damaged": 112,
    "pending": 113,
}


class CallRefused(SandboxError):
    """The charging system answers {code}."""

    def __init__(self, code: int) -> None:
        super().__init__(code=code)
        self.code = code


class Ucip:
    """The address /ucip/Air."""

    def __init__(self, outside: Outside, *, refills: Refills) -> None:
        self._config = outside.config
        self._people = outside.people
        self._faults = outside.faults
        self._refills = refills
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
        if agent is None or agent[1] != "5.0":
            return text_reply("Forbidden", status=403)
        try:
            method, members = xmlrpc.read_call(await request.read())
            self._check(method, members)
        except (xmlrpc.UnableToReadCall, CallRefused) as error:
            return _fault(error.code if isinstance(error, CallRefused) else 1000)
        return await self._operate(request, method, members)

    async def _operate(self, request: web.Request, method: str, members: Members) -> web.StreamResponse:
        operation, work = self._operations[method]
        msisdn = f"+{members['subscriberNumber']}"

        async def effect(fault: Fault | None) -> web.Response:
            if fault:
                return _refused(members, fault.number_code)
            try:
                return _reply({**_head(members, 0), **work(msisdn, members)})
            except CallRefused as error:
                return _refused(members, error.code)

        return await answer(request, faults=self._faults, operation=operation, msisdn=msisdn, effect=effect)

    def _check(self, method: str, members: Members) -> None:
        if method not in self._operations:
            raise CallRefused(1004)
        _check_members(members)

    def _is_known(self, request: web.Request) -> bool:
        pair = f"{self._config.ucip_username}:{self._config.ucip_password}"
        expected = "Basic " + base64.b64encode(pair.encode()).decode()
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode())

    def _balance(self, msisdn: str, _members: Members) -> Members:
        line = self._line(msisdn)
        return {
            **self._account(line),
            "temporaryBlockedFlag": line.state is LineState.BARRED,
            "accountFlagsAfter": _flags(line),
        }

    def _details(self, msisdn: str, _members: Members) -> Members:
        line = self._line(msisdn)
        details = {
            **self._account(line),
            "temporaryBlockedFlag": line.state is LineState.BARRED,
            "accountFlags": _flags(line),
            "masterAccountNumber": msisdn[1:],
        }
        if line.owing_since is not None:
            details["negativeBalanceBarringDate"] = line.owing_since.astimezone(NAIROBI)
        return details

    def _refill(self, msisdn: str, members: Members) -> Members:
        by_voucher = "voucherActivationCode" in members
        if by_voucher == ("transactionAmount" in members):
            raise CallRefused(1001)
        refill = self._credited(msisdn, members, by_voucher=by_voucher)
        done: Members = {"masterAccountNumber": msisdn[1:], "transactionCurrency": refill.currency}
        done["transactionAmount"] = self._units(refill.amount_minor)
        if members.get("requestRefillAccountBeforeFlag"):
            done["accountBeforeRefill"] = {**self._account(refill.before), "accountFlags": _flags(refill.before)}
        if members.get("requestRefillAccountAfterFlag"):
            done["accountAfterRefill"] = {**self._account(refill.after), "accountFlags": _flags(refill.after)}
        if refill.voucher is not None:
            done["voucherSerialNumber"] = refill.voucher.serial
        return done

    def _credited(self, msisdn: str, members: Members, *, by_voucher: bool) -> Refill:
        self._line(msisdn)
        try:
            if by_voucher:
                return self._by_voucher(msisdn, members)
            profile = self._config.ucip_refill_profile
            if not members.get("refillProfileID") or (profile and members["refillProfileID"] != profile):
                raise CallRefused(BAD_PROFILE)
            return self._by_amount("refills", msisdn, members, str(members["transactionAmount"]), lowest=1)
        except LineIsClosed as error:
            raise CallRefused(BLOCKED) from error
        except TooMuchCredit as error:
            raise CallRefused(TOO_MUCH) from error
        except CurrencyDiffers as error:
            raise CallRefused(OTHER_ERROR) from error

    def _by_amount(self, book: str, msisdn: str, members: Members, amount: str, *, lowest: int) -> Refill:
        return self._refills.by_amount(
            book=book,
            reference=str(members["originTransactionID"]),
            msisdn=msisdn,
            amount_minor=self._minor(amount, lowest=lowest),
            currency=str(members.get("transactionCurrency", "")),
            **_extras(members),
        )

    def _by_voucher(self, msisdn: str, members: Members) -> Refill:
        pin = str(members["voucherActivationCode"])
        if not _PIN.fullmatch(pin):
            raise CallRefused(1003)
        reference = str(members["originTransactionID"])
        try:
            return self._refills.by_voucher(reference=reference, msisdn=msisdn, pin=pin, **_extras(members))
        except NoSuchVoucher as error:
            raise CallRefused(BAD_VOUCHER) from error
        except VoucherRefused as error:
            why = self._refills.why_refused(pin, error, msisdn=msisdn)
            raise CallRefused(_VOUCHER_CODES[why]) from error

    def _adjust(self, msisdn: str, members: Members) -> Members:
        if "adjustmentAmountRelative" not in members:
            raise CallRefused(1001)
        self._line(msisdn)
        try:
            amount = str(members["adjustmentAmountRelative"])
            self._by_amount("adjustments", msisdn, members, amount, lowest=-(10**16))
        except LineIsClosed as error:
            raise CallRefused(BLOCKED) from error
        except (CurrencyDiffers, TooMuchCredit) as error:
            raise CallRefused(OTHER_ERROR) from error
        return {}

    def _line(self, msisdn: str) -> Line:
        line = self._people.line(msisdn)
        if line.state is LineState.GONE:
            raise CallRefused(NOT_FOUND)
        return line

    def _account(self, line: Line) -> Members:
        now = utc_now().astimezone(NAIROBI).replace(hour=12, minute=0, second=0, microsecond=0)
        return {
            "currency1": line.currency,
            "accountValue1": self._units(line.balance_minor),
            "languageIDCurrent": 1,
            "serviceClassCurrent": 1,
            "supervisionExpiryDate": now + timedelta(days=90),
            "serviceFeeExpiryDate": now + timedelta(days=90),
            "serviceRemovalDate": now + timedelta(days=180),
            "creditClearanceDate": now + timedelta(days=180),
        }

    def _units(self, amount_minor: int) -> str:
        return f"{(Decimal(amount_minor) / self._config.ucip_minor_per_unit).normalize():f}"

    def _minor(self, text: str, *, lowest: int) -> int:
        if not _AMOUNT.fullmatch(text):
            raise CallRefused(1002)
        minor = Decimal(text) * self._config.ucip_minor_per_unit
        if minor != minor.to_integral_value() or minor < lowest:
            raise CallRefused(1003)
        return int(minor)


def _check_members(members: Members) -> None:
    for name, form in _FORMS.items():
        if name not in members:
            raise CallRefused(1001)
        if not isinstance(members[name], str):
            raise CallRefused(1002)
        if not form.fullmatch(members[name]):
            raise CallRefused(1003)
    if members.get("subscriberNumberNAI") != 1:
        raise CallRefused(1001 if "subscriberNumberNAI" not in members else 1003)


def _flags(line: Line) -> Members:
    return {
        "activationStatusFlag": True,
        "negativeBarringStatusFlag": line.state is LineState.SUSPENDED,
        "supervisionPeriodWarningActiveFlag": False,
        "serviceFeePeriodWarningActiveFlag": False,
        "supervisionPeriodExpiryFlag": False,
        "serviceFeePeriodExpiryFlag": False,
    }


def _extras(members: Members) -> dict[str, str]:
    extras = {"origin_host_name": str(members["originHostName"])}
    for number in range(1, 5):
        if f"externalData{number}" in members:
            extras[f"external_data{number}"] = str(members[f"externalData{number}"])
    return extras


def _head(members: Members, code: int) -> Members:
    return {"responseCode": code, "originTransactionID": members["originTransactionID"]}


def _refused(members: Members, code: int) -> web.Response:
    # A number from 1000 up is a fault of XML-RPC, one below it a response code.
    return _fault(code) if code >= 1000 else _reply(_head(members, code))


def _reply(members: Members) -> web.Response:
    return web.Response(body=xmlrpc.response(members), content_type="text/xml", charset="utf-8")


def _fault(code: int) -> web.Response:
    words = _FAULTS.get(code, "Refused")
    return web.Response(body=xmlrpc.fault(code, words), content_type="text/xml", charset="utf-8")
