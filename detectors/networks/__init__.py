"""A model folder as a detector: its files, ONNX checks, the Hub, and what is known of it."""
