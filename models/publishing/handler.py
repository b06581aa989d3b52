"""The network of this folder on Hugging Face Inference Endpoints. It needs nothing of Facejury.

Send one face: a square around it, as README.md says. A whole photo gets an answer too, and a worthless one.
"""

import base64
import binascii
import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from PIL import Image, ImageOps

MAX_PIXELS = 50_000_000
MIN_FACE_PIXELS = 64  # longer side of the face


class EndpointHandler:
    """What the endpoint makes once, and calls for each request."""

    def __init__(self, path: str = "") -> None:
        folder = Path(path)
        self.config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])

    def __call__(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """[{"label": "fake" or "real", "score", "verdict"}], the higher score first; the score of fake is p_fake.

        data: {"inputs": a PIL picture, its file in base64, or uint8 RGB (h, w, 3)}. verdict: "fake", "real", or
        "inconclusive" where p_fake lies between the thresholds or the face is small. Raises ValueError.
        """
        face = read_face(data.get("inputs"))
        p_fake, *_ = self.session.run(None, {self.session.get_inputs()[0].name: self.fit(face)[None]})
        p = float(np.clip(p_fake[0, 0], 0, 1))
        scores = sorted({"fake": p, "real": 1 - p}.items(), key=lambda one: -one[1])
        return [{"label": label, "score": score, "verdict": self.judge(p, face)} for label, score in scores]

    def judge(self, p_fake: float, face: np.ndarray) -> str:
        """The verdict on a face of that p_fake."""
        if max(face.shape[:2]) / self.config["crop_side"] < MIN_FACE_PIXELS:
            return "inconclusive"
        if p_fake >= self.config["fake_from"]:
            return "fake"
        return "real" if p_fake < self.config["real_until"] else "inconclusive"

    def fit(self, face: np.ndarray) -> np.ndarray:
        """The face as the network takes it: uint8 RGB (pixels, pixels, 3)."""
        pixels = self.config["pixels"]
        if self.config["mode"] == "resize":
            method = cv2.INTER_AREA if min(face.shape[:2]) > pixels else cv2.INTER_LINEAR
            return cv2.resize(face, (pixels, pixels), interpolation=method)
        margins = [max(0, pixels - side) for side in face.shape[:2]]
        face = np.pad(face, [(margin // 2, margin - margin // 2) for margin in margins] + [(0, 0)], mode="symmetric")
        top, left = ((side - pixels) // 2 for side in face.shape[:2])
        return np.ascontiguousarray(face[top : top + pixels, left : left + pixels])


def read_face(inputs: object) -> np.ndarray:
    """uint8 RGB (h, w, 3), upright. Raises ValueError."""
    try:
        if isinstance(inputs, str):
            inputs = Image.open(io.BytesIO(base64.b64decode(inputs.rpartition(",")[2], validate=True)))
        if isinstance(inputs, Image.Image):
            if inputs.width * inputs.height > MAX_PIXELS:
                raise ValueError(f"inputs must have at most {MAX_PIXELS} pixels")
            if inputs.mode.startswith("I") or inputs.mode == "F":  # Pillow would cut its numbers off at 255
                raise ValueError("inputs must have 8 bits a channel, not grey of 16 bits or of floating-point numbers")
            inputs = np.asarray(ImageOps.exif_transpose(inputs).convert("RGB"))
    except (binascii.Error, OSError, Image.DecompressionBombError) as error:
        raise ValueError("inputs must be a picture, or a picture's file in base64") from error
    if not isinstance(inputs, np.ndarray) or inputs.dtype != np.uint8 or inputs.ndim != 3 or inputs.shape[2] != 3:
        raise ValueError("inputs must be a picture")
    return inputs
