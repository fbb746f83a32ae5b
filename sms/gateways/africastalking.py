"""Africa's Talking's SMS callbacks: incoming messages, delivery reports, opt-outs.

Source: Africa's Talking, "SMS: callbacks". All are form POSTs, and none is signed.
"""

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from sms.gateways.port import Incoming, Posted, Report, UnableToReadMessage, is_name
from topup.vouchers import may_hold_a_pin, starred

# `status` of a report: whether the phone has the message. Every other status is on the way to one of these.
_FINAL = {"Success": True, "Failed": False, "Rejected": False}


class AfricasTalking:
    """The Gateway."""

    name = "africastalking"
    incoming_by = ("POST",)
    reports_by = ("POST",)

    def read_incoming(self, posted: Posted) -> Incoming:
        """An incoming message. Raises UnableToReadMessage."""
        form = posted.form
        sender, identity = form.get("from", ""), form.get("id", "")
        if not sender:
            raise UnableToReadMessage(why="from is absent")
        if not is_name(identity):
            raise UnableToReadMessage(why="id is absent or unusable")
        return Incoming(id=identity, sender=sender, to=form.get("to", ""), text=form.get("text", ""))

    def without_vouchers(self, posted: Posted) -> Posted:
        """The same with stars for what may be the number of a voucher in its text."""
        text = posted.form.get("text", "")
        if not may_hold_a_pin(text):
            return posted
        form = {**posted.form, "text": starred(text)}
        return replace(posted, body=urlencode(form).encode(), form=form)

    def read_report(self, record: bytes) -> Report:
        """A delivery report. Raises UnableToReadMessage."""
        body = record.rpartition(b"\n")[2]  # Somebody may have given them an address with a query.
        try:
            form = dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True))
        except ValueError as error:
            raise UnableToReadMessage(why="the report is no form") from error
        identity, status, reason = form.get("id", ""), form.get("status", ""), form.get("failureReason", "")
        if not is_name(identity) or not is_name(status):
            raise UnableToReadMessage(why="the report names no message or no status")
        return Report(
            gateway_id=identity,
            status=status,
            is_delivered=_FINAL.get(status),
            reason=reason if is_name(reason) else None,
        )

    def read_opt_out(self, posted: Posted) -> str:
        """The number that wants no more messages. Raises UnableToReadMessage."""
        if not posted.form.get("phoneNumber"):
            raise UnableToReadMessage(why="phoneNumber is absent")
        return posted.form["phoneNumber"]
