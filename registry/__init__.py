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
)
from registry.hookspecs import PROJECT, hookimpl, hookspec
from registry.manager import Problem, Registry, UnknownDetectorError, load_registry

__all__ = [
    "PROJECT",
    "Detector",
    "DetectorSpec",
    "Finding",
    "Heatmap",
    "Image",
    "Label",
    "Problem",
    "Registry",
    "UnknownDetectorError",
    "Verdict",
    "hookimpl",
    "hookspec",
    "judge",
    "load_registry",
    "read_finding",
]
