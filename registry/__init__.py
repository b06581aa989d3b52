"""What a detector is, and which detectors are here."""

from registry.contract import (
    Detector,
    DetectorSpec,
    Finding,
    Heatmap,
    Image,
    Label,
    Verdict,
    judge,
    read_finding,
    to_examine,
)
from registry.hookspecs import PROJECT, hookimpl, hookspec
from registry.manager import (
    Plugin,
    Problem,
    Registry,
    UnknownDetectorError,
    load_registry,
    reopen,
)

__all__ = [
    "PROJECT",
    "Detector",
    "DetectorSpec",
    "Finding",
    "Heatmap",
    "Image",
    "Label",
    "Plugin",
    "Problem",
    "Registry",
    "UnknownDetectorError",
    "Verdict",
    "hookimpl",
    "hookspec",
    "judge",
    "load_registry",
    "read_finding",
    "reopen",
    "to_examine",
]
