"""A charging system that knows one answer: every line is suspended and owes 50 shillings.

It stands in for the operator's in measurements, and takes as little of the machine as it can, so that what is measured
is us. Protocol: XML-RPC over HTTP/1.1, as in providers/ucip.py.
"""

import asyncio
import sys

_MEMBER = "<member><name>{}</name><value>{}</value></member>"
_STRUCT = "".join(
    _MEMBER.format(name, value)
    for name, value in (
        ("responseCode", "<i4>0</i4>"),
        ("accountValue1", "<string>-5000</string>"),
        ("currency1", "<string>KES</string>"),
        (
            "accountFlagsAfter",
            "<struct>"
            + "".join(
                _MEMBER.format(flag, f"<boolean>{value}</boolean>")
                for flag, value in (
                    ("activationStatusFlag", 1),
                    ("negativeBarringStatusFlag", 1),
                    ("supervisionPeriodExpiryFlag", 0),
                    ("serviceFeePeriodExpiryFlag", 0),
                )
            )
            + "</struct>",
        ),
    )
)
_BODY = (
    f'<?xml version="1.0" encoding="utf-8"?><methodResponse><params><param><value><struct>{_STRUCT}</struct></value>'
    "</param></params></methodResponse>"
).encode()
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)


class Line(asyncio.Protocol):
    """One connection. A request is whole when its headers and as many bytes as they announce are there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing read."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._read = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._read += data
        while (size := _size_of_first(self._read)) is not None and len(self._read) >= size:
            self._read = self._read[size:]
            self._transport.write(_ANSWER)


def _size_of_first(read: bytes) -> int | None:
    """How many bytes the first request has; None while its headers are not there."""
    head, found, _ = read.partition(b"\r\n\r\n")
    if not found:
        return None
    announced = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return len(head) + len(found) + int(announced.partition(b":")[2])


async def serve(port: int) -> None:
    """Answer on 127.0.0.1 until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Line, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
