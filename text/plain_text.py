"""The one way to show text of strangers: file names, metadata, titles of plugins, error texts.

What would steer a terminal, turn the reading direction, begin another line or show nothing at all is spelt out, as
\\x1b or \\u202e. The command line, the page and the registry use it alike.
"""

import re
import unicodedata

STEERING = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}  # controls, direction and zero-width marks, surrogates, line ends
JOINERS = "\u200c\u200d"  # zero-width; they shape the letters on either side, and belong to the spelling of a word
JOINING = (  # the scripts that use them, as Unicode's names of letters begin
    *("ARABIC", "SYRIAC", "MONGOLIAN", "NKO", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL"),
    *("TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN", "BALINESE", "JAVANESE"),
)
VIRAMA = 9  # combining class of signs that take a letter's vowel: behind one, a joiner also counts at a word's end
INVISIBLE = set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters and marks that show as nothing
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def make_storable(text: str) -> str:
    """The text as every database keeps it, and finds it again: U+FFFD for NUL, and for half a surrogate pair."""
    return UNSTORABLE.sub("\ufffd", text)


def is_visible(text: str) -> bool:
    """Whether each of its characters shows, or is a blank; not those that no Unicode knows."""
    return not any(one in INVISIBLE or unicodedata.category(one) in STEERING | {"Cn"} for one in text)


def show_plainly(text: str, *, keep: str = "") -> str:
    """The text with every such character spelt out. keep: those that are as they should be, such as line ends."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter if letter in keep or (letter in JOINERS and _joins(text, at)) else _spell_out(letter)
        for at, letter in enumerate(text)
    )


def _joins(text: str, at: int) -> bool:
    """Whether the joiner there stands between two letters of a script that uses it, or behind a virama."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return _is_joining(before) and (_is_joining(after) or unicodedata.combining(before) == VIRAMA)


def _is_joining(letter: str) -> bool:
    """Whether this is a letter, or a mark on one, of such a script."""
    name = unicodedata.name(letter, "") if letter else ""
    return unicodedata.category(letter or " ")[0] in "LM" and name.partition(" ")[0] in JOINING


def _spell_out(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # a byte of a file's name that is no UTF-8
        return f"\\x{ord(letter) - 0xDC00:02x}"
    if letter in INVISIBLE or unicodedata.category(letter) in STEERING:
        return letter.encode("unicode_escape").decode("ascii")
    return letter


def show_in_html(value: object) -> object:
    """For a template's `finalize`: a text before it is escaped. HTML is left alone, and line ends, which are blanks."""
    return show_plainly(value, keep="\n\t") if type(value) is str else value
