"""What the parts of the settings have in common: kinds of values that several have, and how they are read."""

import ipaddress
from collections.abc import Container
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

SHORTEST_SECRET = 16


class Part(BaseModel):
    """The settings of one subject. Only the whole is ever read, so pydantic need not prepare to read a part."""

    model_config = ConfigDict(defer_build=True)


def listed(names: str) -> list[str]:
    """What stands between the commas, without blanks around it."""
    return [name.strip() for name in names.split(",") if name.strip()]


def one_of(name: str, known: Container[str]) -> str:
    """The name, when it is known. Raises ValueError."""
    if name not in known:
        raise ValueError(f"{name!r} is not known")
    return name


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _are_networks(networks: str) -> str:
    for network in networks.split(","):
        ipaddress.ip_network(network.strip() or "::")
    return networks


# Where somebody's API is, or what is ours: paths are put behind it, so it loses the slash at its end.
BaseUrl = Annotated[str, AfterValidator(_without_slash)]

# Networks as people write them, separated by commas: `196.201.214.0/24, 196.201.213.114`.
Networks = Annotated[str, AfterValidator(_are_networks)]
