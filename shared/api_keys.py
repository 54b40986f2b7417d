"""The form of API keys: `opp_`, 30 random characters and 6 of a checksum, all of them letters and digits.

The checksum tells a key that was mistyped or cut off from one that was revoked, without asking anybody, and keeps
scanners for leaked secrets from crying wolf.
"""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "opp_"
HINT_CHARACTERS = len(PREFIX) + 4
"""So much of a key is kept and shown, for its owner to know it by."""
_ALPHABET = string.digits + string.ascii_letters
_RANDOM_CHARACTERS = 30  # 178 bits
_CHECK_CHARACTERS = 6
_FORM = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{_RANDOM_CHARACTERS}}})([0-9A-Za-z]{{{_CHECK_CHARACTERS}}})")


def new_api_key() -> str:
    """A fresh key of 40 characters."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return PREFIX + random + _checksum(random)


def looks_like_api_key(text: str) -> bool:
    """Whether it means to be one."""
    return text.startswith(PREFIX)


def is_well_formed(text: str) -> bool:
    """Whether it has the length, the characters and the checksum of a key."""
    parts = _FORM.fullmatch(text)
    return parts is not None and parts[2] == _checksum(parts[1])


def hash_of(key: str) -> bytes:
    """What is kept of a key. SHA-256 is enough for so many random bits."""
    return hashlib.sha256(key.encode()).digest()


def _checksum(random: str) -> str:
    number = zlib.crc32(random.encode())
    digits = []
    for _ in range(_CHECK_CHARACTERS):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
