"""Drills: the real processes under everything that can go wrong, and what must hold afterwards."""
