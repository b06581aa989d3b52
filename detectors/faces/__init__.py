"""Find, crop and track faces: the one framing of training, evaluation and serving."""
