"""How easy a password is to guess, judged within a bounded time.

zxcvbn tries every reading of characters that stand for letters (`@` for a, `$` for s), so that a hundred chosen ones
keep it busy for ten seconds and more. Two bounds keep it to about the time of one hash: it sees the first
JUDGED_CHARACTERS, and of the signs that stand for letters only the first MOST_SIGNS different ones. Digits stay.
"""

from collections.abc import Sequence

from zxcvbn import zxcvbn

LEAST_SCORE = 3  # of 4: safely unguessable in an offline attack on a slow hash
JUDGED_CHARACTERS = 48  # what is strong so far stays strong
MOST_SIGNS = 3
_SIGNS = "@({[<!|$+%"
# Each stands for one sign, so that repetitions remain; none stands for a letter, and no two follow one another.
_STAND_INS = {sign: chr(0x2200 + 97 * index) for index, sign in enumerate(_SIGNS)}


def weakness(password: str, context: Sequence[str]) -> str:
    """Why the password is easy to guess, as a sentence without its subject; empty when it is not.

    `context` holds words that belong to its owner or to this platform.
    """
    found = zxcvbn(_bounded(password), user_inputs=list(context), max_length=JUDGED_CHARACTERS)
    if found["score"] >= LEAST_SCORE:
        return ""
    warning = str(found["feedback"]["warning"]).rstrip(".")
    return f"is easy to guess: {warning[:1].lower()}{warning[1:]}" if warning else "is easy to guess"


def _bounded(password: str) -> str:
    judged = password[:JUDGED_CHARACTERS]
    signs = [sign for sign in dict.fromkeys(judged) if sign in _STAND_INS]
    return judged.translate({ord(sign): _STAND_INS[sign] for sign in signs[MOST_SIGNS:]})
