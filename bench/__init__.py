"""Measurements, side by side in one run on one machine: `python -m bench`. docs/performance.md tells the rest."""
