"""Forgeries made here, for measuring and for learning."""
