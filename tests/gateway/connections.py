"""A connection without a network, for what reads from a client and writes to it."""

import io


class Connection(io.BytesIO):
    """What the client has said is read; what is written stands apart from it, in `written`."""

    def __init__(self, said: bytes) -> None:
        super().__init__(said)
        self.written = b""

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.written += data
        return len(data)
