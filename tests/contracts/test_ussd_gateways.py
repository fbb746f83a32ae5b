"""Each USSD gateway by its published samples: what it posts is read, and what we answer is what it takes.

The samples are those of the sources named in ussd/gateways/; numbers of phones and codes are put for theirs where a
sample leaves them out.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.gateways import GATEWAYS as FORMS
from sandbox.gateways import Dialogue, Ending
from ussd.engine import Reply
from ussd.gateway import Asked, Ended, Gateway, Posted, UnableToReadHop
from ussd.gateways import GATEWAYS, africastalking, http, hubtel, infobip, nalo
from ussd.told import Numbered, Unnumbered, Whole
from words.width import Width

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WITHIN = timedelta(seconds=1.5)
GOES_ON = Reply("Yes?\n1 Yes", open=True, screen="home")
ENDS = Reply("Bye.", open=False, screen="placed")


def posted(fields: Mapping[str, Any], address: str = "", **path: str) -> Posted:
    return Posted(address=address, path=path, fields=fields, at=AT, repeats_within=WITHIN)


def hop(gateway: Gateway, request: Posted) -> Asked:
    asked = gateway.read(request)
    assert isinstance(asked, Asked)
    return asked


def why_not(gateway: Gateway, request: Posted) -> str:
    with pytest.raises(UnableToReadHop) as refused:
        gateway.read(request)
    return str(refused.value)


def alone(keys: str, *, first: bool = False) -> Unnumbered:
    return Unnumbered(keys=keys, first=first, at=AT, within=WITHIN)


# Africa's Talking.

AT_HOP = {
    "sessionId": "ATUid_1",
    "phoneNumber": "+254711000001",
    "networkCode": "63902",
    "serviceCode": "*384*55#",
    "text": "1*2",
}


def test_africas_talking_tells_everything_typed_so_far() -> None:
    asked = hop(africastalking, posted(AT_HOP))
    assert (asked.session, asked.phone, asked.code) == ("ATUid_1", "+254711000001", "*384*55#")
    assert asked.told == Whole("1*2")


def test_a_text_that_is_absent_is_the_first_one() -> None:
    assert hop(africastalking, posted({**AT_HOP, "text": None})).told == Whole("")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"sessionId": ""}, "sessionId"),
        ({"sessionId": "x" * 129}, "sessionId"),
        ({"sessionId": "a\x00b"}, "sessionId"),
        ({"sessionId": "a\nb"}, "sessionId"),
        ({"phoneNumber": ""}, "phoneNumber"),
        ({"text": "1" * 481}, "481 characters"),
        ({"serviceCode": "*384*55" * 30}, "serviceCode has 210 characters"),
    ],
)
def test_a_hop_that_cannot_be_used_says_why(changes: dict[str, str], why: str) -> None:
    assert why in why_not(africastalking, posted({**AT_HOP, **changes}))


def test_africas_talking_takes_con_and_end() -> None:
    assert africastalking.write(GOES_ON, posted(AT_HOP)) == "CON Yes?\n1 Yes"
    assert africastalking.write(ENDS, posted(AT_HOP)) == "END Bye."


@pytest.mark.parametrize(
    ("status", "how"), [("Success", "completed"), ("Incomplete", "dropped"), ("Failed", "failed"), ("?", "other")]
)
def test_africas_talking_tells_the_end_at_an_address_of_its_own(status: str, how: str) -> None:
    assert africastalking.read(posted({"status": status}, "/ended")) == Ended(how)


# Hubtel.

HUBTEL_DIAL = {
    "Sequence": "1",
    "Type": "initiation",
    "Message": "*713*2#",
    "ServiceCode": "713*2",
    "Operator": "mtn",
    "ClientState": "",
    "Mobile": "233246912184",
    "SessionId": "8d440a43a98b4614b9df22b79c8190b8",
}
HUBTEL_NEXT = {**HUBTEL_DIAL, "Sequence": 2, "Type": "Response", "Message": "1", "Platform": "USSD"}


def test_hubtel_dials() -> None:
    asked = hop(hubtel, posted(HUBTEL_DIAL))
    assert (asked.session, asked.phone) == ("8d440a43a98b4614b9df22b79c8190b8", "233246912184")
    assert (asked.code, asked.told) == ("*713*2#", Numbered(keys="", hop=1, first=True))


def test_hubtel_tells_a_direct_dial_in_its_first_message() -> None:
    assert hop(hubtel, posted({**HUBTEL_DIAL, "Message": "*713*2*100#"})).code == "*713*2*100#"


def test_hubtel_tells_the_last_entry_with_its_number() -> None:
    asked = hop(hubtel, posted(HUBTEL_NEXT))
    assert (asked.code, asked.told) == ("*713*2#", Numbered(keys="1", hop=2, first=False))


@pytest.mark.parametrize("kind", ["Initiation", "initiation", "INITIATION"])
def test_hubtel_writes_its_types_in_any_case(kind: str) -> None:
    assert hop(hubtel, posted({**HUBTEL_DIAL, "Type": kind})).told == Numbered(keys="", hop=1, first=True)


@pytest.mark.parametrize(("kind", "how"), [("Release", "dropped"), ("release", "dropped"), ("Timeout", "timed_out")])
def test_hubtel_tells_the_end_where_it_tells_hops(kind: str, how: str) -> None:
    assert hubtel.read(posted({**HUBTEL_NEXT, "Type": kind})) == Ended(how)
    assert json.loads(hubtel.write_ended(posted({}))) == {"Type": "Release", "Message": ""}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"Type": "AddToCart"}, "Type"),
        ({"Type": None}, "Type"),
        ({"SessionId": None}, "SessionId"),
        ({"Mobile": None}, "Mobile"),
        ({"Sequence": None}, "Sequence"),
        ({"Sequence": "first"}, "Sequence"),
        ({"Sequence": -1}, "Sequence"),
        ({"ServiceCode": None}, "ServiceCode"),
        ({"Message": "1" * 183}, "Message"),
    ],
)
def test_what_hubtel_never_sends_is_refused(changes: dict[str, Any], why: str) -> None:
    assert why in why_not(hubtel, posted({**HUBTEL_NEXT, **changes}))


def test_hubtel_takes_a_type_and_a_message() -> None:
    goes_on, ends = (json.loads(hubtel.write(reply, posted({}))) for reply in (GOES_ON, ENDS))
    assert (goes_on["Type"], goes_on["Message"], goes_on["DataType"]) == ("Response", "Yes?\n1 Yes", "input")
    assert (ends["Type"], ends["Message"], ends["DataType"]) == ("Release", "Bye.", "display")


# Infobip.

INFOBIP = {
    "msisdn": "385955363443",
    "imsi": "429011234567890",
    "text": "*123*1#",
    "shortCode": "*123*1#",
    "optional": "o=1",
    "ussdGwId": "11",
    "language": None,
}
START, RESPONSE, END = infobip.ADDRESSES


def test_infobip_starts_a_session_at_an_address_of_its_own() -> None:
    asked = hop(infobip, posted(INFOBIP, START, session="42"))
    assert (asked.session, asked.phone, asked.code) == ("42", "385955363443", "*123*1#")
    assert asked.told == alone("", first=True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": "*123*1*100#"}, "*123*1*100#"),
        ({"text": "hello there"}, "*123*1#"),
        ({"text": "", "shortCode": "*123*1*100#"}, "*123*1*100#"),
        ({"text": "hello there", "shortCode": None}, None),
    ],
)
def test_infobip_tells_what_was_dialled_in_the_text_or_as_the_code_or_not(
    changes: dict[str, Any], code: str | None
) -> None:
    assert hop(infobip, posted({**INFOBIP, **changes}, START, session="42")).code == code


def test_infobip_tells_the_last_entry_alone() -> None:
    asked = hop(infobip, posted({**INFOBIP, "text": "1"}, RESPONSE, session="42"))
    assert (asked.session, asked.code, asked.told) == ("42", None, alone("1"))


@pytest.mark.parametrize(
    ("body", "how"), [({"reason": "ok", "exitCode": 0}, "completed"), ({"exitCode": 510}, "dropped")]
)
def test_infobip_puts_the_end(body: dict[str, Any], how: str) -> None:
    assert "PUT" in infobip.ADDRESSES[END]
    assert infobip.read(posted(body, END, session="42")) == Ended(how)
    assert json.loads(infobip.write_ended(posted(body))) == {"responseExitCode": 200, "responseMessage": ""}


def test_infobip_takes_a_menu_and_whether_it_is_the_last() -> None:
    well = {"responseExitCode": 200, "responseMessage": ""}
    assert json.loads(infobip.write(GOES_ON, posted({}))) == {"ussdMenu": "Yes?\n1 Yes", "shouldClose": False, **well}
    assert json.loads(infobip.write(ENDS, posted({}))) == {"ussdMenu": "Bye.", "shouldClose": True, **well}


def test_infobip_without_a_number_is_refused() -> None:
    assert "msisdn" in why_not(infobip, posted({**INFOBIP, "msisdn": None}, START, session="42"))


# Nalo.

NALO = {
    "USERID": "NALOTest",
    "MSISDN": "233501234567",
    "USERDATA": "3",
    "MSGTYPE": False,
    "NETWORK": "MTN",
    "SESSIONID": "16590115252429751",
}


def test_nalo_tells_the_last_entry_alone() -> None:
    asked = hop(nalo, posted(NALO))
    assert (asked.session, asked.phone, asked.code) == ("16590115252429751", "233501234567", None)
    assert (asked.told, asked.width) == (alone("3"), Width(septets=120, ucs2=70))


@pytest.mark.parametrize(
    ("data", "code"), [("*920*45#", "*920*45#"), ("*920*45*100#", "*920*45*100#"), ("920*45", "*920*45#"), ("", None)]
)
def test_nalo_dials(data: str, code: str | None) -> None:
    asked = hop(nalo, posted({**NALO, "MSGTYPE": True, "USERDATA": data}))
    assert (asked.code, asked.told) == (code, alone("", first=True))


@pytest.mark.parametrize("kind", [True, "true", "True"])
def test_nalo_may_write_true_as_text(kind: object) -> None:
    assert hop(nalo, posted({**NALO, "MSGTYPE": kind, "USERDATA": ""})).told == alone("", first=True)


def test_the_older_form_without_a_session_is_not_served() -> None:
    assert "SESSIONID" in why_not(nalo, posted({**NALO, "SESSIONID": None}))


@pytest.mark.parametrize("kind", [None, "", 1, "yes", [True]])
def test_nalo_without_a_type_is_refused(kind: object) -> None:
    assert "MSGTYPE" in why_not(nalo, posted({**NALO, "MSGTYPE": kind}))


def test_nalo_takes_a_message_for_whom_it_is() -> None:
    who = {"USERID": "NALOTest", "MSISDN": "233501234567"}
    assert json.loads(nalo.write(GOES_ON, posted(NALO))) == {**who, "MSG": "Yes?\n1 Yes", "MSGTYPE": True}
    assert json.loads(nalo.write(ENDS, posted(NALO))) == {**who, "MSG": "Bye.", "MSGTYPE": False}


# The plain form: docs/gateways.md.

PLAIN = {"session": "77-1", "msisdn": "+254711000001", "hop": "1", "dialled": "*384*55*100#"}


def test_the_plain_form_dials() -> None:
    asked = hop(http, posted(PLAIN))
    assert (asked.session, asked.phone, asked.code) == ("77-1", "+254711000001", "*384*55*100#")
    assert (asked.told, asked.width) == (Numbered(keys="", hop=1, first=True), Width(septets=160, ucs2=70))


def test_the_plain_form_tells_the_last_entry_with_its_number() -> None:
    asked = hop(http, posted({"session": "77-1", "msisdn": "254711000001", "hop": "2", "keys": "1"}))
    assert (asked.code, asked.told) == (None, Numbered(keys="1", hop=2, first=False))


@pytest.mark.parametrize(("octets", "septets", "ucs2"), [("100", 114, 50), ("140", 160, 70), ("160", 182, 80)])
def test_a_network_may_say_how_wide_its_screens_are(octets: str, septets: int, ucs2: int) -> None:
    assert hop(http, posted({**PLAIN, "octets": octets})).width == Width(septets=septets, ucs2=ucs2)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"session": ""}, "session"),
        ({"msisdn": ""}, "msisdn"),
        ({"hop": "0"}, "hop"),
        ({"hop": "one"}, "hop"),
        ({"hop": "1" * 10}, "hop"),
        ({"dialled": ""}, "dialled"),
        ({"octets": "99"}, "octets"),
        ({"octets": "161"}, "octets"),
        ({"octets": "wide"}, "octets"),
        ({"hop": "2", "keys": "1" * 183}, "keys"),
    ],
)
def test_what_the_plain_form_does_not_allow_is_refused(changes: dict[str, str], why: str) -> None:
    assert why in why_not(http, posted({**PLAIN, **changes}))


@pytest.mark.parametrize(
    ("status", "how"),
    [("completed", "completed"), ("dropped", "dropped"), ("timeout", "timed_out"), ("failed", "failed"), ("", "other")],
)
def test_the_plain_form_tells_the_end(status: str, how: str) -> None:
    assert http.read(posted({"session": "77-1", "status": status}, "/ended")) == Ended(how)


# The sandbox, which stands in for them all, speaks the same forms.


@pytest.mark.parametrize("name", GATEWAYS)
def test_the_sandbox_posts_what_we_read_and_reads_what_we_write(name: str) -> None:
    gateway, form = GATEWAYS[name], FORMS[name]
    call = Dialogue(msisdn="+254711000001", service_code="*384*55#", behind="")
    for keys in ("", "1", "5"):
        call.keys += [keys] if keys else []
        request = form.hop(call)
        address = request.below.replace(call.session_id, "<session>")
        assert request.method in gateway.ADDRESSES[address]
        assert request.form is not gateway.READS_JSON
        came = posted(request.body, address, session=call.session_id)
        asked = hop(gateway, came)
        assert (asked.session, f"+{asked.phone.lstrip('+')}") == (call.session_id, call.msisdn)
        for reply in (GOES_ON, ENDS):
            shown = form.read(gateway.write(reply, came))
            assert shown is not None
            assert (shown.text, shown.open) == (reply.text, reply.open)


@pytest.mark.parametrize("name", GATEWAYS)
def test_the_sandbox_tells_the_end_as_we_read_it(name: str) -> None:
    call = Dialogue(msisdn="+254711000001", service_code="*384*55#", behind="", keys=["1"])
    request = FORMS[name].ended(call, Ending(status="Incomplete", began=datetime.now(UTC), error="released"))
    if request is None:
        assert name == "nalo"
        return
    address = request.below.replace(call.session_id, "<session>")
    assert request.method in GATEWAYS[name].ADDRESSES[address]
    ended = GATEWAYS[name].read(posted(request.body, address, session=call.session_id))
    assert isinstance(ended, Ended)
    assert ended.how == "dropped"
    assert (ended.session, ended.phone) in (("", ""), (call.session_id, call.msisdn))
