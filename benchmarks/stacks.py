"""What `facejury models speed` puts side by side: each stack in a process of its own, called again and again.

A stack is opened by name and gives its tasks: what is timed, each a function without arguments. The network stacks
have the same crop; the request stacks the same JPEG, and draw the same overlay.
"""

import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray

from detectors.conformance import samples
from detectors.faces.find import crop_face, find_faces
from detectors.inputs.images import decode_image
from detectors.jury.compare import compare
from detectors.jury.judge import Jury
from detectors.networks.folder import WEIGHTS, OnnxDetector, fit, load_folder, read_config, read_network
from registry import DetectorSpec, Heatmap, Image, load_registry

KERAS_MODEL = "model.keras"
EVIDENCE = "evidence"  # the layer whose input Grad-CAM looks at
MATRIX = 1536  # side of the matrices whose product is the measured peak: 7.2 GFLOP
WIDTH, HEIGHT, QUALITY = 4000, 3000, 80  # a 12-megapixel photo
GRAIN = 6.0  # standard deviation of its noise, in levels: about 2 MB, as from a camera
NAIVE_PIXELS = 640  # longer side that MTCNN is given; on all twelve megapixels it takes many times as long
MAP_OPACITY = 0.4  # of the heat map over the face

Task = Callable[[], object]
Tasks = dict[str, Task]


@cache
def photo() -> bytes:
    """The portrait as a photo of 12 megapixels: a JPEG with a camera's grain."""
    large = cv2.resize(samples.photo(), (WIDTH, WIDTH), interpolation=cv2.INTER_CUBIC)[:HEIGHT]
    grain = np.random.default_rng(0).normal(0, GRAIN, (*large.shape[:2], 1))
    return _as_jpeg(np.clip(large + grain, 0, 255).astype(np.uint8))


def crowd(columns: int = 8, rows: int = 5) -> bytes:
    """A JPEG of forty faces."""
    return _as_jpeg(np.tile(samples.photo()[:256, 100:356], (rows, columns, 1)))


def _as_jpeg(pixels: Image) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def open_onnx(key: str) -> Tasks:
    """The network as it is served, and without its heat map."""
    import onnx

    from detectors.networks.onnx_runtime import open_session

    batch = _crop(key)[None]
    graph = onnx.ModelProto.FromString(read_network(WEIGHTS / key))
    del graph.graph.output[1:]
    served, bare = open_session(read_network(WEIGHTS / key)), open_session(graph.SerializeToString())
    return {"onnx": lambda: served.run(batch), "onnx without map": lambda: bare.run(batch)}


def open_predict(key: str) -> Tasks:
    """The same network as Keras gives it to most: `model.predict`."""
    model, batch = _keras_model(key), _crop(key)[None]
    return {"predict": lambda: model.predict(batch, verbose=0)}


