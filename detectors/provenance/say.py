"""Provenance in words, the same on the page, in the report and at the command line. Nothing here is escaped yet."""

from collections.abc import Iterator

from detectors.provenance.record import Credentials, JpegCoding, Provenance

UNKNOWN = "unknown"
Line = tuple[str, str]
"""A name and what is known of it."""


def say_provenance(found: Provenance) -> list[Line]:
    """One line each; what is absent is unknown."""
    lines = [
        ("Content Credentials", _say_credentials(found.credentials)),
        ("Camera", found.camera or UNKNOWN),
        ("Software", found.software or UNKNOWN),
        ("Taken", found.taken or UNKNOWN),
        *((f"Trace of a generator: {trace.name}", f"{trace.where}: {trace.text}") for trace in found.traces),
        *_say_source_type(found),
        ("JPEG", _say_jpeg(found.jpeg)),
    ]
    return [*lines, ("Problem", found.problem)] if found.problem else lines


def say_found(found: Provenance) -> list[Line]:
    """What the file tells of where it comes from, the strongest first; what is absent is left out."""
    credentials = [("Content Credentials", _say_credentials(found.credentials))] if found.credentials else []
    traces = [(f"Trace of a generator: {trace.name}", f"{trace.where}: {trace.text}") for trace in found.traces]
    told = [("Software", found.software), ("Camera", found.camera), ("Taken", found.taken)]
    return [*credentials, *traces, *_say_source_type(found), *((name, text) for name, text in told if text)]


def _say_credentials(found: Credentials | None) -> str:
    if found is None:
        return "None found"
    if found.problem:
        return found.problem
    signer = found.signer or found.organisation or "an unnamed signer"
    of = f" ({found.organisation})" if found.organisation and found.organisation != signer else ""
    at = f" on {found.signed_at}" if found.signed_at else ""
    made = f", made with {found.made_with}" if found.made_with else ""
    return f"signed by {signer}{of}{at}{made}, {found.trust}; {_say_seals(found)}"


def _say_seals(found: Credentials) -> str:
    if not found.signature_holds:
        return "the signature is NOT valid, so none of this can be trusted"
    content = (
        "the picture is unchanged since signing" if found.content_holds else "the picture was CHANGED after signing"
    )
    return f"the signature is valid; {content}"


def _say_source_type(found: Provenance) -> Iterator[Line]:
    if found.source_type and not any(trace.text.startswith(f"{found.source_type}:") for trace in found.traces):
        yield "Digital source type", found.source_type


def _say_jpeg(found: JpegCoding | None) -> str:
    if found is None:
        return "not a JPEG"
    kind = "standard tables" if found.is_standard else "non-standard tables"
    return f"quality {'' if found.is_standard else 'about '}{found.quality}, {kind}"
