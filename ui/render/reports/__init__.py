"""Reports: one HTML file each that needs nothing else, to be printed or kept."""
