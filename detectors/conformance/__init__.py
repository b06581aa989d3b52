"""What an author runs: a plugin to start from, and the checks a detector must pass."""
