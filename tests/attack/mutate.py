"""A small mutation engine: sound bytes in, broken bytes out, the same ones for the same number."""

import random
import re
import struct
import zlib
from collections.abc import Callable, Sequence

SHARP = (
    0,
    1,
    2,
    7,
    8,
    127,
    128,
    255,
    256,
    32_767,
    32_768,
    65_535,
    65_536,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63,
    2**64 - 1,
)
JSON_PIECES = (
    *(
        "null",
        "true",
        "[]",
        "{}",
        '""',
        "-1",
        "0",
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        "1" * 4300,
        "0.1",
        "2147483648",
    ),
    *(
        '"\\ud800"',
        '"\\u0000"',
        '"../../x"',
        '"/etc/passwd"',
        '[["a"]]',
        "[" * 2000,
        '{"a":' * 2000,
        '"uint8"',
        '"float32"',
    ),
)
TOKEN = re.compile(rb'"[^"]*"|-?\d+(?:\.\d+)?|[\[\]{}:,]|true|false|null')
MAX_BYTES = 300_000

Edit = Callable[[bytearray, random.Random], None]


def mutate(seeds: Sequence[bytes], chance: random.Random, *, is_json: bool = False) -> bytes:
    """One broken input, made from one or two of the seeds."""
    data = bytearray(chance.choice(seeds))
    edits = (*BYTE_EDITS, _change_token, _change_token, _change_token) if is_json else BYTE_EDITS
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 9))):
        chance.choice(edits)(data, chance)
    if chance.random() < 0.1:
        _splice(data, chance.choice(seeds), chance)
    if data.startswith(b"\x89PNG") and chance.random() < 0.7:
        data = _mend_png(bytes(data))
    return bytes(data[:MAX_BYTES])


def _place(data: bytearray, chance: random.Random) -> int:
    """Somewhere, but twice as often near the beginning, where headers stand."""
    end = min(len(data), 64) if chance.random() < 0.5 else len(data)
    return chance.randrange(end) if end else 0


def _flip(data: bytearray, chance: random.Random) -> None:
    if data:
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def _set(data: bytearray, chance: random.Random) -> None:
    if data:
        data[_place(data, chance)] = chance.randrange(256)


def _set_number(data: bytearray, chance: random.Random) -> None:
    """A count, a length or an offset: where damage goes deepest."""
    size, letter = chance.choice(((1, "B"), (2, "H"), (4, "I"), (8, "Q")))
    at = _place(data, chance)
    if at + size <= len(data):
        struct.pack_into(chance.choice("<>") + letter, data, at, chance.choice(SHARP) % 256**size)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _remove(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    del data[at : at + chance.choice((1, 2, 4, 16, 200))]


def _repeat(data: bytearray, chance: random.Random) -> None:
    at, size = _place(data, chance), chance.choice((1, 4, 12, 64, 500))
    data[at:at] = data[at : at + size] * chance.choice((1, 2, 50))


def _insert(data: bytearray, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at:at] = chance.randbytes(chance.choice((1, 2, 8, 100)))


def _move(data: bytearray, chance: random.Random) -> None:
    at, size, to = _place(data, chance), chance.choice((2, 4, 12, 64)), _place(data, chance)
    data[to : to + size] = data[at : at + size]


BYTE_EDITS: tuple[Edit, ...] = (_flip, _flip, _set, _set_number, _set_number, _cut, _remove, _repeat, _insert, _move)


def _change_token(data: bytearray, chance: random.Random) -> None:
    """One word of a JSON text becomes another."""
    if found := list(TOKEN.finditer(bytes(data[:20_000]))):
        start, end = chance.choice(found).span()
        data[start:end] = chance.choice(JSON_PIECES).encode()


def _splice(data: bytearray, other: bytes, chance: random.Random) -> None:
    at = _place(data, chance)
    data[at:] = other[chance.randrange(len(other) + 1) :]


def _mend_png(data: bytes) -> bytearray:
    """Its checksums made right again, so that damage gets past them."""
    fixed, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 8 + length
        if end + 4 > len(data):
            break
        fixed += data[at:end] + struct.pack(">I", zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return fixed + data[at:]
