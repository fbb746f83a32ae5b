"""Every guard that is broken by hand: one change of text each, and the tests that ought to notice it.

A new guard of the money gets a row, in the module of what it guards.
"""

from drills.mutations.table import business, database, people, providers, settling, store, workers

MUTATIONS = (
    *database.MUTATIONS,
    *store.MUTATIONS,
    *business.MUTATIONS,
    *providers.MUTATIONS,
    *settling.MUTATIONS,
    *workers.MUTATIONS,
    *people.MUTATIONS,
)
