"""AND, the beginnings of words, and words of one field only."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.search.operators import Atom, atoms_of, compose
from tests.policy.search.conftest import Get


def _found(answer: Any) -> set[tuple[str, str]]:
    return {(item["work"]["number"], item["num"]) for item in answer["items"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("quaran*", {("Q-1", ""), ("Q-1", "1")}),
        ("Quarantin* fore*", {("Q-1", "1")}),
        ("éco*", {("P-14", "2"), ("G-1998", "")}),
        ("quarantine* -shed*", set()),
        ("title:quarantine", {("Q-1", ""), ("Q-1", "1")}),
        ("title:harbour title:foreshore", set()),
        ("title:harb* foreshore", {("P-14", "2"), ("P-14", "3")}),
        ('title:"ferry lantern" keeper', {("SOR-2011-246", "2")}),
        ("note:lanterns", {("SOR-2011-246", "1"), ("P-14", "PART 2")}),
        ("note:feeding title:ancient", {("G-2004", "2")}),
        ("gull* title:young OR note:permits", {*(("G-1998", num) for num in ("", "1", "2")), ("SOR-2011-246", "3")}),
        ("foreshore -title:parks -note:permits", {("Q-1", "1")}),
        ("foreshore* -note:fires -title:quarantine", {("P-14", "2"), ("SOR-2011-246", "3")}),
        ("-title:parks", set()),
        ("title:the", set()),
        ("foreshore AND warden", {("P-14", "2")}),
        ("foreshore AND -warden AND quarantine", {("Q-1", "1")}),
        ("fore* AND warden", {("P-14", "2")}),
    ],
)
@pytest.mark.parametrize("sort", ["relevance", "title"])
async def test_what_an_operator_finds(search: Get, query: str, expected: set[tuple[str, str]], sort: str) -> None:
    answer = await search(query, limit=50, sort=sort)
    assert _found(answer) == expected
    assert answer["corrected"] is None


async def test_a_beginning_longer_than_the_stem_finds_the_word(search: Get) -> None:
    """Both languages reduce "regulations" to fewer letters than these."""
    assert ("SOR-2011-246", "") in _found(await search("regulati*", lang="en"))


async def test_the_words_that_begin_so_are_marked(search: Get) -> None:
    answer = await search("quay nuis*", lang="en")
    for item in answer["items"]:
        assert [part["text"] for part in item["snippet"] if part["hit"]] == ["quay", "nuisance"]


@pytest.mark.parametrize(
    "query", ["title:", "*", "a*", "note:*", "title:*", "½½*", "title:-", "x'y* title:'\\", "ab* )(&|!:"]
)
async def test_odd_operators_are_read_as_words(search: Get, query: str) -> None:
    assert isinstance((await search(query))["items"], list)


def test_a_query_is_taken_apart() -> None:
    assert atoms_of('Parks AND title:"Quiet Nights" OR -note:fire* École*') == (
        (Atom("Parks"), Atom("Quiet Nights", "title")),
        (Atom("fire", "note", negated=True, prefix=True), Atom("ecole", prefix=True)),
    )


def test_fields_become_weights() -> None:
    pairs = [[(Atom("a", "title"), "'a'"), (Atom("b", negated=True), "'b':* | 'it''s'"), (Atom("c", "note"), "'c'")]]
    loose, exact = compose(pairs)
    assert loose == "(('a':AB) & !('b':* | 'it''s') & ('c':A))"
    assert exact.provision == "(('a':B) & !('b':* | 'it''s') & ('c':A))"
    assert exact.work == ""


@given(st.text(st.sampled_from("ab*:-\"' ORtitlenoé½()&|!\\"), min_size=1, max_size=40))
def test_taking_apart_never_fails_and_beginnings_are_plain(text: str) -> None:
    for group in atoms_of(text):
        assert group
        for atom in group:
            assert not atom.prefix or atom.text.isalnum()
