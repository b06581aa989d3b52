"""Many visitors at once: nobody gets an error, another one's answer, or less than their turn."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.load_clients import press, running_page

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(900)]
CLIENTS, REQUESTS = 32, 96


def test_thirty_two_clients_get_their_own_answers_in_turn() -> None:
    with running_page() as (address, pid), ThreadPoolExecutor(1) as thread:  # Playwright's loop runs in this one
        pressing = press(address, pid, clients=CLIENTS, requests=REQUESTS, keys=["custom-cnn"])
        load = thread.submit(asyncio.run, pressing).result()
    assert load.errors == []
    assert len(load.seconds) == REQUESTS
    assert max(load.answered.values()) - min(load.answered.values()) <= 2, load.answered
