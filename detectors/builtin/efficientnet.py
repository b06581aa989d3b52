"""The network transfer-learned from ImageNet."""

from detectors.networks.folder import WEIGHTS, register_folder
from registry import hookimpl
from registry.hookspecs import Register


@hookimpl
def register_detectors(register: Register) -> None:
    """One detector: models/weights/efficientnet."""
    register_folder(register, WEIGHTS / "efficientnet")
