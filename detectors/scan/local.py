"""Judge a collection of pictures and sounds on this machine into one table; killed and started again, it goes on.

Every finished file is in the journal beside the table, so nothing is judged twice and nothing finished is lost.
The table is written from the journal at the end, in the order of the paths.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from detectors.scan.crew import count_cores, judge_all
from detectors.scan.errors import ScanError
from detectors.scan.journal import SUFFIX, Journal
from detectors.scan.record import count, is_vain
from detectors.scan.table import check_format, write_table
from detectors.scan.team import Team, describe_team


@dataclass(frozen=True)
class Counts:
    """Files so far: of all that were asked for, those done, those done by an earlier scan.

    errors, failed, given: of those done now, see detectors.scan.record.count. in_vain: see is_vain, of all together.
    """

    total: int
    done: int
    before: int
    errors: int = 0
    failed: int = 0
    given: int = 0
    in_vain: bool = False


KEPT = "All that was judged is kept in the journal; the same command writes the table from there."
Show = Callable[[Counts], None]


def scan(paths: Sequence[str], out: Path, team: Team, *, workers: int | None, show: Show) -> Counts:
    """Judge what is not in the journal yet, then write the table of all that is.

    workers: processes; None is one a core. show: told each time files are done. Raises ScanError.
    """
    check_format(out)
    journal_path = out.with_name(out.name + SUFFIX)
    if out.exists() and not journal_path.exists():
        raise ScanError(
            f"{out.name} already exists, and no journal of a scan beside it: choose another --out, or remove it"
        )
    with Journal(journal_path, describe_team(team.choose_for_scan())) as journal:
        counts = _judge(paths, team, journal, workers=workers or count_cores(), show=show)
        try:
            write_table(out, journal)
        except (OSError, sqlite3.OperationalError) as error:  # a table may be SQLite's
            why = error.strerror if isinstance(error, OSError) else error
            raise ScanError(f"{out.name} cannot be written: {why}. {KEPT}") from error
        return replace(counts, in_vain=_is_in_vain(journal))


def _is_in_vain(journal: Journal) -> bool:
    """Read up to the first answer, which in most tables comes at once."""
    found: Counter[str] = Counter()
    for record in journal:
        found.update(count([record]))
        if found["given"]:
            return False
    return is_vain(found)


def _judge(paths: Sequence[str], team: Team, journal: Journal, *, workers: int, show: Show) -> Counts:
    left = [path for path in paths if path not in journal]
    counts = Counts(len(paths), len(paths) - len(left), len(paths) - len(left))
    show(counts)
    for records in judge_all(left, team, workers=workers):
        journal.append(records)
        counts = add_counts(counts, count(records))
        show(counts)
    return counts


def add_counts(counts: Counts, more: Mapping[str, int]) -> Counts:
    """The counts when more records are done. more: what `count` says of them."""
    return replace(counts, **{name: getattr(counts, name) + number for name, number in more.items()})


def say_counts(counts: Counts, out: str) -> str:
    """What a scan did, in one sentence."""
    judged = f"{counts.done - counts.before - counts.errors} of {counts.total} files judged"
    already = f"{counts.before} {'was' if counts.before == 1 else 'were'} already done"
    parts = [judged, *([already] if counts.before else [])]
    parts += [f"{counts.errors} could not be read"] if counts.errors else []
    parts += [f"every detector failed on {counts.failed}"] if counts.failed else []
    return f"{', '.join(parts)}: {out}"
