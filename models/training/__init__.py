"""From faces to trained and calibrated weights."""
