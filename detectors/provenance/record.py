"""What was found, as values. None and empty mean unknown."""

from dataclasses import asdict, dataclass
from typing import Any

MAX_TEXT = 300  # characters of one text from a file


@dataclass(frozen=True)
class Credentials:
    """A C2PA manifest ("Content Credentials").

    signer: the name in the signing certificate, which anybody can make; organisation: likewise. signature_holds: the
    manifest is as it was signed. content_holds: the picture is as it was signed. None where that was not checked.
    made_with: the program that wrote the manifest. problem: why it could not be read, one sentence.
    """

    signer: str | None = None
    organisation: str | None = None
    signed_at: str | None = None
    signature_holds: bool | None = None
    content_holds: bool | None = None
    made_with: str | None = None
    problem: str | None = None
    trust: str = "not checked against a trust list"


@dataclass(frozen=True)
class Trace:
    """A mark that names a generator or a digital source. where: which field of the file; text: what it says."""

    name: str
    where: str
    text: str


@dataclass(frozen=True)
class JpegCoding:
    """How the JPEG was written last. quality: 1 to 100 on the scale of the IJG's library, the nearest.

    is_standard: the tables are exactly those of that quality. tables: quantisation, 64 numbers each, row by row.
    """

    quality: int
    is_standard: bool
    is_progressive: bool
    tables: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Provenance:
    """All that was found. source_type: IPTC's word for how the picture came to be; problem: what was unreadable."""

    credentials: Credentials | None = None
    camera: str | None = None
    software: str | None = None
    taken: str | None = None
    source_type: str | None = None
    traces: tuple[Trace, ...] = ()
    jpeg: JpegCoding | None = None
    problem: str | None = None

    @classmethod
    def restore(cls, stored: dict[str, Any]) -> "Provenance":
        """The object that `as_dict` was called on. Raises TypeError on another shape."""
        credentials, jpeg = stored["credentials"], stored["jpeg"]
        parts: dict[str, Any] = {
            "credentials": credentials and Credentials(**credentials),
            "traces": tuple(Trace(**trace) for trace in stored["traces"]),
            "jpeg": jpeg and JpegCoding(**jpeg | {"tables": tuple(map(tuple, jpeg["tables"]))}),
        }
        return cls(**stored | parts)

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON form."""
        return asdict(self)


def clean(text: object) -> str | None:
    """A text from outside on one line, without control characters, cut to MAX_TEXT; None when nothing is left."""
    kept = "".join(letter if letter.isprintable() else " " for letter in str(text)[: MAX_TEXT * 4])
    line = " ".join(kept.split())
    return (line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 1] + "…") or None
