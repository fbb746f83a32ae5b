"""Kannel: SMS over an operator's own SMSC link, by the sendsms interface of its smsbox.

Source: Kannel 1.4 User's Guide, "Using the HTTP interface to send SMS messages". A message is POSTed with its
parameters as X-Kannel headers, which keeps the password and the number out of the access logs of whatever stands
between.
"""

from dataclasses import dataclass
from urllib.parse import quote

from providers.codes import Also, without_success
from providers.http import Channel, Reply, Request
from providers.kannel_codes import meaning_of
from providers.payload import words_in
from topup.outcomes import NotSent, Refused, Unknown
from topup.ports import Handed
from words.width import septets_of

# coding: 0 is the GSM alphabet, 2 is UCS-2. Kannel recodes the text to it from the charset that we name.
_GSM, _UCS2 = "0", "2"

# dlr-mask, a sum: 1 delivered to the phone, 2 not delivered to the phone, 16 refused by the SMSC. These are the ends;
# what lies on the way to them is not asked for.
_FINAL_REPORTS = str(1 + 2 + 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class KannelAccount:
    """Our sendsms-user there. `report_url` is where delivery reports come to; `smsc` an smsc-id to be routed by."""

    username: str
    password: str
    sender: str
    report_url: str
    smsc: str | None = None


class KannelSms:
    """The SmsGateway."""

    name = "kannel"

    def __init__(self, *, account: KannelAccount, channel: Channel) -> None:
        """`channel` leads to the whole address of sendsms, such as `http://smsbox:13013/cgi-bin/sendsms`."""
        self._account = account
        self._channel = channel

    def send(self, *, to: str, text: str, reference: str) -> Handed | Refused | NotSent | Unknown:
        """Send `text` to one number in E.164. `reference` comes back as `ref` of the delivery report.

        smsbox has a name of its own for the message, but does not tell it; ours stands for it.
        """
        request = Request(headers=self._headers(to, text, reference), body=text.encode())
        return self._channel.ask(request, operation="send_sms", read=lambda reply: _read_taken(reply, reference))

    def _headers(self, to: str, text: str, reference: str) -> dict[str, str]:
        account = self._account
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-Kannel-Username": account.username,
            "X-Kannel-Password": account.password,
            "X-Kannel-From": account.sender,
            "X-Kannel-To": to,
            "X-Kannel-Coding": _UCS2 if septets_of(text) is None else _GSM,
            "X-Kannel-DLR-Mask": _FINAL_REPORTS,
            "X-Kannel-DLR-URL": _report_url(account.report_url, reference),
        }
        return headers | ({"X-Kannel-SMSC": account.smsc} if account.smsc else {})


def _report_url(address: str, reference: str) -> str:
    """The dlr-url: Kannel replaces %d and %A when it calls it, and every % that is meant literally is doubled."""
    literally = f"{address}?ref={quote(reference, safe='')}".replace("%", "%%")
    return f"{literally}&type=%d&answer=%A"


def _read_taken(reply: Reply, reference: str) -> Handed | Refused | NotSent | Unknown:
    text = words_in({"body": reply.body.decode(errors="replace")}, "body")
    meaning = meaning_of(status=reply.status, text=text)
    if meaning is Also.TAKEN:
        return Handed(gateway_id=reference)
    return without_success(meaning, code=f"kannel_{reply.status}", says=text)
