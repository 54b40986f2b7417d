"""What somebody typed, taken apart: plain words, search operators, and the exact keys it may be."""

import re
from dataclasses import dataclass

from services.policy.search.keys import citation_key, fold, key_of, looks_like_citation
from services.policy.search.operators import Atom, atoms_of, is_special

MAX_QUERY = 400
"""Characters of a query; longer ones are refused."""

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"'))
_NEGATION = re.compile(r"(?:(?<=\s)|^)-(?=[\w\"])")
_NEGATED = re.compile(r"(?:(?<=\s)|^)-(?:\"[^\"]*\"?|\S+)")
_QUOTED = re.compile(r"\"[^\"]*\"?")
_OR = re.compile(r"\bOR\b")
_SMALL_OR = re.compile(r"(\"[^\"]*\")|\b(or)\b", re.IGNORECASE)
_CAPITAL_AND = re.compile(r"\bAND\b")
_OPERATOR = re.compile(r"\b(?:OR|AND)\b")
_AND = re.compile(r"(\"[^\"]*\")|\bAND\b")
_WORD = re.compile(r"[^\W_]+")
_FRENCH_A = re.compile(r"\b[aà]\b", re.IGNORECASE)
NEGATES = "\x01"
_SECTION = r"(?:§+|\b(?:sections?|sec|ss?|articles?|art)\b\.?)\s*(?P<num>\d[\w.]*)(?:\s*\([^()]{1,9}\))*"
_NAMED_FIRST = re.compile(
    rf"^{_SECTION}[,\s]+(?:of\s+the\s+|of\s+|de\s+la\s+|de\s+l['’]\s*|du\s+|des\s+|de\s+)?(?P<work>.+)$", re.IGNORECASE
)
_NAMED_LAST = re.compile(rf"^(?P<work>.+?)[,\s]+{_SECTION}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """A query. `plain` has no operators; `asked` has them, with U+0001 for a minus that negates."""

    plain: str
    asked: str
    keys: tuple[str, ...]
    has_operators: bool
    section: str = ""
    """The number of a provision, where the query may name one together with its work: `s. 4 of the Parks Act`."""
    section_keys: tuple[str, ...] = ()
    """Keys of that work."""
    alternatives: tuple[tuple[Atom, ...], ...] = ()
    """The query taken apart, where it has operators that PostgreSQL does not read; `asked` is empty then."""
    unquoted: str = ""
    """The query without its quotes, where they are its only operator and there are more words around them."""

    @classmethod
    def parse(cls, text: str) -> "Question":
        """Reads any text without control characters; never fails."""
        text = " ".join(text.replace(NEGATES, " ").split())
        quoted = text.translate(_QUOTES)
        negates = _NEGATION.search(quoted) is not None
        if is_special(quoted):
            alternatives = atoms_of(quoted)
            plain = " ".join(atom.text for group in alternatives for atom in group if not atom.negated)
            return cls(plain, "", (), has_operators=True, alternatives=alternatives)
        requires = not quoted.isupper() and _CAPITAL_AND.search(quoted) is not None
        has_operators = negates or requires or '"' in quoted or _OR.search(quoted) is not None
        plain = _OPERATOR.sub(" ", _NEGATED.sub(" ", quoted).replace('"', " ")) if has_operators else text
        keys = () if negates else tuple(dict.fromkeys(_keys(plain)))
        asked = _SMALL_OR.sub(_quote_word, _AND.sub(lambda found: found[1] or " ", quoted) if requires else quoted)
        named = None if has_operators else _NAMED_FIRST.match(text) or _NAMED_LAST.match(text)
        binds = negates or requires or _OR.search(quoted) or len(_WORD.findall(_QUOTED.sub(" ", quoted))) < 3
        return cls(
            plain,
            _NEGATION.sub(NEGATES, asked),
            keys,
            has_operators,
            named["num"].strip(".").lower() if named else "",
            tuple(_keys(named["work"])) if named else (),
            unquoted=" ".join(plain.split()) if has_operators and not binds else "",
        )

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
