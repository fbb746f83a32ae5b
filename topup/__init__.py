"""The business of a top-up: pure rules, with no database, network or clock of its own."""
