"""The gateways of the channels: which of them post here, and through which our messages go out."""

import re
from enum import Enum

from pydantic import Field, SecretStr, field_validator

from settings.kinds import BaseUrl, Part, listed, one_of
from ussd.gateways import GATEWAYS


class SmsBy(Enum):
    """Through which gateway messages go out."""

    AFRICASTALKING = "africastalking"
    KANNEL = "kannel"


class Channels(Part):
    """USSD and SMS gateways. Africa's Talking's account is also that of its airtime."""

    # USSD gateways.
    ussd_gateways: str = Field(
        "africastalking", description="The USSD gateways that may post here, by commas (docs/gateways.md)."
    )
    ussd_repeat_s: float = Field(
        1.5,
        ge=0,
        description="The same entry again within this many seconds is one hop posted twice, "
        "at gateways that do not number their hops.",
    )

    # SMS.
    sms_gateway: SmsBy = Field(
        SmsBy.AFRICASTALKING, description="Through what messages go out: `africastalking` or `kannel`."
    )

    # Africa's Talking.
    at_url: BaseUrl = Field("https://api.africastalking.com", description="Africa's Talking's API.")
    at_username: str = Field("sandbox", description="The application's user name at Africa's Talking.")
    at_api_key: SecretStr = Field(SecretStr(""), description="The application's API key at Africa's Talking.")
    at_sender_id: str | None = Field(None, description="Whom messages come from: a short code or an alphanumeric.")

    # Kannel: an SMSC link of the operator's own (docs/kannel.md).
    kannel_url: str = Field("http://127.0.0.1:13013/cgi-bin/sendsms", description="The sendsms address of the smsbox.")
    kannel_username: str = Field("", description="Our sendsms-user there.")
    kannel_password: SecretStr = Field(SecretStr(""), description="Its password.")
    kannel_from: str | None = Field(None, description="Whom messages come from; left out, `SMS_SHORT_CODE`.")
    kannel_smsc: str | None = Field(
        None, description="The smsc-id that messages are routed by; left out, Kannel chooses."
    )
    kannel_suspended_errors: str = Field(
        "", description="The `err` of delivery receipts that mean a suspended line at this SMSC, by commas."
    )

    @property
    def ussd_gateway_list(self) -> list[str]:
        """The names of the USSD gateways that may post here."""
        return list(dict.fromkeys(listed(self.ussd_gateways)))

    @field_validator("ussd_gateways")
    @classmethod
    def _are_gateways(cls, names: str) -> str:
        for name in listed(names):
            one_of(name, GATEWAYS)
        return names

    @property
    def kannel_suspended_list(self) -> list[str]:
        """The errors by which the operator's SMSC says that a line is suspended."""
        return listed(self.kannel_suspended_errors)

    @field_validator("kannel_username", "kannel_password", "kannel_from", "kannel_smsc")
    @classmethod
    def _can_stand_in_a_header(cls, value: str | SecretStr | None) -> str | SecretStr | None:
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value or ""
        if not re.fullmatch(r"[ -~]*", plain) or plain != plain.strip():
            raise ValueError("only printable ASCII can be told to Kannel, without blanks around it")
        return value
