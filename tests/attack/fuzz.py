"""Broken inputs by the ten thousand, against everything that reads untrusted bytes.

`.venv/bin/python -m tests.attack.fuzz --inputs 200000` says how far it is, and every finding with its number, which is
its seed; `--first NUMBER --inputs 1 --keep FILE` makes the same input again and writes it down. `--deep` is for
networks, videos, sounds and the words in pictures, of which each takes longer.
"""

import argparse
import json
import random
import struct
import sys
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.attack import corpus, zips
from tests.attack.isolated import Attempt, Tried, run_through
from tests.attack.mutate import mutate
from tests.attack.targets import TARGETS, a_config
from tests.attack.untrusted import deep
from tests.detectors.pictures import encode, quarters

INPUTS, DEEP_INPUTS = "tests.attack.fuzz:inputs", "tests.attack.fuzz:deep_inputs"
DEEP_TURNS = ("video", "video", "network", "words", "words", "sound")
TURNS = ("picture", "picture", "picture", "picture", "picture", "zip", "zip", "provenance", "config", "message")
PROGRESS_SECONDS = 10.0


@dataclass
class Report:
    """What came of a run. said: counts by target and answer. slowest, largest: seconds and megabytes of one."""

    turns: Sequence[str] = TURNS
    said: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Tried] = field(default_factory=list)
    slowest: float = 0.0
    largest: float = 0.0

    @property
    def count(self) -> int:
        """How many inputs were tried."""
        return sum(self.said.values())

    def add(self, tried: Tried) -> None:
        """One more input."""
        self.said[turn(tried.number, self.turns), "finding" if tried.finding else tried.said] += 1
        self.slowest, self.largest = max(self.slowest, tried.seconds), max(self.largest, tried.megabytes)
        if tried.finding:
            self.findings.append(tried)


def turn(number: int, turns: Sequence[str] = TURNS) -> str:
    """Whose turn an input is."""
    return turns[number % len(turns)]


def inputs(first: int) -> Iterator[Attempt]:
    """All inputs from that number on, without end."""
    while True:
        yield TARGETS[turn(first)], make_input(first)
        first += 1


def deep_inputs(first: int) -> Iterator[Attempt]:
    """Those of networks, videos and words."""
    while True:
        yield TARGETS[turn(first, DEEP_TURNS)], make_input(first, DEEP_TURNS)
        first += 1


def make_input(number: int, turns: Sequence[str] = TURNS) -> bytes:
    """The input of that number."""
    target = turn(number, turns)
    return mutate(seeds(target), random.Random(number), is_json=target in ("config", "message"))


@cache
def seeds(target: str) -> Sequence[bytes]:
    """The sound bytes from which a target's inputs are made."""
    if target == "zip":
        return _zips()
    if target == "config":
        return (json.dumps(a_config()).encode(), json.dumps(a_config(), indent=2).encode())
    if target == "message":
        return _messages()
    if target in DEEP_TURNS:
        return tuple(
            {"video": deep.videos, "sound": deep.sounds, "network": deep.networks, "words": deep.pictures_with_words}[
                target
            ]()
        )
    pictures = [*corpus.sound().values(), corpus.moving("GIF"), corpus.moving("PNG"), corpus.moving("TIFF")]
    return (*pictures, *_pictures_with_words())


def _pictures_with_words() -> Iterator[bytes]:
    """What provenance reads: EXIF, XMP, texts, and where Content Credentials would stand."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
    packet = b"http://ns.adobe.com/xap/1.0/\x00" + xmp + b"</x:xmpmeta>"
    yield corpus.jpeg_of_segments(packet, mark=b"")
    yield corpus.jpeg_of_segments(corpus.looping_exif())
    yield corpus.jpeg_of_segments(b"JP\x00\x01" + b"\x00\x00\x00\x30jumb\x00\x00\x00\x28jumdc2pa" + bytes(30), mark=b"")
    boxes = b"\x00\x00\x00\x30jumb\x00\x00\x00\x28jumdc2pa" + bytes(30)
    pixels = (b"IDAT", zlib.compress(bytes(64 * 193)))
    yield corpus.png(64, 64, (b"caBX", boxes), (b"tEXt", b"parameters\x00Steps: 20, Sampler: x"), pixels)


def _zips() -> Sequence[bytes]:
    small = {"a.png": encode(quarters()), "b/c.jpg": encode(quarters(), "JPEG")}
    packed = [zips.pack(small, how=how) for how in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA)]
    return (*packed, zips.pack(small, comment=b"a comment"), zips.link("/etc/passwd"), zips.nested(2))


def _messages() -> Sequence[bytes]:
    plain = [{"p_fake": 0.5}, {"error": "it broke"}, {"passed": [], "failed": ["a"]}]
    described = {"p_fake": 0.5, "array": {"kind": "float32", "shape": [2, 2]}}
    picture = {"array": {"kind": "uint8", "shape": [2, 2, 3]}}
    lines = [json.dumps(values).encode() + b"\n" for values in plain]
    arrays = [json.dumps(described).encode() + b"\n" + struct.pack("<4f", 0, 1, 0.5, 1)]
    return (*lines, *arrays, json.dumps(picture).encode() + b"\n" + bytes(12), b"".join(lines + arrays))


def run(
    *, count: int, first: int = 0, seconds: float = float("inf"), announce: bool = False, is_deep: bool = False
) -> Report:
    """Try so many inputs, or for so many seconds of the clock."""
    began = said = time.monotonic()
    report = Report(DEEP_TURNS if is_deep else TURNS)
    for tried in run_through(DEEP_INPUTS if is_deep else INPUTS, first=first, last=first + count):
        report.add(tried)
        now = time.monotonic()
        if announce and (tried.finding or now - said > PROGRESS_SECONDS):
            print(_say_progress(report, count, now - began), flush=True)
            said = now
        if tried.finding and announce:
            print(say_finding(tried, is_deep=is_deep), flush=True)
        if now - began > seconds:
            break
    return report


def _say_progress(report: Report, count: int, seconds: float) -> str:
    return f"{report.count:,} of {count:,} in {seconds:.0f} s, {len(report.findings)} findings"


def say_finding(tried: Tried, *, is_deep: bool = False) -> str:
    """One finding, and how to have it again."""
    again = f"--first {tried.number} --inputs 1 --keep FILE{' --deep' if is_deep else ''}"
    target = turn(tried.number, DEEP_TURNS if is_deep else TURNS)
    return f"FINDING {target} {tried.number}: {tried.finding} (again: {again})"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the first input to this file")
    parser.add_argument("--deep", action="store_true", help="networks, videos and the words in pictures")
    given = parser.parse_args()
    if given.keep:
        given.keep.write_bytes(make_input(given.first, DEEP_TURNS if given.deep else TURNS))
    report = run(count=given.inputs, first=given.first, seconds=given.seconds, announce=True, is_deep=given.deep)
    for (target, answer), count in sorted(report.said.items()):
        print(f"{target:>12} {answer:<8} {count:>9,}")
    print(f"{report.count:,} inputs, {len(report.findings)} findings", end="; ")
    print(f"at most {report.slowest:.2f} s of processor time and {report.largest:.0f} MB for one")
    sys.exit(bool(report.findings))


if __name__ == "__main__":
    main()
