"""The networks and their life: data, training, calibration, export, evaluation. The training side: keras."""
