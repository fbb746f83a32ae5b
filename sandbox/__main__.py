"""`python -m sandbox`: serve the outside world until told to stop."""

import asyncio
import errno
import logging
import signal
import sys

from aiohttp import web

from sandbox.config import Config, read_config
from sandbox.errors import SandboxError
from sandbox.server import Sandbox
from sandbox.store import Store


class PortTaken(SandboxError):
    """Port {port} on {host} is taken: set SANDBOX_PORT to a free one."""


async def serve(config: Config, store: Store) -> None:
    """Serve until SIGTERM or SIGINT. Raises PortTaken."""
    runner = web.AppRunner(
        Sandbox(config=config, store=store).app(), access_log=None, handle_signals=False, shutdown_timeout=0.5
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, config.host, config.port, backlog=1024).start()
        logging.info("The outside world is at http://%s:%s", *runner.addresses[0][:2])
        await _told_to_stop()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTaken(port=config.port, host=config.host) from error
    finally:
        await runner.cleanup()


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


def main() -> int:
    """Run the sandbox; 1 when it cannot, with one sentence that says why."""
    logging.basicConfig(level=logging.INFO, format="sandbox: %(message)s", stream=sys.stderr)
    try:
        config = read_config()
        store = Store(config.directory / "world.sqlite3")
        try:
            asyncio.run(serve(config, store))
        finally:
            store.close()
    except SandboxError as error:
        logging.error("%s", error)  # noqa: TRY400 - a sentence for a person, not a traceback
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
