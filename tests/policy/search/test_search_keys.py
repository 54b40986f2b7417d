"""Stored keys and queries are normalised alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.search.keys import MAX_NORM, citation_key, key_of, name_of


@pytest.mark.parametrize(
    "forms",
    [
        ("R.S.C., 1985, c. A-1", "RSC 1985 c A-1", "L.R.C. (1985), ch. A-1", "r.s.c. 1985, chapter a 1"),
        ("SOR/2011-246", "DORS/2011-246", "SOR-2011-246", "sor 2011 246", "S.O.R./2011-246"),
        ("SI/2019-72", "TR/2019-72"),
        ("C.R.C., c. 1511", "C.R.C., ch. 1511", "CRC-c-1511"),
        ("R.S.C., 1985, c. 1 (5th Supp.)", "L.R.C. (1985), ch. 1 (5e suppl.)"),
        ("S.C. 2000, c. 11", "L.C. 2000, ch. 11", "S. C. 2000 c11"),
    ],
)
def test_forms_of_one_citation_have_one_key(forms: tuple[str, ...]) -> None:
    assert len({citation_key(form) for form in forms}) == 1


def test_different_citations_have_different_keys() -> None:
    cited = ["SOR/2011-246", "SI/2011-246", "SOR/2011-24", "S.C. 2000, c. 11", "R.S.C., 1985, c. A-1", "A-1", "A-1.3"]
    assert len({citation_key(one) for one in cited}) == len(cited)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Loi sur le poinçonnage des métaux précieux", "loi sur le poinconnage des metaux precieux"),
        ("Œuvres d’art", "oeuvres d art"),
        ("National Security Act, 2017", "national security act 2017"),
        ("soft\u00adhyphen and zero\u200bwidth", "softhyphen and zerowidth"),
        ("Straße", "strasse"),
        ("—", ""),
    ],
)
def test_titles_lose_accents_case_and_punctuation(text: str, key: str) -> None:
    assert key_of(text) == key


@given(st.text(max_size=400))
def test_a_key_is_its_own_key(text: str) -> None:
    for normalise in (key_of, citation_key):
        key = normalise(text)
        assert len(key) <= MAX_NORM
        assert key == " ".join(key.split())
    assert key_of(key_of(text)) == key_of(text)


@pytest.mark.parametrize(
    ("title", "lang", "name"),
    [
        ("Access to Information Act", "en", "access to information"),
        ("The Harbour Parks By-law", "en", "harbour parks"),
        ("Bank Act", "en", "bank"),
        ("National Security Act, 2017", "en", "national security"),
        ("Loi sur l’accès à l’information", "fr", "acces a l information"),
        ("Règlement sur les banques", "fr", "banques"),
        ("Loi électorale", "fr", "electorale"),
        ("An Order", "en", ""),
        ("Motion on trees", "en", ""),
        ("Verordnung über Bäume", "de", ""),
    ],
)
def test_a_title_is_also_known_without_the_word_for_its_kind(title: str, lang: str, name: str) -> None:
    assert name_of(key_of(title), lang) == name
