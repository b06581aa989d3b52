"""How a picture becomes verdicts. The serving side: onnxruntime, opencv and numpy; neither tensorflow nor keras."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = (
    "1"  # ONNX Runtime from 1.29 on reports to its maker, unless told so before import
)
