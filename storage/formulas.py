"""The one guard of every CSV that leaves here: no spreadsheet may take a cell for a formula.

It imports nothing, so that the scan of the detectors uses it as well as the history.
"""

STARTS = ("=", "+", "-", "@", "\t", "\r", "'")  # OWASP, CSV injection; and ' itself, so that it can be undone


def neutralise(cell: object) -> object:
    """The cell; a text that begins like a formula gets a ' in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(STARTS) else cell
