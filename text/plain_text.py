"""The one way to show text of strangers: file names, metadata, titles of plugins, error texts.

What would steer a terminal, turn the reading direction, begin another line or show nothing at all is spelt out, as
\\x1b or \\u202e. The command line, the page and the registry use it alike.
"""

import unicodedata

STEERING = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}  # controls, direction and zero-width marks, surrogates, line ends
INVISIBLE = set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and marks that show as nothing


def show_plainly(text: str, *, keep: str = "") -> str:
    """The text with every such character spelt out. keep: those that are as they should be, such as line ends."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter in keep else _spell_out(letter) for letter in text)


def _spell_out(letter: str) -> str:
    if letter in INVISIBLE or unicodedata.category(letter) in STEERING:
        return letter.encode("unicode_escape").decode("ascii")
    return letter


def show_in_html(value: object) -> object:
    """For a template's `finalize`: a text before it is escaped. HTML is left alone, and line ends, which are blanks."""
    return show_plainly(value, keep="\n\t") if type(value) is str else value
