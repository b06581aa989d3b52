"""Untrusted plugins in processes of their own."""
