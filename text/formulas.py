"""The one guard of every CSV that leaves here: no spreadsheet may take a cell, or a part of one, for a formula."""

import re
import unicodedata

STARTS = ("=", "+", "-", "@", "'")  # OWASP, CSV injection; and ' itself, so that it can be undone
CONTROLS = ("\t", "\r", "\n")
# Where a spreadsheet may begin another cell: Excel splits at ; wherever the comma is the decimal point, and takes no
# notice of quotation marks that do not stand at a cell's beginning.
BREAKS = re.compile(r"([;\t\r\n])")
PASSED_OVER = re.compile(r'[\s"]*')  # in front of a formula: blanks, and quotation marks that such a cell may open with


def neutralise(cell: object) -> object:
    """The cell; a text that begins like a formula gets a ' in front, and so does each part behind ;, tab or line end.

    Spreadsheets pass over leading blanks, and some read full-width signs (\uff1d, \uff0b) as their plain ones.
    """
    if not isinstance(cell, str):
        return cell
    guarded = "".join(f"'{part}" if _is_formula(part) else part for part in BREAKS.split(cell))
    return f"'{guarded}" if cell.startswith(CONTROLS) else guarded


def _is_formula(part: str) -> bool:
    return PASSED_OVER.sub("", unicodedata.normalize("NFKC", part), count=1).startswith(STARTS)
