"""A snippet shows the densest part of a text, in whole words, with the hits marked."""

from hypothesis import given
from hypothesis import strategies as st

from services.policy.search.keys import fold
from services.policy.search.snippets import WIDTH, Segment, likely_words, snippet

FILLER = "nothing to see here and nothing more to say about it; " * 40


def _snippet(text: str, *stems: str) -> list[Segment]:
    return snippet(text, likely_words(text, stems), stems, lambda word: word.removesuffix("s"))


def _text(segments: list[Segment]) -> str:
    return "".join(segment.text for segment in segments)


def test_a_short_text_is_shown_whole_with_its_hits() -> None:
    assert _snippet("Two lanterns, one lantern.", "lantern") == [
        Segment("Two ", False),
        Segment("lanterns", True),
        Segment(", one ", False),
        Segment("lantern", True),
        Segment(".", False),
    ]


def test_the_window_holds_the_most_different_words() -> None:
    text = f"{FILLER}lantern {FILLER}the keeper of the lantern {FILLER}"
    shown = _snippet(text, "lantern", "keeper")
    assert "the keeper of the lantern" in _text(shown)
    assert _text(shown).startswith("… ")
    assert _text(shown).endswith(" …")
    assert len(_text(shown)) <= WIDTH + 4
    assert [segment.text for segment in shown if segment.hit] == ["keeper", "lantern"]


def test_words_are_not_cut() -> None:
    words = set(FILLER.split()) | {"lantern", "…"}
    assert set(_text(_snippet(f"{FILLER}lantern {FILLER}", "lantern")).split()) <= words


def test_without_a_hit_the_beginning_is_shown() -> None:
    shown = _snippet(FILLER, "lantern")
    assert [segment.hit for segment in shown] == [False]
    assert _text(shown).startswith("nothing to see")


def test_accents_and_ligatures_are_seen_through() -> None:
    assert [s.text for s in _snippet("L’Œuvre, l’ÉCOLE", "oeuvre", "ecole") if s.hit] == ["Œuvre", "ÉCOLE"]


def test_an_empty_text_has_no_segments() -> None:
    assert _snippet("", "lantern") == []


@given(st.text(max_size=1500), st.lists(st.text("abelnrtéœ1", min_size=1, max_size=5), max_size=4))
def test_a_snippet_is_a_part_of_its_text(text: str, stems: list[str]) -> None:
    shown = snippet(text, likely_words(text, stems), stems, fold)
    joined = _text(shown)
    assert joined.removeprefix("… ").removesuffix(" …") in text or joined in text
    assert all(fold(segment.text) in stems for segment in shown if segment.hit)
    assert all(segment.text for segment in shown)


def test_signs_and_letters_that_are_rare_leave_words_where_they_are() -> None:
    for rare in ("a − b ≤ c′", "☐☐ x\u0301", "ḥł ʔ", "− ḥ"):
        text = f"{rare} “Élan” {rare} d’élans {rare}"
        found = [(text[start:end], folded) for start, end, folded in likely_words(text, ["elan"])]
        assert found == [("Élan", "elan"), ("élans", "elans")]
    assert [folded for _, _, folded in likely_words("− закон, Законы", ["закон"])] == ["закон", "законы"]
