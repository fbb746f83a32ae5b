"""What the processes are told."""

from pathlib import Path

import pytest

from runtime.environment import local_environment, not_embedded
from runtime.places import places

HERE = places(Path("/srv/redial/var"))
KEYS = {"GATEWAY_SECRET": "g", "CALLBACK_SECRET": "c", "ORDER_SECRET": "o"}


def environment(**given: str) -> dict[str, str]:
    return local_environment(given=given, keys=KEYS, here=HERE)


def test_without_settings_everything_is_local() -> None:
    env = environment()
    assert env["PUBLIC_URL"] == env["REDIAL_URL"] == "http://127.0.0.1:8000"
    assert env["DATABASE_URL"] == "postgresql+psycopg://redial@/redial?host=%2Fsrv%2Fredial%2Fvar%2Frun"
    assert env["REDIS_URL"] == "unix:///srv/redial/var/run/redis.sock?db=0"
    assert env["SANDBOX_URL"] == "http://127.0.0.1:8001"
    assert env["AT_URL"] == "http://127.0.0.1:8001/africastalking"
    assert env["DARAJA_URL"] == "http://127.0.0.1:8001/daraja"
    assert env["MOMO_URL"] == "http://127.0.0.1:8001/momo"
    assert env["AIRTEL_URL"] == "http://127.0.0.1:8001/airtel"
    assert env["UCIP_URL"] == "http://127.0.0.1:8001/ucip/Air"
    assert env["VAR_DIR"] == "/srv/redial/var"
    assert KEYS.items() <= env.items()
    assert not_embedded(given={}) == set()


def test_ports_move_the_addresses() -> None:
    env = environment(PORT="9000", SANDBOX_PORT="9001")
    assert env["PUBLIC_URL"] == env["REDIAL_URL"] == "http://127.0.0.1:9000"
    assert env["UCIP_URL"] == "http://127.0.0.1:9001/ucip/Air"


@pytest.mark.parametrize(("host", "reached_at"), [("0.0.0.0", "127.0.0.1"), ("192.0.2.1", "192.0.2.1")])
def test_a_host_moves_the_addresses(host: str, reached_at: str) -> None:
    env = environment(HOST=host)
    assert env["PUBLIC_URL"] == f"http://{reached_at}:8000"
    assert env["SANDBOX_URL"] == f"http://{reached_at}:8001"
    assert env["HOST"] == env["SANDBOX_HOST"] == host


def test_what_was_set_wins() -> None:
    given = {"PUBLIC_URL": "https://redial.example", "GATEWAY_SECRET": "mine", "UCIP_URL": "http://air.example/Air"}
    assert given.items() <= environment(**given).items()


def test_what_nobody_here_knows_is_handed_on() -> None:
    assert environment(LINE_READ_DEADLINE_S="3")["LINE_READ_DEADLINE_S"] == "3"


def test_an_empty_value_counts_as_none() -> None:
    assert environment(DATABASE_URL="", PORT="") == environment()
    assert not_embedded(given={"DATABASE_URL": ""}) == set()


@pytest.mark.parametrize(
    ("given", "absent"),
    [
        ({"DATABASE_URL": "postgresql+psycopg://db.example/redial"}, {"postgres"}),
        ({"REDIS_URL": "redis://redis.example"}, {"redis"}),
        ({"SANDBOX_URL": "http://sandbox.example"}, {"sandbox"}),
    ],
)
def test_ones_own_server_takes_the_place_of_the_embedded_one(given: dict[str, str], absent: set[str]) -> None:
    assert not_embedded(given=given) == absent


def test_a_sandbox_elsewhere_is_the_world() -> None:
    env = environment(SANDBOX_URL="http://sandbox.example")
    assert env["AT_URL"] == "http://sandbox.example/africastalking"


def test_the_real_world_has_no_sandbox() -> None:
    real = {"AT_URL": "https://at.example", "DARAJA_URL": "https://daraja.example", "UCIP_URL": "http://air.example"}
    env = environment(**real)
    assert "SANDBOX_URL" not in env
    assert "AT_API_KEY" not in env
    assert "MOMO_COLLECTION_USER" not in env, "what nobody set up is not offered"
    assert "AIRTEL_CLIENT_ID" not in env
    assert not_embedded(given=real) == {"sandbox"}


def test_a_world_that_is_real_in_part_keeps_the_sandbox_for_the_rest() -> None:
    env = environment(UCIP_URL="http://air.example")
    assert env["UCIP_URL"] == "http://air.example"
    assert env["DARAJA_URL"] == "http://127.0.0.1:8001/daraja"
