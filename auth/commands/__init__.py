"""The operator's command line: `facejury users` and `facejury feedback`."""
