"""A long scan killed at random and finished, against an undisturbed one: every row once, all of them the same.

`.venv/bin/python -m tests.detectors.scan.proof --data DIR --work DIR --pictures 10000 --twice` lays out 20,000
pictures and prints what came of it.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from detectors.scan.listing import list_paths
from tests.detectors.scan.scanning import command, read_csv, run_scan


@dataclass(frozen=True)
class Proof:
    """What came of it. lost, doubled: pictures; different: rows."""

    pictures: int
    rows: int
    kills: int
    lost: int
    doubled: int
    different: int

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled or changed."""
        return not (self.lost or self.doubled or self.different)


def lay_out(paths: Sequence[str | Path], folder: Path, *, twice: bool) -> Path:
    """The pictures as links in a folder; twice: each under two names."""
    for copy in ("a", "b")[: 1 + twice]:
        (folder / copy).mkdir(parents=True)
        for number, path in enumerate(paths):
            (folder / copy / f"{number:06}{Path(path).suffix}").symlink_to(Path(path).resolve())
    return folder


def prove(photos: Path, work: Path, *options: object, kills: int = 3, seed: int | None = None) -> Proof:
    """Scan undisturbed; scan again, killed; compare. seed: of when it is killed."""
    total = len(list_paths([str(photos)]))
    undisturbed, killed = work / "undisturbed.csv", work / "killed.csv"
    run_scan(photos, *options, out=undisturbed)
    kills_after = sorted(random.Random(seed).sample(range(total * 9 // 10), kills))
    ended = [kill_after(photos, killed, after, *options, alone=turn % 2 == 0) for turn, after in enumerate(kills_after)]
    run_scan(photos, *options, out=killed)
    return compare_tables(total, sum(ended), read_csv(undisturbed), read_csv(killed), journal_paths(killed))


def kill_after(photos: Path, out: Path, pictures: int, *options: object, alone: bool) -> bool:
    """End a scan with SIGKILL once so many pictures are in its journal. Whether it came to that.

    alone: it alone is killed, and its processes must end by themselves; else all are killed at once.
    """
    process = subprocess.Popen(command(photos, *options, out=out), stderr=subprocess.DEVNULL, start_new_session=True)
    journal = out.with_name(f"{out.name}.journal")
    while process.poll() is None and count_records(journal) <= pictures:
        time.sleep(0.05)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL) if alone else os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    wait_until_gone(process.pid)
    return code == -signal.SIGKILL


def wait_until_gone(group: int) -> None:
    """Until no process of the group is left; fails after a minute."""
    for _ in range(600):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("the scan left processes behind")


def count_records(journal: Path) -> int:
    """How many pictures are in a journal that a scan holds locked; 0 where that cannot be read just now."""
    try:
        with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            return database.execute("SELECT count(*) FROM records").fetchone()[0]
    except sqlite3.DatabaseError:
        return 0


def journal_paths(out: Path) -> Counter[bytes]:
    """How often each picture is in the journal."""
    with closing(sqlite3.connect(out.with_name(f"{out.name}.journal"))) as database:
        return Counter(json.loads(line)[0] for (line,) in database.execute("SELECT line FROM records"))


def compare_tables(
    total: int, kills: int, before: list[dict[str, str]], after: list[dict[str, str]], journal: Mapping[bytes, int]
) -> Proof:
    missing, added = Counter(map(str, before)), Counter(map(str, after))
    return Proof(
        pictures=total,
        rows=len(before),
        kills=kills,
        lost=total - len({row["path"] for row in after}),
        doubled=sum(count > 1 for count in journal.values()),
        different=sum((missing - added).values()) + sum((added - missing).values()),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="A folder of pictures.")
    parser.add_argument("--work", required=True, type=Path, help="A new folder.")
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--twice", action="store_true", help="Each picture under two names.")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("options", nargs="*", help="For the scan, after --: for example -- --only custom-cnn")
    given = parser.parse_args()
    given.work.mkdir(parents=True)
    chosen = random.Random(given.seed).sample(list_paths([given.data]), given.pictures)
    photos = lay_out(chosen, given.work / "photos", twice=given.twice)
    proof = prove(photos, given.work, *given.options, kills=given.kills)
    print(proof, "holds" if proof.holds else "does NOT hold")
    sys.exit(not proof.holds)


if __name__ == "__main__":
    main()
