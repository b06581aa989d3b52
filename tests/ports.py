"""Ports for the servers of the tests: of each pytest worker its own, below those that the system gives to anybody."""

import itertools
import os
import random
import socket

FIRST, EACH, WORKERS = 20_000, 1_000, 12  # Linux gives away what is above 32,767
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
OFFSETS = itertools.count(random.randrange(EACH))  # another run on this machine begins elsewhere


def free_port() -> int:
    """A TCP port that nobody listens on, and that no other test was given lately."""
    for offset in OFFSETS:
        port = FIRST + WORKER * EACH + offset % EACH
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("the count never ends")
