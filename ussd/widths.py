"""How wide the screen of each gateway is: the one list that the map and the walk of the menu go by."""

from collections.abc import Mapping

from ussd.gateways import africastalking
from words.width import Width

WIDTHS: Mapping[str, Width] = {africastalking.NAME: africastalking.WIDTH}
