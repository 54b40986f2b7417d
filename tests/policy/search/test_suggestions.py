"""Completions: what begins so, kind by kind, then what contains or resembles it."""

from typing import Any

import pytest

from tests.policy.search.conftest import Get


async def _suggest(get: Get, q: str, **params: str | int) -> list[Any]:
    items: list[Any] = (await get("/api/v1/suggest", q=q, **params))["items"]
    return items


async def test_a_title_is_completed_with_its_address(get: Get) -> None:
    first = (await _suggest(get, "harb", lang="en"))[0]
    assert first == {
        "text": "Harbour Parks Act", "kind": "title", "href": "/api/v1/policies/ca/act/P-14/en@2020-01-01",
        "lang": "en", "eid": "",
        "work": {"jurisdiction": "ca", "kind": "act", "number": "P-14", "title": "Harbour Parks Act"},
    }  # fmt: skip


async def test_terms_and_notes_lead_to_their_section(get: Get) -> None:
    found = {(item["kind"], item["text"]): item["href"] for item in await _suggest(get, "f", lang="en", limit=20)}
    assert found["term", "foreshore"].endswith("/~sec_2")
    assert found["note", "Fires on the foreshore"].endswith("/~sec_3")
    kinds = [kind for kind, _ in found]
    assert kinds.index("title") < kinds.index("term") < kinds.index("note")


async def test_what_stands_in_several_places_is_suggested_once(get: Get) -> None:
    assert [item["text"] for item in await _suggest(get, "offen", lang="en")] == ["Offence"]


@pytest.mark.parametrize("q", ["sor/2011", "SOR 2011-2", "dors/2011-246"])
async def test_a_citation_is_completed(get: Get, q: str) -> None:
    assert ("citation", "SOR-2011-246") in {
        (item["kind"], item["work"]["number"]) for item in await _suggest(get, q, lang="en")
    }


async def test_a_word_inside_a_title_is_completed(get: Get) -> None:
    assert "Ferry Lantern Regulations" in [item["text"] for item in await _suggest(get, "lanter", lang="en")]


@pytest.mark.parametrize("q", ["the harbour par", "parks harb", "lantern fer", "regulation lanterns"])
async def test_words_of_a_title_are_completed_in_any_order(get: Get, q: str) -> None:
    titles = ("Harbour Parks Act",) if "par" in q else ("Ferry Lantern Regulations",)
    assert tuple(item["text"] for item in await _suggest(get, q, lang="en")) == titles
    assert tuple(item["text"] for item in await _suggest(get, q)) == titles


async def test_a_title_with_other_words_is_no_completion(get: Get) -> None:
    assert await _suggest(get, "harbour parking", lang="en") == []


async def test_a_slip_is_forgiven(get: Get) -> None:
    assert "Harbour Parks Act" in [item["text"] for item in await _suggest(get, "harbor park", lang="en")]


async def test_accents_do_not_matter_and_languages_are_kept_apart(get: Get) -> None:
    assert [item["text"] for item in await _suggest(get, "eco", lang="fr")] == ["école", "École du phare"]
    assert await _suggest(get, "eco", lang="en") == []
    assert {item["lang"] for item in await _suggest(get, "titre")} == {"fr"}


async def test_the_limit_is_kept(get: Get) -> None:
    assert len(await _suggest(get, "beacon", lang="en", limit=5)) == 5
    assert await _suggest(get, "  ", lang="en") == []
