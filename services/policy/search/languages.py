"""Which text search configuration reads a language."""

from collections import defaultdict
from collections.abc import Sequence

ANALYSES = ("english", "french", "simple")
"""PostgreSQL's own text search configurations; the migration makes two indexes of passages for each."""

_BY_LANGUAGE = {"en": "english", "fr": "french"}


def analysis_of(lang: str) -> str:
    """The analysis of a BCP 47 language; one without a stemmer of its own is read as whole words."""
    return _BY_LANGUAGE.get(lang.split("-", 1)[0].lower(), "simple")


def by_analysis(langs: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Each analysis with those of `langs` that it reads."""
    groups: dict[str, list[str]] = defaultdict(list)
    for lang in langs:
        groups[analysis_of(lang)].append(lang)
    return sorted(groups.items())
