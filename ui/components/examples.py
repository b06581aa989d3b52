"""Two pictures to try that need no download: a portrait, and a forgery of it made here. Made on first use."""

import atexit
import importlib.util
import shutil
import tempfile
from functools import cache
from pathlib import Path

import PIL.Image

from detectors.forgery.blend import forge
from detectors.inputs.images import read_image

SEED = 8  # of the forgery: a whole face, softer than what surrounds it


@cache
def portrait() -> Path:
    """NASA's portrait of Eileen Collins, public domain, which scikit-image ships."""
    package = importlib.util.find_spec("skimage")  # found, not imported
    if package is None or package.origin is None:
        raise ModuleNotFoundError("the package scikit-image, which carries the portrait, is not installed")
    return Path(shutil.copy(Path(package.origin).with_name("data") / "astronaut.png", _folder() / "portrait.png"))


@cache
def forgery() -> Path:
    """The portrait with its face forged by our own code."""
    path = _folder() / "forgery.png"
    PIL.Image.fromarray(forge(read_image(portrait()).pixels, seed=SEED).image).save(path)
    return path


@cache
def _folder() -> Path:
    """Where they lie until this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="facejury-examples-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
