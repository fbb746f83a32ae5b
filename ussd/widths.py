"""How wide the screen of each gateway is: the one list that the map and the walk of the menu go by."""

from collections.abc import Mapping

from ussd.gateways import GATEWAYS
from words.width import Width

WIDTHS: Mapping[str, Width] = {name: gateway.LIMITS.width for name, gateway in GATEWAYS.items()}
