"""The small network trained from scratch."""

from detectors.networks.folder import WEIGHTS, register_folder
from registry import hookimpl
from registry.hookspecs import Register


@hookimpl
def register_detectors(register: Register) -> None:
    """One detector: models/weights/custom-cnn."""
    register_folder(register, WEIGHTS / "custom-cnn")
