"""Puts the parts together from the settings. The one place that knows every package.

`app.py` takes from here what the web process needs, `cli.py` what the workers and the clock need. A file here puts one
kind of part together and stands on those before it: connections, providers, business, then channels and web, workers.
"""

from dataclasses import dataclass

from wiring.workers import Workers


@dataclass(frozen=True)
class Wiring(Workers):
    """Every part, made when it is first asked for."""
