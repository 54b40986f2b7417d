"""What somebody typed, taken apart: plain words, search operators, and the exact keys it may be."""

import re
from dataclasses import dataclass

from services.policy.search.keys import citation_key, fold, key_of, looks_like_citation

MAX_QUERY = 400
"""Characters of a query; longer ones are refused."""

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"'))
_NEGATION = re.compile(r"(?:(?<=\s)|^)-(?=[\w\"])")
_NEGATED = re.compile(r"(?:(?<=\s)|^)-(?:\"[^\"]*\"?|\S+)")
_OR = re.compile(r"\bOR\b")
_SMALL_OR = re.compile(r"(\"[^\"]*\")|\b(or)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_FRENCH_A = re.compile(r"\b[aà]\b", re.IGNORECASE)
NEGATES = "\x01"


@dataclass(frozen=True, slots=True)
class Question:
    """A query. `plain` has no operators; `asked` has them, with U+0001 for a minus that negates."""

    plain: str
    asked: str
    keys: tuple[str, ...]
    has_operators: bool

    @classmethod
    def parse(cls, text: str) -> "Question":
        """Reads any text without control characters; never fails."""
        text = " ".join(text.replace(NEGATES, " ").split())
        quoted = text.translate(_QUOTES)
        negates = _NEGATION.search(quoted) is not None
        has_operators = negates or '"' in quoted or _OR.search(quoted) is not None
        plain = _OR.sub(" ", _NEGATED.sub(" ", quoted).replace('"', " ")) if has_operators else text
        keys = () if negates else tuple(dict.fromkeys(_keys(plain)))
        asked = _SMALL_OR.sub(_quote_word, quoted)
        return cls(plain, _NEGATION.sub(NEGATES, asked), keys, has_operators)

    def asked_in(self, analysis: str) -> str:
        """What to require. French "à" is no stop word once its accent is gone, and too common to require."""
        if analysis == "french" and not self.has_operators:
            return _FRENCH_A.sub(" ", self.asked)
        return self.asked

    def words(self) -> list[str]:
        """The folded words, in order."""
        return [fold(word) for word in _WORD.findall(self.plain)]


def _quote_word(found: re.Match[str]) -> str:
    """PostgreSQL takes any "or" for the operator; only the one in capitals is meant as such."""
    return found[0] if found[1] or found[2] == "OR" else f'"{found[2]}"'


def _keys(plain: str) -> list[str]:
    keys = [key_of(plain)]
    if looks_like_citation(plain):
        keys.append(citation_key(plain))
    return [key for key in keys if key]
