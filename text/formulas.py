"""The one guard of every CSV that leaves here: no spreadsheet may take a cell for a formula."""

import unicodedata

STARTS = ("=", "+", "-", "@", "'")  # OWASP, CSV injection; and ' itself, so that it can be undone
CONTROLS = ("\t", "\r", "\n")


def neutralise(cell: object) -> object:
    """The cell; a text that begins like a formula gets a ' in front.

    Spreadsheets pass over leading blanks, and some read full-width signs (\uff1d, \uff0b) as their plain ones.
    """
    if not isinstance(cell, str):
        return cell
    plain = unicodedata.normalize("NFKC", cell)
    return f"'{cell}" if plain.lstrip().startswith(STARTS) or cell.startswith(CONTROLS) else cell
