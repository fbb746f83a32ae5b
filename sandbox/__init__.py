"""A stand-in for the whole outside world: networks, mobile money, charging system, phones and people.

It is one process (`python -m sandbox`) that speaks the published contracts of the providers over real HTTP and drives
the project as the real gateways would. It imports nothing of the project. docs/sandbox.md is its manual.
"""
