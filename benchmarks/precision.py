"""What networks of lower precision would gain and cost: `.venv/bin/python -m benchmarks.precision --data DIR`.

Each network that looks for faces as it is served, in 8-bit integers (ONNX Runtime, static, a scale for each channel,
calibrated on other faces than are measured) and in bfloat16 (OpenVINO, where it is installed), on validation faces.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from detectors.networks.folder import WEIGHTS, Config, read_config, read_network
from detectors.networks.onnx_runtime import open_session
from detectors.scan.crew import use_one_thread
from models.data.datasets import read_samples, select
from models.data.face_index import label_faces
from models.training.batches import crop_all, thin
from registry import Image, judge

KEYS = "efficientnet", "efficientnet-160", "custom-cnn", "blend", "residual"
CALIBRATED_ON = 160  # faces
TIMED = 25  # runs
CACHE = Path("runs") / "faces.json"

Floats = NDArray[np.float64]
Network = Callable[[Image], float]
"""p_fake of one crop as the network takes it, uint8 RGB (1, s, s, 3)."""


def open_onnx(network: bytes) -> Network:
    """A network in ONNX Runtime, as it is served."""
    session = open_session(network)
    return lambda crop: float(session.run(crop)[0][0, 0])


def quantise(network: bytes, crops: Sequence[Image]) -> bytes:
    """The network with its convolutions in 8-bit integers, calibrated on these crops."""
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class CalibrationCrops(CalibrationDataReader):  # type: ignore[misc]
        """The crops, one after the other, as ONNX Runtime asks for them."""

        def __init__(self, name: str) -> None:
            self._left, self._name = iter(crops), name

        def get_next(self) -> dict[str, Image] | None:
            """ONNX Runtime's own method."""
            crop = next(self._left, None)
            return None if crop is None else {self._name: crop[None]}

    import onnx

    with tempfile.TemporaryDirectory() as scratch:
        served, ready, small = (Path(scratch) / name for name in ("served.onnx", "ready.onnx", "small.onnx"))
        served.write_bytes(network)
        quant_pre_process(served, ready, skip_symbolic_shape=True)
        reader = CalibrationCrops(onnx.load(served).graph.input[0].name)
        kinds = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8}
        quantize_static(ready, small, reader, per_channel=True, op_types_to_quantize=["Conv"], **kinds)
        return small.read_bytes()


def open_bfloat16(network: bytes, pixels: int) -> Network | None:
    """The network in OpenVINO, in bfloat16 and with one thread; None where that is not installed."""
    try:
        import openvino
    except ImportError:
        return None
    core = openvino.Core()
    model = core.read_model(network)
    model.reshape([1, pixels, pixels, 3])
    hints = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}
    compiled = core.compile_model(model, "CPU", hints)
    return lambda crop: float(compiled(crop)[0][0, 0])


def time_it(network: Network, crop: Image) -> float:
    """Milliseconds of processor time of one run."""
    network(crop)
    spent = []
    for _ in range(TIMED):
        began = time.process_time()
        network(crop)
        spent.append(time.process_time() - began)
    return 1000 * median(spent)


def measure(config: Config, crops: Sequence[Image], labels: NDArray[np.int64]) -> list[dict[str, Any]]:
    """A row for each precision."""
    order = np.random.default_rng(0).permutation(len(crops))
    fitted, measured = order[:CALIBRATED_ON], np.sort(order[CALIBRATED_ON:])
    network = read_network(WEIGHTS / config.key)
    networks = {
        "float32, as served": open_onnx(network),
        "int8": open_onnx(quantise(network, [crops[index] for index in fitted])),
        "bfloat16": open_bfloat16(network, config.pixels),
    }
    rows: list[dict[str, Any]] = []
    served: Floats | None = None
    for name, one in networks.items():
        if one is None:
            continue
        p_fake = np.array([one(crops[index][None]) for index in measured])
        served = p_fake if served is None else served
        rows.append(
            {
                "network": config.key,
                "precision": name,
                "milliseconds": round(time_it(one, crops[0][None]), 2),
                "auc": round(float(roc_auc_score(labels[measured], p_fake)), 4),
                "labels_changed": round(float(np.mean(_label(p_fake, config) != _label(served, config))), 4),
                "faces": len(measured),
            }
        )
    return rows


def _label(p_fake: Floats, config: Config) -> NDArray[np.str_]:
    named = (judge(float(one), fake_from=config.fake_from, real_until=config.real_until) for one in p_fake)
    return np.array(list(named))


def main() -> None:
    """Measure and print a JSON line for each network and precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True, help="as `facejury models train` has it")
    parser.add_argument("--most", type=int, default=60, help="faces of one source, generator and class")
    given = parser.parse_args()
    use_one_thread()
    faces = thin(label_faces(select(read_samples(given.data), "val"), CACHE)[0], given.most)
    if len(faces) <= CALIBRATED_ON:
        sys.exit(f"{len(faces)} validation faces are too few: {CALIBRATED_ON} are needed for the calibration alone.")
    labels = np.array([face.sample.label for face in faces])
    for key in KEYS:
        config = read_config(WEIGHTS / key)
        for row in measure(config, list(crop_all(faces, config.pixels, config.mode)), labels):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
