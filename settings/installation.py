"""What an installation is: where its parts are, and its own secrets."""

from pydantic import Field, SecretStr

from settings.kinds import SHORTEST_SECRET, BaseUrl, Part


class Installation(Part):
    """Where things are, and the secrets of this installation."""

    # Where things are.
    database_url: str = Field(description="PostgreSQL, as `postgresql+psycopg://user:password@host/name`.")
    redis_url: str = Field(description="Redis, as `redis://host:6379/0`, or `unix:///path`.")
    public_url: BaseUrl = Field(
        "http://127.0.0.1:8000", description="How the outside world reaches this application: callbacks come here."
    )
    sandbox_url: BaseUrl | None = Field(
        None, description="The sandbox that stands in for the outside world. Never set it in production."
    )
    database_connections: int = Field(10, ge=1, description="How many connections a process keeps to PostgreSQL.")

    # Secrets of this installation.
    gateway_secret: SecretStr = Field(
        min_length=SHORTEST_SECRET, description="Part of the USSD and SMS addresses; tell it to the gateway only."
    )
    callback_secret: SecretStr = Field(
        min_length=SHORTEST_SECRET, description="Part of the payment callback addresses; tell it to the providers only."
    )
    order_secret: SecretStr = Field(
        min_length=SHORTEST_SECRET,
        description="Order ids are minted and vouchers sealed with it. Changing it while calls run could place an "
        "order twice, and vouchers that are under way could no longer be read.",
    )
