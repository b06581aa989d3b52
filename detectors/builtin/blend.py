"""The expert on blended faces, which learnt from forgeries of its own making."""

from detectors.networks.folder import WEIGHTS, register_folder
from registry import hookimpl
from registry.hookspecs import Register


@hookimpl
def register_detectors(register: Register) -> None:
    """One detector: models/weights/blend."""
    register_folder(register, WEIGHTS / "blend", looks_for="blending traces")
