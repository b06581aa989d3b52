"""Whether the time of a refusal tells what was wrong: a name that nobody has, a wrong password, a lock.

`.venv/bin/python -m benchmarks.sign_in_times --tries 200` asks a new SQLite database, without HTTP and with hashes of a
millisecond, so that nothing hides the rest. --database names another one, empty; accounts are made in it.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, update

from auth import accounts, lockout
from auth.lockout import MAX_FAILURES, SignInPlace
from storage.database import open_database, writing
from storage.tables import sign_in_tries, users

ROUNDS = 4
LOCKED_SECONDS = 86_400  # longer than any measuring
PASSWORD, WRONG = "correct horse battery", "not the password"
Try = Callable[[int], object]


def list_tries(engine: Engine) -> dict[str, Try]:
    """What is timed, by what it is called; each with accounts of its own."""

    def sign_in(name: str, place: str, password: str = WRONG) -> object:
        return accounts.sign_in(engine, name, password=password, place=SignInPlace(place), rounds=ROUNDS)

    for name in ("Anna", "Bert", "Cleo", "Dora"):
        accounts.add_user(engine, name, password=PASSWORD, rounds=ROUNDS)
    for _ in range(MAX_FAILURES):
        sign_in("Cleo", "locked")
    until = {"locked_until": int(time.time()) + LOCKED_SECONDS}
    with writing(engine) as connection:
        connection.execute(update(users).where(users.c.name == "Dora").values(until))
        connection.execute(update(sign_in_tries).where(sign_in_tries.c.locked_until > 0).values(until))
    lockout.MAX_FAILURES = lockout.MAX_ACCOUNT_FAILURES = 1_000_000  # nobody else is locked out by what follows
    return {
        "nobody, from ever new addresses": lambda number: sign_in("Nobody", f"{number}"),
        "nobody, from one address": lambda _: sign_in("Nobody", "one"),
        "a user, from ever new addresses": lambda number: sign_in("Anna", f"{number}"),
        "a user, from one address": lambda _: sign_in("Bert", "one"),
        "locked out there, wrong password": lambda _: sign_in("Cleo", "locked"),
        "locked out there, right password": lambda _: sign_in("Cleo", "locked", PASSWORD),
        "locked out everywhere": lambda number: sign_in("Dora", f"{number}"),
    }


def main() -> None:
    """Print the median of each, in milliseconds. They take turns, so that a busy moment hits all of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", help="its address; a new SQLite file without it")
    parser.add_argument("--tries", type=int, default=200, help="of each kind")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(asked.database or f"sqlite:///{Path(folder) / 'facejury.db'}")
        tries = list_tries(engine)
        took: dict[str, list[float]] = {name: [] for name in tries}
        for number in range(asked.tries):
            for name, attempt in tries.items():
                began = time.perf_counter()
                attempt(number)
                took[name].append(1000 * (time.perf_counter() - began))
        engine.dispose()
    for name, found in took.items():
        print(f"{name:34} {median(found):6.2f} ms")


if __name__ == "__main__":
    main()