def open_savedmodel(key: str) -> Tasks:
    """The same network as a TensorFlow SavedModel, numpy in and out."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as scratch:
        _keras_model(key).export(scratch, format="tf_saved_model", verbose=False)
        served = tf.saved_model.load(scratch)
        batch = _crop(key)[None]
        call = partial(_call_savedmodel, served, batch)
        call()  # variables are read with the first call at the latest
    return {"savedmodel": call}


def _call_savedmodel(served: Any, batch: Image) -> list[NDArray[Any]]:
    return [output.numpy() for output in served.serve(batch)]


def open_torch(key: str) -> Tasks:
    """The same network in PyTorch, in eager mode. Raises ExportError where its answer differs."""
    from benchmarks.torch_graph import open_in_torch
    from models.errors import ExportError

    run, batch = open_in_torch(read_network(WEIGHTS / key)), _crop(key)[None]
    expected, found = load_folder(WEIGHTS / key).examine(samples.portrait())[0], run(batch)
    if abs(expected - found) > 1e-4:
        raise ExportError(f"PyTorch gives {found:.6f}, ONNX Runtime {expected:.6f}")
    return {"torch": lambda: run(batch)}


def open_peak(_: str) -> Tasks:
    """The largest matrix product at hand: what this machine can do at most, in this very run."""
    import onnx

    from detectors.networks.onnx_runtime import open_session

    ones = np.ones((MATRIX, MATRIX), np.float32)
    real, shape = onnx.TensorProto.FLOAT, [MATRIX, MATRIX]
    values = [onnx.helper.make_tensor_value_info(name, real, shape) for name in "ac"]
    node = onnx.helper.make_node("MatMul", ["a", "b"], ["c"])
    constant = onnx.numpy_helper.from_array(ones, "b")
    graph = onnx.helper.make_graph([node], "product", values[:1], values[1:], [constant])
    opset = [onnx.helper.make_opsetid("", 17)]
    session = open_session(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString())
    return {"numpy": lambda: ones @ ones, "onnxruntime": lambda: session.run(ones)}


def open_request(key: str) -> Tasks:
    """From JPEG bytes to verdict and overlay as it is done here, and each step alone, with the floor of some."""
    detector, data = load_folder(WEIGHTS / key), photo()
    pixels = decode_image(data)
    box = find_faces(pixels)[0].box
    crop = crop_face(pixels, box)
    fitted = fit(crop, detector.config.pixels, detector.config.mode)
    _, heatmap = detector.examine(crop)
    encoded = np.frombuffer(data, np.uint8)
    return {
        "request": partial(_request, detector, data),
        "decode": lambda: decode_image(data),
        "decode, OpenCV": lambda: cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB),
        "faces": lambda: find_faces(pixels),
        "crop and resize": lambda: fit(crop_face(pixels, box), detector.config.pixels, detector.config.mode),
        "crop, one copy": crop.copy,
        "network": lambda: detector.session.run(fitted[None]),
        "overlay": lambda: draw_overlay(crop, heatmap),
        "overlay, JPEG only": lambda: cv2.imencode(".jpg", crop),
    }


def _request(detector: OnnxDetector, data: bytes) -> bytes:
    pixels = decode_image(data)
    crop = crop_face(pixels, find_faces(pixels)[0].box)
    _, heatmap = detector.examine(crop)
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
    model, data = _keras_model(key), photo()
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


def open_jury(_: str) -> Tasks:
    """Every built-in detector on one face: each alone, and all side by side as in a request."""
    jury, face = Jury(_builtins()), samples.portrait()
    pool = ThreadPoolExecutor(len(jury.specs))
    alone = {f"alone: {spec.key}": partial(jury.judge, spec, face) for spec in jury.specs}
    return {**alone, "together": lambda: list(pool.map(partial(jury.judge, image=face), jury.specs))}


def open_large(_: str) -> Tasks:
    """A 12-megapixel photo before the whole jury."""
    return _judged(photo())


def open_crowd(_: str) -> Tasks:
    """Forty faces before the whole jury."""
    return _judged(crowd())


def open_eight(_: str) -> Tasks:
    """Eight detectors on a 12-megapixel photo: the built-in ones, as often as it takes."""
    ours = _builtins()
    return _judged(photo(), *(_again(ours[place % len(ours)], place) for place in range(8)))


def _again(spec: DetectorSpec, place: int) -> DetectorSpec:
    return replace(spec, key=f"{spec.key}-{place}")


def open_scan(_: str) -> Tasks:
    """A portrait as a scan judges it, in one process with one thread."""
    from detectors.scan.crew import use_one_thread

    use_one_thread()
    return _judged(portrait())


def portrait() -> bytes:
    """A JPEG of 512 x 512 pixels with one face."""
    return _as_jpeg(samples.photo())


def _judged(data: bytes, *specs: DetectorSpec) -> Tasks:
    jury = Jury(specs or _builtins())
    return {"judge": lambda: compare(data, jury)}


def _builtins() -> tuple[DetectorSpec, ...]:
    return tuple(spec for spec in load_registry() if spec.builtin)


def _crop(key: str) -> Image:
    config = read_config(WEIGHTS / key)
    return fit(samples.portrait(), config.pixels, config.mode)


def _keras_model(key: str) -> Any:
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    return keras.saving.load_model(Path(WEIGHTS / key / KERAS_MODEL), compile=False)


STACKS: Mapping[str, Callable[[str], Tasks]] = {
    "onnx": open_onnx,
    "predict": open_predict,
    "savedmodel": open_savedmodel,
    "torch": open_torch,
    "peak": open_peak,
    "request": open_request,
    "naive": open_naive,
    "jury": open_jury,
    "12 megapixels": open_large,
    "forty faces": open_crowd,
    "eight detectors": open_eight,
    "scan": open_scan,
}


def serve(stack: str, key: str) -> None:
    """Answer on standard output, in JSON: once when everything has run once, and then each line of seconds.

    Such a line is answered by the milliseconds of every call that was made in so much time, by task.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    tasks = STACKS[stack](key)
    _forget_peak()
    for task in tasks.values():
        task()
    print(json.dumps(_held()), file=answers)
    for line in sys.stdin:
        times = {name: _call_for(task, float(line)) for name, task in tasks.items()}
        print(json.dumps({"ms": times, **_held()}), file=answers)


def _call_for(task: Task, seconds: float) -> list[float]:
    """The milliseconds of each call; at least one."""
    times: list[float] = []
    ends = time.perf_counter() + seconds
    while not times or time.perf_counter() < ends:
        began = time.perf_counter()
        task()
        times.append((time.perf_counter() - began) * 1000)
    return times


def _forget_peak() -> None:
    """Let the most memory held so far count as none: making the pictures is not what is measured. Linux."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _held() -> dict[str, float]:
    """Megabytes in memory, now and at most. Linux."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kilobytes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return {"megabytes": int(kilobytes["VmRSS"]) / 1e3, "peak_megabytes": int(kilobytes["VmHWM"]) / 1e3}


if __name__ == "__main__":
    serve(*sys.argv[1:])
