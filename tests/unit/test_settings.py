"""Settings: what is missing is named, what is wrong is refused, and the README's table tells all."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from settings import CreditBy, Settings, settings_table
from tests.unit.orders import kes
from wiring import Wiring

NEEDED = {
    "DATABASE_URL": "postgresql+psycopg://redial@/redial",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "GATEWAY_SECRET": "gateway-secret-of-tests",
    "CALLBACK_SECRET": "callback-secret-of-tests",
    "ORDER_SECRET": "order-secret-of-the-tests",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment in which nothing of ours is set, and a folder without an .env."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def load(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in {**NEEDED, **values}.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_what_must_be_set_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch)
    assert settings.short_code_list == ["*384*55#"]
    assert settings.credit_by is CreditBy.UCIP
    assert settings.sandbox_url is None


@pytest.mark.parametrize("missing", NEEDED)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in NEEDED.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert [error["loc"] for error in refused.value.errors()] == [(missing.lower(),)]


def test_an_empty_secret_is_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="gateway_secret"):
        load(monkeypatch, GATEWAY_SECRET="")


BAD = [
    ("GATEWAY_SECRET", "too short"),
    ("CALLBACK_SECRET", "too short"),
    ("ORDER_SECRET", "too short"),
    ("COUNTRY", "ke"),
    ("COUNTRY", "Kenya"),
    ("COUNTRY", "XX"),
    ("CURRENCY", "kes"),
    ("CURRENCY", "XXX"),
    ("TIMEZONE", "Africa/Atlantis"),
    ("SHORT_CODES", "384"),
    ("SHORT_CODES", "*384*55"),
    ("SHORT_CODES", "*384*55#,"),
    ("SHORT_CODES", "*384*55# *77#"),
    ("USSD_GATEWAYS", "africastalking,nobody"),
    ("USSD_GATEWAYS", "Hubtel"),
    ("USSD_REPEAT_S", "-1"),
    ("PRESETS_MINOR", "50,abc"),
    ("PRESETS_MINOR", "5000,-100"),
    ("PRESETS_MINOR", "0"),
    ("SMALLEST_TOP_UP_MINOR", "0"),
    ("SMALLEST_TOP_UP_MINOR", "10.5"),
    ("LARGEST_TOP_UP_MINOR", "-1"),
    ("CREDIT_BY", "magic"),
    ("LINE_READ_DEADLINE_S", "0"),
    ("LINE_READ_DEADLINE_S", "soon"),
    ("SCHEDULE_SCALE", "0"),
    ("LEASE_S", "-1"),
    ("HOPS_A_MINUTE", "0"),
    ("LOG_JSON", "perhaps"),
    ("GATEWAY_ADDRESSES", "196.201.214.0/240"),
    ("CALLBACK_ADDRESSES", "somewhere"),
    ("GUIDE_PHONE_ADDRESSES", "10.64.0.0/8"),
    ("GUIDE_MSISDN_HEADER", "X-MSISDN"),
    ("GUIDE_MSISDN_HEADER", "X_MSISDN"),
    ("GATE_SECRET", "too short"),
    ("GATE_FAILS", "perhaps"),
    ("GATE_PERMITTED", "permit everything"),
    ("GATE_PERMITTED", "permit in 6 from any to 10.0.0.1 80; allow"),
    ("CALLBACK_ADDRESSES", "196.201.214.7/24"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_value_that_makes_no_sense_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        load(monkeypatch, **{name: value})
    assert [error["loc"] for error in refused.value.errors()] == [(name.lower(),)]


@pytest.mark.parametrize(
    "values",
    [
        {"SMALLEST_TOP_UP_MINOR": "6000"},
        {"LARGEST_TOP_UP_MINOR": "40000"},
        {"SMALLEST_TOP_UP_MINOR": "2000000"},
        {"TOP_UP_STEP_MINOR": "3000"},
        {"PRESETS_MINOR": "5050"},
    ],
)
def test_what_is_offered_must_be_sold(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="what is offered"):
        load(monkeypatch, **values)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"DARAJA_CONSUMER_KEY": "key", "TOP_UP_STEP_MINOR": "50"}, "M-PESA takes whole KES only"),
        ({"AIRTEL_CLIENT_ID": "id", "TOP_UP_STEP_MINOR": "250"}, "Airtel Money takes whole KES only"),
        ({"UCIP_MINOR_PER_UNIT": "1000"}, "a multiple of UCIP_MINOR_PER_UNIT"),
    ],
)
def test_what_is_sold_can_be_asked_for_and_credited(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        load(monkeypatch, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"TOP_UP_STEP_MINOR": "50"},
        {"DARAJA_CONSUMER_KEY": "key", "TOP_UP_STEP_MINOR": "1000"},
        {"CURRENCY": "UGX", "AIRTEL_CLIENT_ID": "id", "TOP_UP_STEP_MINOR": "1"},
        {"UCIP_MINOR_PER_UNIT": "1000", "CREDIT_BY": "airtime"},
        {"UCIP_MINOR_PER_UNIT": "1000", "TOP_UP_STEP_MINOR": "1000"},
    ],
)
def test_a_step_is_free_where_nobody_who_is_asked_minds(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str]
) -> None:
    load(monkeypatch, **values)


@pytest.mark.parametrize(
    "values",
    [
        {"ADVANCE_PRESETS_MINOR": "500"},
        {"ADVANCE_PRESETS_MINOR": "5050"},
        {"ADVANCE_PRESETS_MINOR": "5000,abc"},
        {"ADVANCE_PRESETS_MINOR": "5000", "ADVANCE_FEE_PERCENT": "101"},
        {"CURRENCY": "UGX", "TOP_UP_STEP_MINOR": "500", "PRESETS_MINOR": "5000", "ADVANCE_PRESETS_MINOR": "3000"},
    ],
)
def test_what_is_lent_must_be_sold_and_can_be_repaid_in_steps(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str]
) -> None:
    with pytest.raises(ValidationError):
        load(monkeypatch, **values)


def test_advances_are_offered_where_they_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Wiring(load(monkeypatch)).shop.lending is None
    lending = Wiring(load(monkeypatch, ADVANCE_PRESETS_MINOR="5000, 10000")).shop.lending
    assert lending is not None
    assert [lending.owed_for(amount) for amount in lending.amounts] == [kes(55), kes(110)]


def test_auto_top_ups_ask_at_some_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="AUTO_UNTIL_HOUR comes after AUTO_FROM_HOUR"):
        load(monkeypatch, AUTO_FROM_HOUR="9", AUTO_UNTIL_HOUR="9")


def test_nobody_is_reminded_of_a_dropped_call_unless_the_installation_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Wiring(load(monkeypatch)).unfinished is None
    assert Wiring(load(monkeypatch, DROPPED_CALL_SMS="true")).unfinished is not None


def test_what_stays_reachable_is_read_rule_by_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = ("permit in 6 from any to 10.99.0.2 80,443", "permit out ip from 2001:db8::/32 to any")
    assert load(monkeypatch, GATE_PERMITTED="; ".join(rules)).gate_permitted_list == rules


def test_a_webhook_is_signed_or_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="GATE_WEBHOOK_SECRET must be set"):
        load(monkeypatch, GATE_SECRET="gate-secret-of-tests", GATE_WEBHOOK_URL="http://gateway.example/hook")


def test_only_an_installation_with_a_secret_for_them_tells_packet_gateways(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Wiring(load(monkeypatch)).gate is None
    assert Wiring(load(monkeypatch, GATE_SECRET="gate-secret-of-tests")).gate is not None


def test_addresses_lose_the_slash_at_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, PUBLIC_URL="https://redial.example/", SANDBOX_URL="http://127.0.0.1:8001/")
    assert (settings.public_url, settings.sandbox_url) == ("https://redial.example", "http://127.0.0.1:8001")


def test_several_codes_and_networks_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(
        monkeypatch, SHORT_CODES="*384*55#, *384*77*8#", CALLBACK_ADDRESSES="196.201.214.0/24, 196.201.213.114"
    )
    assert settings.short_code_list == ["*384*55#", "*384*77*8#"]


def test_the_gateways_that_are_served_are_listed_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch).ussd_gateway_list == ["africastalking"]
    settings = load(monkeypatch, USSD_GATEWAYS="hubtel, http,hubtel")
    assert [gateway.NAME for gateway in Wiring(settings).ussd_gateways] == ["hubtel", "http"]


def test_settings_are_read_from_a_file_and_the_environment_has_the_last_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("CARE_NUMBER=200\nSMS_SHORT_CODE=111\n", encoding="utf-8")
    settings = load(monkeypatch, SMS_SHORT_CODE="222")
    assert (settings.care_number, settings.sms_short_code) == ("200", "222")


def test_nothing_that_is_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(load(monkeypatch, AT_API_KEY="key-of-the-tests", DARAJA_PASSKEY="passkey-of-the-tests"))
    secrets = [NEEDED[name] for name in NEEDED if name.endswith("SECRET")]
    assert not [secret for secret in (*secrets, "key-of-the-tests", "passkey-of-the-tests") if secret in shown]


def test_a_shop_is_made_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Wiring(load(monkeypatch, COUNTRY="UG", CURRENCY="UGX", TIMEZONE="Africa/Kampala", CREDIT_BY="airtime")).shop
    assert (shop.country, shop.currency, str(shop.zone), shop.credit_provider) == (
        "UG",
        "UGX",
        "Africa/Kampala",
        "airtime",
    )
    assert [preset.minor for preset in shop.limits.presets] == [5000, 10000, 25000, 50000]


@pytest.mark.parametrize(
    ("given", "offered"),
    [
        ({}, set()),
        ({"DARAJA_CONSUMER_KEY": "key"}, {"daraja"}),
        ({"MOMO_COLLECTION_USER": "user"}, {"mtn_momo"}),
        ({"AIRTEL_CLIENT_ID": "client", "DARAJA_CONSUMER_KEY": "key"}, {"daraja", "airtel_money"}),
    ],
)
def test_only_the_wallets_that_are_set_up_are_offered(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], offered: set[str]
) -> None:
    wiring = Wiring(load(monkeypatch, **given))
    assert set(wiring.payments) == set(wiring.shop.payments) == offered
    assert all(name == provider.name for name, provider in wiring.payments.items())


def test_the_table_has_every_setting_and_no_secret() -> None:
    table = settings_table()
    assert all(f"`{name.upper()}`" in table for name in Settings.model_fields)
    assert table.count("**must be set**") == len(NEEDED)
    assert all(field.description for field in Settings.model_fields.values())


KANNEL = {"SMS_GATEWAY": "kannel", "KANNEL_USERNAME": "redial", "KANNEL_PASSWORD": "s3cret"}


def test_messages_go_by_the_gateway_that_is_chosen_and_reports_are_read_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Wiring(load(monkeypatch)).house.sms.name == "africastalking"
    house = Wiring(load(monkeypatch, **KANNEL)).house
    assert house.sms.name == "kannel"
    assert house.reports.keys() == {"africastalking", "kannel"}


@pytest.mark.parametrize("missing", ["KANNEL_USERNAME", "KANNEL_PASSWORD"])
def test_kannel_needs_an_account(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    with pytest.raises(ValidationError, match="KANNEL_USERNAME and KANNEL_PASSWORD must be set"):
        load(monkeypatch, **{**KANNEL, missing: ""})


@pytest.mark.parametrize("password", ["two\r\nX-Kannel-To: +1", "пароль", " blank"])
def test_what_no_header_can_carry_is_refused(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    with pytest.raises(ValidationError, match="printable ASCII"):
        load(monkeypatch, **{**KANNEL, "KANNEL_PASSWORD": password})


def test_the_errors_of_a_suspended_line_are_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, KANNEL_SUSPENDED_ERRORS="013, 8,").kannel_suspended_list == ["013", "8"]
