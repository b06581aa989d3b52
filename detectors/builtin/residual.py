"""The expert on generated faces, which sees only high-frequency residuals of native pixels."""

from detectors.networks.folder import WEIGHTS, register_folder
from registry import hookimpl
from registry.hookspecs import Register


@hookimpl
def register_detectors(register: Register) -> None:
    """One detector: models/weights/residual."""
    register_folder(register, WEIGHTS / "residual", looks_for="generator traces")
