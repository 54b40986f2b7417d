"""The one normaliser of what is looked up whole: titles, citations, defined terms, marginal notes.

Stored keys and queries pass through the same functions, so that they meet whatever the case, accents and punctuation.
"""

import re
import unicodedata
from functools import lru_cache

MAX_NORM = 200
"""Characters of a key that are kept; longer ones are compared by their beginning."""

_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l"})
_NOT_WORD = re.compile(r"[\W_]+")
_ASCII = str.maketrans({chr(n): chr(n).lower() if chr(n).isalnum() else " " for n in range(128)})
_INITIALS = re.compile(r"\b(?:[a-z]\. ?){2,}")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th|er|re|e)\b")
_LETTER_DIGIT = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])")

CITATION_SYNONYMS: dict[str, str] = {
    # The word for a chapter of the statutes.
    "ch": "c", "chap": "c", "chapter": "c", "chapitre": "c", "cap": "c",
    # Canada: consolidated and annual statutes, and the two series of instruments.
    "lrc": "rsc", "lr": "rs", "srrc": "rsc", "lc": "sc", "dors": "sor", "tr": "si",
    # Sections and supplements.
    "art": "s", "article": "s", "section": "s", "sec": "s", "supp": "suppl", "supplement": "suppl",
    "no": "n", "num": "n", "nr": "n",
}  # fmt: skip
"""Words of a citation that mean the same, by what they become. Everything else in this module knows no country."""


_KIND_WORDS = {
    "en": re.compile(r" (?:acts?|regulations?|orders?|rules|by ?laws?|code)(?: (?:n|no) \d+)?(?: \d{4})?$|^the "),
    "fr": re.compile(
        r"^(?:loi|reglement|decret|arrete|ordonnance|code|regles)"
        r"(?: (?:concernant|relatif a|relative a|portant|sur|de|d))?(?: (?:l|la|le|les|du|des|d))? "
    ),
}
"""What a title says of the kind of text, by language; people leave it out."""


def fold(text: str) -> str:
    """Lower case, without accents, ligatures and invisible marks. Punctuation and spacing stay.

    One character may become two (œ, ß); use it on single words when positions matter.
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.translate(_INVISIBLE)).casefold().translate(_LETTERS)
    return "".join(c for c in text if not unicodedata.combining(c))


def key_of(text: str) -> str:
    """The key of a title, term or note: folded words with single spaces."""
    if text.isascii():
        return " ".join(text.translate(_ASCII).split())[:MAX_NORM].rstrip()
    return _NOT_WORD.sub(" ", fold(text)).strip()[:MAX_NORM].rstrip()


def name_of(title_key: str, lang: str) -> str:
    """A title's key without the words for its kind: `access to information act` becomes `access to information`.

    Empty when nothing telling is left.
    """
    words = _KIND_WORDS.get(lang.split("-", 1)[0])
    name = words.sub("", title_key) if words else title_key
    return name if name != title_key and len(name) >= 4 else ""


@lru_cache(maxsize=4096)
def citation_key(text: str) -> str:
    """The key of a citation: `R.S.C., 1985, c. A-1` and `L.R.C. (1985), ch. A-1` give the same one."""
    text = _INITIALS.sub(lambda found: found[0].replace(".", "").replace(" ", "") + " ", fold(text))
    text = _ORDINAL.sub(r"\1", text)
    text = _LETTER_DIGIT.sub(" ", _NOT_WORD.sub(" ", text))
    return " ".join(CITATION_SYNONYMS.get(word, word) for word in text.split())[:MAX_NORM].rstrip()


def looks_like_citation(text: str) -> bool:
    """Whether it is worth looking up as a citation: all have a digit."""
    return any(c.isdigit() for c in text)
