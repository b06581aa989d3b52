"""The expert on synthetic voices, which learnt from real speech and the same speech vocoded."""

from detectors.networks.folder import WEIGHTS, register_folder
from registry import hookimpl
from registry.hookspecs import Register


@hookimpl
def register_detectors(register: Register) -> None:
    """One detector: models/weights/voice."""
    register_folder(register, WEIGHTS / "voice", looks_for="vocoders and synthesisers")
