"""Queries with `word*`, `title:` or `note:`: taken apart by us, since PostgreSQL's own reading knows neither."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.policy.search.keys import fold

_SPECIAL = re.compile(r"(?:(?<=\s)|^)-?(?:title|note):(?=[\"\w])|(?<!\w)[^\W_]{2,}\*(?=\s|$)", re.IGNORECASE)
_TOKEN = re.compile(
    r"(?P<negated>-?)(?:(?P<field>title|note):)?(?:\"(?P<phrase>[^\"]*)\"?|(?P<word>\S+))", re.IGNORECASE
)
_PREFIX = re.compile(r"[^\W_]{2,}\*")
_LEXEME = re.compile(r"('(?:[^'\\]|''|\\.)*')(?::(\*))?")

_PROVISION = {"": "", "title": "B", "note": "A"}
_WORK = {"": "", "title": "A"}
_EITHER = {"": "", "title": "AB", "note": "A"}
"""Which weights a field has in the tsvector of a provision, of a work as a whole, and of any of the two."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A word, the beginning of one (folded, letters and digits only) or a phrase; `field` is title, note or nothing."""

    text: str
    field: str = ""
    negated: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Exact:
    """What a provision and a work as a whole must match; an empty query matches nothing."""

    provision: str = ""
    work: str = ""


def is_special(text: str) -> bool:
    """Whether the text has any of these operators."""
    return _SPECIAL.search(text) is not None


def atoms_of(text: str) -> tuple[tuple[Atom, ...], ...]:
    """The alternatives of a query, each a list of what it requires. Reads any text."""
    groups: list[list[Atom]] = [[]]
    for token in _TOKEN.finditer(text):
        word = token["word"] or ""
        if word == "OR" and not token["negated"] and not token["field"]:
            groups.append([])
        elif word != "AND" or token["field"]:
            begin = "".join(filter(str.isalnum, fold(word))) if _PREFIX.fullmatch(word) else ""
            plain = begin or word or token["phrase"] or ""
            groups[-1].append(Atom(plain, (token["field"] or "").lower(), bool(token["negated"]), begin != ""))
    return tuple(tuple(group) for group in groups if group)


def compose(groups: Sequence[Sequence[tuple[Atom, str]]]) -> tuple[str, Exact]:
    """A query for the indexes, which may match too much, and the exact ones. Atoms come with their tsqueries.

    Empty tsqueries, those of stop words, require nothing. An alternative that only excludes is left out.
    """
    groups = [[(atom, query) for atom, query in group if query] for group in groups]
    groups = [group for group in groups if any(not atom.negated for atom, _ in group)]
    return _any(groups, _EITHER, loose=True), Exact(_any(groups, _PROVISION), _any(groups, _WORK))


def _any(groups: Sequence[Sequence[tuple[Atom, str]]], weights: dict[str, str], *, loose: bool = False) -> str:
    alternatives = []
    for group in groups:
        if all(atom.negated or atom.field in weights for atom, _ in group):
            parts = [
                f"{'!' if atom.negated else ''}({_weighted(query, weights[atom.field])})"
                for atom, query in group
                if atom.field in weights and not (loose and atom.negated and atom.field)
            ]
            alternatives.append(f"({' & '.join(parts)})")
    return " | ".join(alternatives)


def _weighted(query: str, weights: str) -> str:
    return _LEXEME.sub(lambda found: f"{found[1]}:{found[2] or ''}{weights}", query) if weights else query
