"""`python -m tests.contracts.slow_name ADDRESS`: read a line whose host has a name that nobody ever resolves.

ADDRESS is where this machine looks names up; it takes every question and answers none. Writes what was read, and the
seconds that it took.
"""

import os
import socket
import sys
import time

from tests.contracts.charging import MSISDN, client

if __name__ == "__main__":
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind((sys.argv[1], 53))
    ucip = client("http://charging.example", deadline_s=0.2)
    began = time.monotonic()
    line = ucip.read_line(MSISDN)
    sys.stdout.write(f"{line.state.value} {time.monotonic() - began}\n")
    sys.stdout.flush()
    assert silent.recv(1), "nobody asked for the name"
    os._exit(0)  # The resolver's own thread is still waiting.
