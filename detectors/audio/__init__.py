"""A sound before the detectors that hear: windows, scores over time, and a band in words."""
