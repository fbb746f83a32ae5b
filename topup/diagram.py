"""docs/life.md: an order's life drawn from its table."""

from topup.life import BEGINNINGS, LIFE, State

_HEAD = """# The life of an order

This page is drawn from `topup/life.py` by `make docs`; a test fails when it is stale. The database is seeded with the
same table and refuses every other move.

An order ends DONE, UNPAID or REFUNDED, or waits in a REVIEW state until a person decides (`flask orders review`).
"""


def life_page() -> str:
    """The page, as Markdown with a Mermaid diagram."""
    return "\n".join([_HEAD, *_diagram(), "", *_table(), ""])


def _diagram() -> list[str]:
    arrows = [
        f"    {rule.source.value} --> {rule.target.value}: {rule.event.value}"
        for rule in LIFE
        if rule.source is not rule.target
    ]
    begins = [f"    [*] --> {rule.target.value}: {rule.event.value}" for rule in LIFE if rule.event in BEGINNINGS]
    ends = [f"    {state.value} --> [*]" for state in State if state.is_end]
    return ["```mermaid", "stateDiagram-v2", *begins, *arrows, *ends, "```"]


def _table() -> list[str]:
    rows = [
        f"| {rule.source.value} | {rule.event.value} | {rule.target.value} "
        f"| {rule.books.value if rule.books else ''} | {', '.join(effect.value for effect in rule.then)} |"
        for rule in LIFE
    ]
    return ["| source | event | target | ledger | then |", "|---|---|---|---|---|", *rows]
