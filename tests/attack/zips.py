"""Zips an attacker would send, all made here."""

import io
import struct
import zipfile
from collections.abc import Callable


def pack(members: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """A zip of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = comment
    return buffer.getvalue()


def link(target: str) -> bytes:
    """A zip of one symbolic link."""
    info = zipfile.ZipInfo("link.png")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, target)
    return buffer.getvalue()


def lying(content: bytes, how: int) -> bytes:
    """A zip whose one member says that it is a thousand bytes long."""
    data = bytearray(pack({"liar.png": content}, how=how))
    struct.pack_into("<I", data, data.rindex(b"PK\x01\x02") + 24, 1000)
    return bytes(data)


def nested(depth: int) -> bytes:
    """A zip in a zip in a zip."""
    data = pack({"a.png": bytes(1_000_000)})
    for _ in range(depth):
        data = pack({"inner.zip": data})
    return data


def hidden_list(count: int) -> bytes:
    """A zip whose real list is named by a record that the longest comment pushes out of sight."""
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<HHH", 1, 0, 0) + bytes(12) + b"a"
    listed = entry * count
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(listed), 4)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, 4 + len(listed), 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(entry), 4, 65_535)
    return b"PK\x03\x04" + listed + record + locator + end + b"x" * 65_535


def crowded_list(count: int) -> bytes:
    """A zip that says it holds one file, and lists many folders."""
    data = bytearray(pack({f"{number}/": b"" for number in range(count)}, how=zipfile.ZIP_STORED))
    struct.pack_into("<HH", data, data.rindex(b"PK\x05\x06") + 8, 1, 1)
    return bytes(data)


ZIP_BOMBS: dict[str, Callable[[], bytes]] = {
    "zeros": lambda: pack({"a.png": bytes(19_000_000)}),
    "lying-deflate": lambda: lying(bytes(60_000_000), zipfile.ZIP_DEFLATED),
    "lying-bzip2": lambda: lying(bytes(30_000_000), zipfile.ZIP_BZIP2),
    "lying-lzma": lambda: lying(bytes(30_000_000), zipfile.ZIP_LZMA),
    "nested": lambda: nested(5),
    "hidden-list": lambda: hidden_list(1_500_000),
    "crowded-list": lambda: crowded_list(20_000),
}
