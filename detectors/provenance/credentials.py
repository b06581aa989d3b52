"""The C2PA manifest inside a file: who signed it, and whether signature and picture still hold.

Nothing is fetched: no remote manifest, no revocation list. Trust lists are not asked, so anybody can sign as anybody.
"""

import io
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from detectors.provenance.generators import name_source
from detectors.provenance.record import Credentials, Trace, clean

MARK = b"jumb"  # of the boxes that hold a manifest; without it there is nothing to parse
KINDS = ("jpeg", "png", "webp", "tiff", "gif", "avif")
FORMATS = {kind.upper(): f"image/{kind}" for kind in KINDS} | {"MPO": "image/jpeg"}
OFFLINE = {"verify": {"verify_trust": False, "remote_manifest_fetch": False, "ocsp_fetch": False}}
UNREADABLE = "There are Content Credentials, but they are damaged or of a kind we cannot read."
ELSEWHERE = "The file says that its Content Credentials are kept on the network; they were not fetched."
CONTENT_CHECKS = ("assertion.dataHash", "assertion.boxesHash", "assertion.bmffHash")
Traces = tuple[Trace, ...]


def read_credentials(data: bytes, image_format: str | None, elsewhere: str | None) -> tuple[Credentials | None, Traces]:
    """The manifest and the marks in it; (None, ()) when there is none. elsewhere: an address that XMP names."""
    none = Credentials(problem=ELSEWHERE) if elsewhere else None
    if MARK not in data or image_format not in FORMATS:
        return none, ()
    try:
        report = _read_report(data, FORMATS[image_format])
        if report is None:
            return none, ()
        manifest = report["manifests"][report["active_manifest"]]
        return _describe(manifest, report), tuple(_find_traces(manifest))
    except Exception:  # the library's own errors, and a report of another shape than we know
        return Credentials(problem=UNREADABLE), ()


def _read_report(data: bytes, mime: str) -> dict[str, Any] | None:
    """What the library says of the manifest; None where the mark was no box's: a word of a caption, or chance."""
    import c2pa  # 50 MB, and most files need none of it

    try:
        with c2pa.Reader(mime, io.BytesIO(data), context=_context()) as reader:
            report: dict[str, Any] = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return None
    return report


@cache
def _context() -> Any:
    import c2pa

    return c2pa.Context.from_dict(OFFLINE)


def _describe(manifest: dict[str, Any], report: dict[str, Any]) -> Credentials:
    signature = manifest.get("signature_info") or {}
    results = report["validation_results"]["activeManifest"]
    passed, failed = ([entry["code"] for entry in results.get(kind, [])] for kind in ("success", "failure"))
    makers = manifest.get("claim_generator_info") or [{"name": manifest.get("claim_generator", "")}]
    return Credentials(
        signer=clean(signature.get("common_name") or ""),
        organisation=clean(signature.get("issuer") or ""),
        signed_at=clean(signature.get("time") or ""),
        signature_holds="claimSignature.validated" in passed and not _any(failed, ("claimSignature", "assertion.hash")),
        content_holds=_any(passed, CONTENT_CHECKS) and not _any(failed, CONTENT_CHECKS),
        made_with=clean(f"{makers[0].get('name', '')} {makers[0].get('version', '')}"),
    )


def _any(codes: list[str], starts: tuple[str, ...]) -> bool:
    return any(code.startswith(starts) for code in codes)


def _find_traces(manifest: dict[str, Any]) -> Iterator[Trace]:
    """The digital source types that the signed actions name."""
    for assertion in manifest.get("assertions", []):
        if str(assertion.get("label")).startswith("c2pa.actions"):
            for action in assertion["data"].get("actions", []):
                code = str(action.get("digitalSourceType", "")).rstrip("/").rpartition("/")[2]
                yield from name_source(code, "Content Credentials")
