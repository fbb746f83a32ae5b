"""The payment providers: M-PESA, MTN MoMo and Airtel Money. One without its key or user is not offered."""

from pydantic import Field, SecretStr

from settings.kinds import BaseUrl, Part


class Payments(Part):
    """Our accounts at the payment providers."""

    # Safaricom Daraja (M-PESA).
    daraja_url: BaseUrl = Field("https://api.safaricom.co.ke", description="Daraja's API.")
    daraja_consumer_key: SecretStr = Field(
        SecretStr(""), description="The app's consumer key; without one M-PESA is not offered."
    )
    daraja_consumer_secret: SecretStr = Field(SecretStr(""), description="The app's consumer secret.")
    daraja_short_code: str = Field("174379", description="The paybill or till that takes the money.")
    daraja_passkey: SecretStr = Field(SecretStr(""), description="The passkey of the short code.")
    daraja_transaction_type: str = Field(
        "CustomerPayBillOnline", description="`CustomerPayBillOnline` or `CustomerBuyGoodsOnline`."
    )
    daraja_till: str | None = Field(None, description="The till that is paid, with `CustomerBuyGoodsOnline`.")
    daraja_initiator: str = Field("", description="The API operator that may reverse payments.")
    daraja_security_credential: SecretStr = Field(SecretStr(""), description="That operator's encrypted password.")

    # MTN MoMo.
    momo_url: BaseUrl = Field("https://proxy.momoapi.mtn.com", description="MTN MoMo's API.")
    momo_target_environment: str = Field(
        "mtnuganda", description="X-Target-Environment: `mtnuganda`, `mtnghana` ...; `sandbox` at MTN's sandbox."
    )
    momo_collection_user: str = Field(
        "", description="The API user (a UUID) of Collection; without one MTN MoMo is not offered."
    )
    momo_collection_api_key: SecretStr = Field(SecretStr(""), description="That user's API key.")
    momo_collection_subscription_key: SecretStr = Field(SecretStr(""), description="The subscription of Collection.")
    momo_disbursement_user: str = Field(
        "", description="The API user of Disbursement; without one refunds wait for a person."
    )
    momo_disbursement_api_key: SecretStr = Field(SecretStr(""), description="That user's API key.")
    momo_disbursement_subscription_key: SecretStr = Field(
        SecretStr(""), description="The subscription of Disbursement."
    )

    # Airtel Money.
    airtel_url: BaseUrl = Field("https://openapi.airtel.africa", description="Airtel Money's API.")
    airtel_client_id: SecretStr = Field(
        SecretStr(""), description="The app's client id; without one Airtel Money is not offered."
    )
    airtel_client_secret: SecretStr = Field(SecretStr(""), description="The app's client secret.")
