"""The command line of the jury: `facejury compare`, `scan` and `detectors`, one module each."""
