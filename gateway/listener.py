"""A port on which each connection gets one answer, in a thread of its own."""

import contextlib
import logging
import socketserver
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

from gateway.message import NothingWasAsked, UnableToReadRequest, refusal

logger = logging.getLogger(__name__)

# Who says nothing for so long is let go.
_PATIENCE_S = 20.0

# What is said on a connection: the stream, and the address of who is at its other end.
Conversation = Callable[[BinaryIO, str], None]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


@contextlib.contextmanager
def listening(*, host: str, port: int, converse: Conversation) -> Iterator[int]:
    """Listen as long as the block lasts; gives the port (that of the kernel's choice for 0). Raises OSError.

    `converse` reads what is asked and writes what is answered; a request that cannot be read is answered here.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(_PATIENCE_S)
            with self.request.makefile("rwb") as stream:
                _converse(converse, stream, self.client_address[0])

    with _Server((host, port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def _converse(converse: Conversation, stream: BinaryIO, address: str) -> None:
    try:
        try:
            converse(stream, address)
        except UnableToReadRequest as refused:
            stream.write(refusal(refused))
        stream.flush()
    except NothingWasAsked:
        pass  # Browsers open connections that they may need, and close them when they do not.
    except OSError as lost:
        logger.debug("a connection of %s was lost: %s", address, lost)
