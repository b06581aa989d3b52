"""Untrusted sound files to samples."""
