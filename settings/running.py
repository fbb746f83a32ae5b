"""How it runs: how long, how often and how many, and who stands before the web process."""

from pydantic import Field

from settings.kinds import Networks, Part


class Running(Part):
    """Waits, limits and processes."""

    # How long, how often, how many.
    line_read_deadline_s: float = Field(
        1.5, gt=0, description="How long a dial waits to learn the line's state, seconds."
    )
    line_cache_s: int = Field(5, ge=1, description="How long a line's state is remembered between dials, seconds.")
    session_s: int = Field(300, ge=30, description="How long a USSD session is remembered, seconds.")
    resume_s: int = Field(600, ge=1, description="How long a dropped call is offered again, seconds.")
    dropped_call_sms: bool = Field(
        False, description="Whether somebody whose call dropped before the yes gets one SMS that a `1` answers."
    )
    dropped_call_sms_after_s: int = Field(
        60, ge=1, description="How long after the last key it goes out, seconds; longer than a gateway waits for keys."
    )
    hops_a_minute: int = Field(60, ge=1, description="How many USSD hops one number may make a minute.")
    schedule_scale: float = Field(
        1.0, gt=0, description="Stretches every wait of the retry schedules; drills shrink it."
    )
    prompt_delay_s: float = Field(3.0, ge=0, description="From the end of a call to the payment prompt, seconds.")
    lease_s: float = Field(
        60.0, gt=0, description="How long a job may be under way before it is handed out again, seconds."
    )

    # Processes, and who may post to them.
    worker_hands: int = Field(
        32, ge=1, description="How many jobs of one kind, and of one provider, a worker process does at a time."
    )
    web_threads: int = Field(16, ge=2, description="How many requests a web process answers at a time.")
    log_json: bool = Field(True, description="Logs as JSON lines; false for people.")
    trusted_proxies: int = Field(0, ge=0, description="How many proxies stand before the web process.")
    gateway_addresses: Networks = Field(
        "", description="Networks that USSD and SMS gateways post from, by commas; empty allows all."
    )
    callback_addresses: Networks = Field(
        "", description="Networks that callbacks come from, by commas (`196.201.214.0/24`); empty allows all."
    )
