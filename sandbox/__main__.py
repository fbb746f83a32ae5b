"""`python -m sandbox`: serve the outside world until told to stop."""

import asyncio
import errno
import logging
import resource
import signal
import sys

from aiohttp import web

from sandbox.config import Config, read_config
from sandbox.errors import SandboxError
from sandbox.server import Sandbox
from sandbox.store import Store

logger = logging.getLogger("sandbox")

# What still answers when the sandbox is told to stop is given this long, then cut off.
PATIENCE_S = 0.5


class PortTaken(SandboxError):
    """Port {port} on {host} is taken: set SANDBOX_PORT to a free one."""


class UnableToListen(SandboxError):
    """Nothing can listen on {host}, port {port}: {why}. SANDBOX_HOST and SANDBOX_PORT say where."""


async def serve(config: Config, store: Store) -> None:
    """Serve until SIGTERM or SIGINT. Raises PortTaken, UnableToListen."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = Sandbox(config=config, store=store).app()
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=PATIENCE_S)
    await runner.setup()
    try:
        await _listen(runner, config)
        await stop.wait()
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, config: Config) -> None:
    try:
        await web.TCPSite(runner, config.host, config.port, backlog=1024).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(port=config.port, host=config.host) from error
        why = error.strerror or str(error)
        raise UnableToListen(port=config.port, host=config.host, why=why) from error
    host, port = runner.addresses[0][:2]
    logger.info("The outside world is at http://%s:%s", host, port)


def _allow_many_connections() -> None:
    # A shell allows 1,024 by default, and a drill holds more open than that.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> int:
    """Run the sandbox; 1 when it cannot, with one sentence that says why."""
    _allow_many_connections()
    logging.basicConfig(level=logging.INFO, format="sandbox: %(message)s", stream=sys.stderr)
    try:
        config = read_config()
        store = Store(config.directory / "world.sqlite3")
        try:
            asyncio.run(serve(config, store))
        finally:
            store.close()
    except SandboxError as error:
        logger.error("%s", error)  # noqa: TRY400 - a sentence for a person, not a traceback
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
