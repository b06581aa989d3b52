"""What a password may be, and its bcrypt hash. Pure functions; a hash takes about 0.2 s, so call them in a thread."""

import unicodedata

import bcrypt
from zxcvbn import zxcvbn  # type: ignore[import-untyped]

MIN_CHARACTERS = 8  # NIST SP 800-63B, 5.1.1.1
MAX_BYTES = 72  # bcrypt reads no further
ROUNDS = 12  # 2**12 rounds, about 0.2 s on one core
LEAST_SCORE = 2  # of zxcvbn's 0 to 4: a million guesses and more (Wheeler 2016)
RATED_CHARACTERS = 20  # of the beginning: what is longer and made of signs for letters takes zxcvbn seconds
RULE = "A password needs at least 8 characters and at most 72 bytes (accents and emoji take several)."

GUESSABLE = (
    "This password would soon be guessed: many people have it, or it is made of names, dates or neighbouring keys. "
    "Three or four words that have nothing to do with each other are better."
)


class PasswordRefused(ValueError):
    """The password may not be one; the text is RULE or GUESSABLE, meant for the visitor."""


def _as_bytes(password: str) -> bytes:
    """The bytes that are hashed: NFKC first, so that every keyboard's é is the same é."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", errors="replace")


def is_allowed(password: str) -> bool:
    """True for 8 characters to 72 bytes without NUL, which some bcrypt libraries stop at."""
    return len(password) >= MIN_CHARACTERS and len(_as_bytes(password)) <= MAX_BYTES and "\0" not in password


def check_new(password: str, *, name: str) -> None:
    """Raises PasswordRefused for what a user of that name should not choose: outside the rule, or soon guessed."""
    if not is_allowed(password):
        raise PasswordRefused(RULE)
    if zxcvbn(password[:RATED_CHARACTERS], user_inputs=[name, "facejury"])["score"] < LEAST_SCORE:
        raise PasswordRefused(GUESSABLE)


def hash_password(password: str, *, rounds: int = ROUNDS) -> str:
    """The bcrypt hash, 60 ASCII characters. Raises PasswordRefused outside the rule."""
    if not is_allowed(password):
        raise PasswordRefused(RULE)
    return bcrypt.hashpw(_as_bytes(password), bcrypt.gensalt(rounds)).decode("ascii")


def verify_password(password: str, stored: str | None, *, rounds: int = ROUNDS) -> bool:
    """True if `password` made `stored`. Takes as long for no account (None) and for a password that cannot be one."""
    usable = stored is not None and is_allowed(password)
    against = stored if stored is not None else f"$2b${rounds:02d}$" + "." * 53  # well formed, and nobody's hash
    matches = bcrypt.checkpw(_as_bytes(password) if usable else b"nobody", against.encode("ascii"))
    return usable and matches


def is_outdated(stored: str, *, rounds: int = ROUNDS) -> bool:
    """True if `stored` was made at another cost, so that the next sign-in should hash again."""
    return int(stored.split("$")[2]) != rounds
