"""The chaos drill: processes die, Redis forgets, PostgreSQL restarts, the world lies; no money is lost or moves twice.

    python -m drills.chaos --orders 200 --seed 7

`run` starts a city and leads the drill; `people` order, `havoc` breaks things, `operator` decides what is left to a
person, and `judge` compares the world's own books with what Redial has written down.
"""
