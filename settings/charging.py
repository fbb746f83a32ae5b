"""The operator's charging system, which knows the lines. Whether it credits them too, CREDIT_BY says (sale.py)."""

from pydantic import Field, SecretStr

from settings.kinds import Part


class Charging(Part):
    """The operator's charging system."""

    ucip_url: str = Field("http://127.0.0.1:10010/Air", description="The charging system's UCIP address.")
    ucip_username: str = Field("", description="Its user.")
    ucip_password: SecretStr = Field(SecretStr(""), description="Its password.")
    ucip_user_agent: str = Field("Redial/5.0/1.0", description="NAME/PROTOCOL/VERSION, as the node expects it.")
    ucip_host_name: str = Field("redial", description="originHostName: how we call ourselves to the node.")
    ucip_refill_profile: str = Field("TOPUP", description="refillProfileID of a top-up.")
    ucip_minor_per_unit: int = Field(1, gt=0, description="How many minor units one unit of accountValue1 is.")
