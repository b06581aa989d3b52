"""How texts are compared where spelling does not matter: full-width letters, ANNA and anna are one, composed or not."""

import unicodedata


def fold(text: str) -> str:
    """Unicode's caseless form of a text, the same for every database and however a system spells é."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def fold_line(text: str) -> str:
    """The same in one line, with single blanks."""
    return " ".join(fold(text).split())
