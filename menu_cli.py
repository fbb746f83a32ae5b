"""The commands that look at the menu: `flask --app app menu ...`."""

import click
from flask.cli import AppGroup

from ussd.menu import menu
from ussd.walk.proof import prove_all, table
from ussd.widths import WIDTHS

menu_commands = AppGroup("menu", help="The menu.")


@menu_commands.command("walk", with_appcontext=False)
def menu_walk() -> None:
    """Press every key of every screen, in every language, on every gateway's screen. Fails when something is wrong."""
    proofs = list(prove_all(menu, WIDTHS))
    for line in table(menu, proofs):
        click.echo(line)
    if any(proof.seen.flaws for proof in proofs):
        raise click.exceptions.Exit(1)
