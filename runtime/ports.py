"""Whether the ports that we want to listen on are free."""

import errno
import socket
import time

from runtime.errors import RuntimeProblem


class PortIsTaken(RuntimeProblem):
    """Port {port} is taken: stop what listens on it, or set {variable} to another port."""


class PortIsForbidden(RuntimeProblem):
    """Port {port} is not for this user to open: set {variable} to a port above 1023."""


class NotAPort(RuntimeProblem):
    """{variable}={port} is not a port: set it to a number from 1 to 65535."""


class UnableToListen(RuntimeProblem):
    """{host} is no address of this machine ({why}): set HOST to another, or leave it out."""


class PortsAreTheSame(RuntimeProblem):
    """{one} and {other} are both {port}: set one of them to another port."""


def check_ports(*, host: str, wanted: dict[str, str], patience_s: float = 0) -> None:
    """Raise what is wrong with the ports `wanted`, by the name of their setting; wait `patience_s` for taken ones."""
    seen: dict[str, str] = {}
    for variable, port in wanted.items():
        if port in seen:
            raise PortsAreTheSame(one=seen[port], other=variable, port=port)
        seen[port] = variable
        _check(host=host, variable=variable, port=port, until=time.monotonic() + patience_s)


def _check(*, host: str, variable: str, port: str, until: float) -> None:
    if not (port.isascii() and port.isdecimal()) or not 1 <= int(port) <= 65535:
        raise NotAPort(variable=variable, port=port)
    try:
        while _is_taken(host, int(port)):
            if time.monotonic() >= until:
                raise PortIsTaken(variable=variable, port=port)
            time.sleep(0.1)
    except PermissionError as refused:
        raise PortIsForbidden(variable=variable, port=port) from refused


def _is_taken(host: str, port: int) -> bool:
    with socket.socket() as listener:
        # As servers do: what is left of a connection that was closed a moment ago is no listener.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except PermissionError:
            raise
        except OSError as refused:
            if refused.errno != errno.EADDRINUSE:
                raise UnableToListen(host=host, why=refused.strerror) from refused
            return True
    return False
