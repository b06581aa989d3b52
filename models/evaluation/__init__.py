"""From weights to figures, each with its interval."""
