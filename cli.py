"""The commands: `flask --app app COMMAND`."""

import signal
import threading
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from rq import Queue, SimpleWorker

from store import schema
from wiring import Wiring
from workers import clock as clock_process
from workers import jobs


def _wiring() -> Wiring:
    wiring: Wiring = current_app.extensions["redial"]
    return wiring


db = AppGroup("db", help="The database.")


@db.command("upgrade")
def db_upgrade() -> None:
    """Migrate the database to this version, and seed the table of legal moves."""
    schema.upgrade(_wiring().engine)
    click.echo("The database is up to date.")


@click.command("work")
@click.argument("queues", nargs=-1, required=True)
def work(queues: tuple[str, ...]) -> None:
    """Work on the jobs of QUEUES until told to stop; then the job in hand is finished first."""
    wiring = _wiring()
    jobs.move_in(wiring.house)
    redis = wiring.queue_redis
    worker = SimpleWorker([Queue(name, connection=redis) for name in queues], connection=redis)
    worker.work(logging_level="WARNING", with_scheduler=False)


@click.command("clock")
def clock() -> None:
    """Hand what is owed to the workers, and sweep, until told to stop."""
    wiring, stop = _wiring(), threading.Event()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    clock_process.run(wiring.house, redis=wiring.redis, lease=wiring.lease, stop=stop)


def register(app: Flask) -> None:
    """Give the application its commands."""
    for command in (db, work, clock):
        app.cli.add_command(command)
