"""Names in the order in which a reader looks for them.

A small key rather than the whole Unicode collation: without its tables it takes no memory, and for Latin scripts with
accents it orders as French and English dictionaries do (letters first, then accents, then capitals). PyICU needs a C
library on every machine, and pyuca reads a table of 10 MB to the same end.
"""

import unicodedata

_WRITTEN_OUT = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "’": "'"})


def sort_key(name: str) -> tuple[str, str, str]:
    """By letters without accents and case, then by accents, then by case."""
    folded = name.casefold().translate(_WRITTEN_OUT)
    apart = unicodedata.normalize("NFD", folded)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)), apart, name.swapcase()
