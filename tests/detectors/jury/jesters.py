"""An installed plugin with detectors whose answers are known, and pictures to try them on."""

from pathlib import Path

import numpy as np

from tests.detectors.pictures import encode, montage, portrait

# A real plugin, found by its entry point: detectors whose answers are known, and some that misbehave.
PLUGIN = """
import pluggy

hookimpl = pluggy.HookimplMarker("facejury")


def fail(image):
    raise RuntimeError("no luck with /home/somebody/secret/file.bin today")


def load_nothing():
    raise OSError("the weights are not here")


ANSWERS = {
    "says-fake": lambda image: 0.9,
    "says-real": lambda image: 0.1,
    "unsure": lambda image: 0.5,
    "raises": fail,
    "not-a-number": lambda image: float("nan"),
    "too-sure": lambda image: 1.5,
    "talks": lambda image: "fake",
    "scribbles": lambda image: float(image.mean() > 0) if image.fill(0) is None and image.max() == 0 else 0.0,
}


@hookimpl
def register_detectors(register):
    for key, answer in ANSWERS.items():
        register(key=key, title=key.title(), load=lambda answer=answer: answer, fake_from=0.7, real_until=0.3)
    register(key="cannot-load", title="Cannot Load", load=load_nothing)
    register(key="sees-all", title="Sees All", load=lambda: lambda image: image.shape[1] / 1000, expects="image")
"""


def furnish(room: Path) -> None:
    """Put the plugin, found by its entry point in site/, and some pictures into a folder."""
    installed = room / "site" / "jesters-1.0.dist-info"
    installed.mkdir(parents=True)
    (room / "site" / "jesters.py").write_text(PLUGIN)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: jesters\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[facejury]\njesters = jesters\n")
    (room / "portrait.png").write_bytes(encode(portrait()))
    (room / "montage.jpg").write_bytes(encode(montage(), "JPEG", quality=95))
    (room / "small.png").write_bytes(encode(np.ascontiguousarray(portrait()[::2, ::2])))
    (room / "wall.png").write_bytes(encode(np.full((90, 120, 3), 127, np.uint8)))
    (room / "notes.jpg").write_text("no picture")
