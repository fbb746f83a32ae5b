"""How the world behaves, changed while it runs by `PUT /settings`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.gateways import GatewayName
from sandbox.store import Store

PromptAnswer = Literal["pin", "wrong_pin", "cancel", "ignore", "by_hand"]
Seconds = float


class Settings(BaseModel):
    """Every time is in seconds. docs/sandbox.md explains each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt_answer: PromptAnswer = "pin"
    prompt_answer_after_s: Seconds = Field(default=1.0, ge=0, le=3600)
    prompt_expires_s: Seconds = Field(default=60.0, gt=0, le=3600)
    callback_after_s: Seconds = Field(default=0.2, ge=0, le=3600)
    callback_answer_s: Seconds = Field(default=30.0, gt=0, le=600)
    reversal_after_s: Seconds = Field(default=0.5, ge=0, le=3600)
    delivery_report_after_s: Seconds = Field(default=0.5, ge=0, le=3600)
    delivery_reports: Literal["all", "final", "none"] = "all"
    sms_blocked_while_suspended: bool = False
    airtime_after_s: Seconds = Field(default=1.0, ge=0, le=3600)
    airtime_validation: bool = True
    airtime_callback_format: Literal["form", "json"] = "form"
    airtime_find_reply: Literal["data", "flat"] = "data"
    ussd_gateway: GatewayName = "africastalking"
    ussd_answer_s: Seconds = Field(default=15.0, gt=0, le=600)
    ussd_session_s: Seconds = Field(default=180.0, gt=0, le=3600)
    ussd_ended_on_hangup: bool = True
    ussd_gsm7_septets: int = Field(default=182, ge=20, le=182)
    ussd_ucs2_characters: int = Field(default=80, ge=10, le=91)


class SettingsNow:
    """The settings as they are at this moment, kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.now = Settings(**(store.get("settings", "") or {}))

    def change(self, settings: Settings) -> None:
        """Behave so from now on."""
        self.now = settings
        self._store.put("settings", "", settings.model_dump())
