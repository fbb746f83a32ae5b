"""Africa's Talking's USSD gateway.

Source: Africa's Talking, "USSD: handling sessions". A form POST with sessionId, phoneNumber, networkCode, serviceCode
and text; text is empty first, then everything typed so far joined by `*`. The answer is text/plain beginning with
`CON ` or `END `; anything else ends the session with the gateway's own words.
"""

from collections.abc import Mapping

from topup.errors import RedialError
from ussd.engine import Reply
from words.width import Width

NAME = "africastalking"
CONTENT_TYPE = "text/plain; charset=utf-8"
WIDTH = Width(septets=160, ucs2=70)

# Twenty screens with a long entry each stay far below; what is longer is not typed on a phone.
_LONGEST_TEXT = 480
_LONGEST_CODE = 182  # No phone can dial more (3GPP TS 23.038: 160 octets).


class UnableToReadHop(RedialError):
    """The gateway's request cannot be used: {why}."""


def read(form: Mapping[str, str]) -> tuple[str, str, str, str]:
    """(session id, phone number, service code, text) of a request. Raises UnableToReadHop."""
    session, phone = form.get("sessionId", ""), form.get("phoneNumber", "")
    code, text = form.get("serviceCode", ""), form.get("text", "")
    if not 0 < len(session) <= 128 or not session.isprintable():
        raise UnableToReadHop(why="sessionId is absent or unusable")
    if not phone:
        raise UnableToReadHop(why="phoneNumber is absent")
    if len(code) > _LONGEST_CODE:
        raise UnableToReadHop(why=f"serviceCode has {len(code)} characters")
    if len(text) > _LONGEST_TEXT:
        raise UnableToReadHop(why=f"text has {len(text)} characters")
    return session, phone, code, text


def write(reply: Reply) -> str:
    """The answer as the gateway wants it."""
    return f"{'CON' if reply.open else 'END'} {reply.text}"
