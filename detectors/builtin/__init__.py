"""The detectors that come with Facejury, one plugin each."""
