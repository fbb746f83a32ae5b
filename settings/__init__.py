"""Every setting, typed, from the environment or `.env`. The README's table is made from these files: one subject each.

Secrets have no default: without them Redial does not start. `make run` makes local ones.
"""

from settings.channels import SmsBy
from settings.gate import Door
from settings.sale import CreditBy
from settings.table import settings_table
from settings.together import Settings, load

__all__ = ["CreditBy", "Door", "Settings", "SmsBy", "load", "settings_table"]
