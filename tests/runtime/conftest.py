"""What the tests of the runtime share."""

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture
def a_listener() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]
