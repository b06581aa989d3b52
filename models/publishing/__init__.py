"""From weights and figures to what others get: ONNX, model cards, the Hub, a Space."""
