"""One face before the chosen detectors, and one verdict from theirs."""
