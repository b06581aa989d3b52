"""How a picture becomes verdicts. The serving side: onnxruntime, opencv and numpy; neither tensorflow nor keras."""
