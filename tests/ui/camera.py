"""Chromium with a camera that is not there: it shows a film made here, of the portrait that ships with scikit-image."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
from playwright.sync_api import Browser

from tests.conftest import QUIET, QUIETER, find_chromium
from ui.components import examples

WIDTH, HEIGHT = 640, 480


def portrait(side: int = HEIGHT) -> np.ndarray:
    """The portrait of that many pixels a side, uint8 RGB."""
    with PIL.Image.open(examples.portrait()) as picture:
        return np.asarray(picture.convert("RGB").resize((side, side), PIL.Image.Resampling.BOX))


def frame(*faces: np.ndarray, left: int = 80) -> np.ndarray:
    """What a camera sees: the portraits beside each other on grey, uint8 RGB (480, 640, 3)."""
    seen = np.full((HEIGHT, WIDTH, 3), 127, dtype=np.uint8)
    for face in faces:
        seen[: face.shape[0], left : left + face.shape[1]] = face
        left += face.shape[1]
    return seen


def as_jpeg(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def write_film(path: Path, frames: Sequence[np.ndarray]) -> Path:
    """An uncompressed film, as Chromium's pretended camera takes it; it starts over at its end."""
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F20:1 Ip A1:1 C420jpeg\n".encode())
        for pixels in frames:
            film.write(b"FRAME\n" + cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420).tobytes())
    return path


@contextmanager
def with_camera(browser: Browser, film: Path | None, *, allowed: bool = True) -> Iterator[Browser]:
    """Another Chromium of the same Playwright. film: None where there is no camera. allowed: what its user says."""
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"] if film else []
    answer = ["--use-fake-ui-for-media-stream"] if allowed else []
    options = [*QUIET, *QUIETER, *camera, *answer]
    program = find_chromium() if allowed else shutil.which("chromium")  # the shell can ask nobody
    chromium = browser.browser_type.launch(executable_path=program, args=options)
    try:
        yield chromium
    finally:
        chromium.close()
