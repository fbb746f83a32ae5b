"""The recharge guide: a page that phones without credit reach, and how it knows who calls."""

from pydantic import Field

from settings.installation import Installation
from settings.kinds import BaseUrl, Networks


class Guide(Installation):
    """The recharge guide page."""

    guide_url: BaseUrl = Field(
        "", description="The guide's address as phones reach it; left out, `PUBLIC_URL` with `/guide` behind it."
    )
    guide_msisdn_header: str = Field(
        "MSISDN", pattern="^[A-Za-z0-9]+$", description="The header by which the gateway tells the guide who calls."
    )
    guide_gateway_addresses: Networks = Field(
        "", description="Networks from which that header is believed, by commas; empty believes nobody."
    )
    guide_phone_addresses: Networks = Field(
        "",
        description="Networks that gateways give phones addresses from, by commas: whoever comes from one untranslated "
        "is who `/gate/sessions` said; empty believes nobody.",
    )
    guide_signed_in_s: int = Field(
        1800, ge=60, description="How long whoever typed a code from an SMS stays known to the guide, seconds."
    )
    guide_pages_a_minute: int = Field(60, ge=1, description="How many pages one number may ask for a minute.")
    guide_codes_an_hour: int = Field(
        60, ge=1, description="How many codes one address may let the guide send an hour; a number gets at most four."
    )

    @property
    def guide_address(self) -> str:
        """Where the guide is, without a slash at its end."""
        return self.guide_url or f"{self.public_url}/guide"
