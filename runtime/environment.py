"""What the processes of a local copy are told: the settings that were given, and a local answer for the others."""

from collections.abc import Mapping

from runtime.places import Places
from runtime.postgres_server import Postgres
from runtime.redis_server import Redis

PORT = "8000"
SANDBOX_PORT = "8001"
HOST = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104  Only when somebody sets it.

# Given all three, the outside world is the real one and no sandbox is started.
REAL_WORLD = ("AT_URL", "DARAJA_URL", "UCIP_URL")

# Phones in the sandbox may dial through every gateway.
SANDBOX_GATEWAYS = "africastalking,hubtel,infobip,nalo,http"

SANDBOX_CREDENTIALS = {
    "AT_USERNAME": "sandbox",
    "AT_API_KEY": "sandbox",
    "DARAJA_CONSUMER_KEY": "sandbox",
    "DARAJA_CONSUMER_SECRET": "sandbox",
    "DARAJA_SHORT_CODE": "174379",
    "DARAJA_PASSKEY": "sandbox",
    "DARAJA_INITIATOR": "sandbox",
    "DARAJA_SECURITY_CREDENTIAL": "sandbox",
    "MOMO_TARGET_ENVIRONMENT": "sandbox",
    "MOMO_COLLECTION_USER": "sandbox",
    "MOMO_COLLECTION_API_KEY": "sandbox",
    "MOMO_COLLECTION_SUBSCRIPTION_KEY": "sandbox",
    "MOMO_DISBURSEMENT_USER": "sandbox",
    "MOMO_DISBURSEMENT_API_KEY": "sandbox",
    "MOMO_DISBURSEMENT_SUBSCRIPTION_KEY": "sandbox",
    "AIRTEL_CLIENT_ID": "sandbox",
    "AIRTEL_CLIENT_SECRET": "sandbox",
    "UCIP_USERNAME": "sandbox",
    "UCIP_PASSWORD": "sandbox",
}


def local_environment(*, given: Mapping[str, str], keys: Mapping[str, str], here: Places) -> dict[str, str]:
    """The environment of every process. `given` (an empty value counts as none) wins over what we would choose.

    `keys` are the local secrets by name; `here` says where the embedded servers are.
    """
    said = {name: value for name, value in given.items() if value}
    port = said.get("PORT", PORT)
    host = said.get("HOST", HOST)
    web = f"http://{reached_at(host)}:{port}"
    local = {
        "HOST": host,
        "PORT": port,
        "SANDBOX_PORT": SANDBOX_PORT,
        "SANDBOX_HOST": host,
        "SANDBOX_DIR": str(here.var / "sandbox"),
        "REDIAL_URL": web,
        "PUBLIC_URL": web,
        "LOG_JSON": "false",
        "PROMETHEUS_MULTIPROC_DIR": str(here.metrics),
        "DATABASE_URL": Postgres(data=here.postgres, sockets=here.sockets).url(),
        "REDIS_URL": Redis(data=here.redis, sockets=here.sockets).url(),
        **keys,
        **_outside_world(said),
    }
    return {**local, **said, "VAR_DIR": str(here.var)}


def reached_at(host: str) -> str:
    """The address at which this machine itself reaches what listens on `host`."""
    return "127.0.0.1" if host == EVERYWHERE else host


def not_embedded(*, given: Mapping[str, str]) -> set[str]:
    """The processes of the Procfile that are not started, because the user's own stand in for them."""
    own = {"postgres": given.get("DATABASE_URL"), "redis": given.get("REDIS_URL")}
    return {name for name, url in own.items() if url} | (set() if _sandbox_is_ours(given) else {"sandbox"})


def _outside_world(said: Mapping[str, str]) -> dict[str, str]:
    if not said.get("SANDBOX_URL") and not _sandbox_is_ours(said):
        return {}
    ours = f"http://{reached_at(said.get('HOST', HOST))}:{said.get('SANDBOX_PORT', SANDBOX_PORT)}"
    sandbox = said.get("SANDBOX_URL", ours)
    return {
        "SANDBOX_URL": sandbox,
        "USSD_GATEWAYS": SANDBOX_GATEWAYS,
        "AT_URL": f"{sandbox}/africastalking",
        "DARAJA_URL": f"{sandbox}/daraja",
        "MOMO_URL": f"{sandbox}/momo",
        "AIRTEL_URL": f"{sandbox}/airtel",
        "UCIP_URL": f"{sandbox}/ucip/Air",
        **SANDBOX_CREDENTIALS,
    }


def _sandbox_is_ours(given: Mapping[str, str]) -> bool:
    return not given.get("SANDBOX_URL") and not all(given.get(name) for name in REAL_WORLD)
