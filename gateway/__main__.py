"""The gateway's command line.

python -m gateway demo           build a bench, and tell the story of a suspended phone on it
python -m gateway clear          remove what a bench that was killed has left
python -m gateway serve ...      be the gateway, in the namespace that this is started in
"""

import argparse
import os
import signal
import sys
from types import FrameType
from urllib.parse import urlsplit

from gateway import world
from gateway.enrich import Guide
from gateway.errors import GatewayProblem
from gateway.plan import REDIAL, REDIAL_PORT, Phone
from gateway.serve import Settings, log_to_stderr, serve
from gateway.sessions import Fails

# What a demo that cannot be given here ends with, as test runners know it for "skipped".
CANNOT_RUN_HERE = 77


def main(words: list[str]) -> int:
    """Run the command in `words`: 0 when it went well, 1 and a sentence when not, 77 when this machine cannot do it."""
    given = _parser().parse_args(words)
    try:
        match given.command:
            case "serve":
                log_to_stderr()
                serve(_settings(given))
            case "clear":
                world.clear()
            case _:
                return _demo()
    except GatewayProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _demo() -> int:
    if lacking := world.missing():
        print("The packet gateway's demo cannot run here:", *lacking, sep="\n  ", file=sys.stderr)
        return CANNOT_RUN_HERE
    # Needs the runtime, and with it what only a development machine has.
    from gateway.demo import tell  # noqa: PLC0415

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    tell(sys.stdout)
    return 0


def _leave(number: int, _: FrameType | None) -> None:
    """End as Ctrl-C does: everything that was built is taken down."""
    raise SystemExit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway", description="A small packet gateway for a test bench.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo")
    commands.add_parser("clear")
    serving = commands.add_parser("serve")
    serving.add_argument("--redial", required=True, help="Redial's address; GATE_SECRET is in the environment")
    serving.add_argument("--guide", required=True, help="where phones are led when Redial cannot be asked")
    serving.add_argument("--header", required=True, help="the header that tells the guide who calls")
    serving.add_argument("--fails", required=True, type=Fails, help="open or closed, while Redial cannot be asked")
    serving.add_argument("--phone", action="append", type=_phone, default=[], help="NAME,LINK,ADDRESS,MSISDN")
    return parser


def _phone(text: str) -> Phone:
    name, link, address, msisdn = text.split(",")
    return Phone(name=name, link=link, address=address, msisdn=msisdn)


def _settings(given: argparse.Namespace) -> Settings:
    """Secrets come by the environment: whoever may list processes sees the words of a command."""
    return Settings(
        gate_url=f"{given.redial}/gate/{os.environ['GATE_SECRET']}",
        webhook_secret=os.environ["GATE_WEBHOOK_SECRET"],
        guide_url=given.guide,
        guide=Guide(address=REDIAL, port=REDIAL_PORT, header=given.header, paths=_paths(given.guide)),
        fails=given.fails,
        phones=tuple(given.phone),
    )


def _paths(guide: str) -> tuple[str, ...]:
    return (urlsplit(guide).path.rstrip("/"), "/captive-portal")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
