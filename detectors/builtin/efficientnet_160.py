"""The same network on smaller faces, trained apart: it errs elsewhere."""

from detectors.networks.folder import WEIGHTS, register_folder
from registry import hookimpl
from registry.hookspecs import Register


@hookimpl
def register_detectors(register: Register) -> None:
    """One detector: models/weights/efficientnet-160."""
    register_folder(register, WEIGHTS / "efficientnet-160")
