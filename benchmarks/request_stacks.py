"""One request, from JPEG bytes to verdict and overlay: as it is done here, and as most would write it."""

import io
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import cv2
import numpy as np
import PIL.Image
import simplejpeg  # type: ignore[import-untyped]

from benchmarks.network_stacks import Tasks, load_keras_model
from benchmarks.pictures import photo
from detectors.faces.crop import crop_face
from detectors.faces.find import find_faces
from detectors.inputs.images import read_image
from detectors.networks.folder import WEIGHTS, OnnxDetector, fit, load_folder
from registry import Heatmap, Image

EVIDENCE = "evidence"  # the layer whose input Grad-CAM looks at
NAIVE_PIXELS = 640  # longer side that MTCNN is given; on all twelve megapixels it takes many times as long
MAP_OPACITY = 0.4  # of the heat map over the face


def open_request(key: str) -> Tasks:
    """From JPEG bytes to verdict and overlay as it is done here, and each step alone, with the floor of some."""
    detector, data = load_folder(WEIGHTS / key), photo()
    pixels = read_image(data).pixels
    box = find_faces(pixels)[0].box
    crop = crop_face(pixels, box)
    fitted = fit(crop, detector.config.pixels, detector.config.mode)
    _, heatmap = detector.examine(crop)
    assert heatmap is not None
    memory = np.empty_like(pixels)
    return {
        "request": partial(_request, detector, data),
        "decode": lambda: read_image(data).pixels,
        "decode, libjpeg": lambda: simplejpeg.decode_jpeg(data, "RGB", buffer=memory),
        "faces": lambda: find_faces(pixels),
        "crop and resize": lambda: fit(crop_face(pixels, box), detector.config.pixels, detector.config.mode),
        "crop, one copy": crop.copy,
        "network": lambda: detector.session.run(fitted[None]),
        "overlay": lambda: draw_overlay(crop, heatmap),
        "overlay, JPEG only": lambda: cv2.imencode(".jpg", crop),
    }


def _request(detector: OnnxDetector, data: bytes) -> bytes:
    pixels = read_image(data).pixels
    crop = crop_face(pixels, find_faces(pixels)[0].box)
    _, heatmap = detector.examine(crop)
    assert heatmap is not None
    return draw_overlay(crop, heatmap)


def draw_overlay(crop: Image, heatmap: Heatmap) -> bytes:
    """The heat map over the face, as a JPEG."""
    size = crop.shape[1], crop.shape[0]
    levels = np.rint(cv2.resize(heatmap, size, interpolation=cv2.INTER_LINEAR) * 255).astype(np.uint8)
    colour = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)
    blended = cv2.addWeighted(cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), 1 - MAP_OPACITY, colour, MAP_OPACITY, 0)
    return bytes(cv2.imencode(".jpg", blended)[1])


def open_naive(key: str) -> Tasks:
    """The same request as most would write it: Pillow, MTCNN where installed, `predict`, Grad-CAM by gradients."""
    model, data = load_keras_model(key), photo()
    find, look = _naive_finder(), _gradient_cam(model)
    return {"naive": partial(_naive_request, model, find, look, data)}


def is_installed(package: str) -> bool:
    """Whether an optional package is here; asked without importing it."""
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def naive_finder_name() -> str:
    """Who finds the faces in the naive stack."""
    return "MTCNN" if is_installed("mtcnn") else "CenterFace (MTCNN is not installed)"


def _naive_request(model: Any, find: Callable[[Image], Any], look: Callable[[Image], Heatmap], data: bytes) -> bytes:
    picture = PIL.Image.open(io.BytesIO(data)).convert("RGB")
    small = picture.copy()
    small.thumbnail((NAIVE_PIXELS, NAIVE_PIXELS))
    scale = picture.width / small.width
    left, top, right, bottom = (scale * side for side in find(np.array(small)))
    face = picture.crop((round(left), round(top), round(right), round(bottom)))
    batch = np.array(face.resize(model.input.shape[1:3]))[None]
    model.predict(batch, verbose=0)
    return draw_overlay(np.array(face), look(batch))


def _naive_finder() -> Callable[[Image], tuple[float, ...]]:
    """Left, top, right, bottom of the first face."""
    if not is_installed("mtcnn"):
        return lambda image: find_faces(image)[0].box
    from mtcnn import MTCNN

    finder = MTCNN()

    def find(image: Image) -> tuple[float, ...]:
        left, top, width, height = finder.detect_faces(image)[0]["box"]
        return left, top, left + width, top + height

    return find


def _gradient_cam(model: Any) -> Callable[[Image], Heatmap]:
    """Grad-CAM as in Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391, equation 1 and 2."""
    import keras
    import tensorflow as tf

    both = keras.Model(model.input, [model.get_layer(EVIDENCE).input, model.output[0]])

    def look(batch: Image) -> Heatmap:
        with tf.GradientTape() as tape:
            features, p_fake = both(batch)
        weights = tf.reduce_mean(tape.gradient(p_fake, features), axis=(1, 2), keepdims=True)
        heat = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1))[0].numpy()
        return np.asarray(heat / max(float(heat.max()), 1e-9), dtype=np.float32)

    return look
