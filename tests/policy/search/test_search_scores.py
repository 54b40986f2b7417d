"""Scores are rounded as round() does it, and a tier is never left for the next."""

from hypothesis import given
from hypothesis import strategies as st

from services.policy.search.ranking import Candidate, Ranked, Tier, rank, rounded


@given(st.floats(0, 9))
def test_a_score_is_what_round_makes_of_it(score: float) -> None:
    assert rounded(score) == round(score, 6)


@given(st.integers(0, 9_000_000), st.floats(-2e-12, 2e-12))
def test_a_score_in_the_middle_between_two_is_what_round_makes_of_it(millionths: int, off: float) -> None:
    score = (millionths + 0.5) / 1e6 + off
    assert rounded(score) == round(score, 6)


def test_what_is_found_is_ranked_by_its_kind_and_figure() -> None:
    found = [
        Candidate(1, 2, True, False, False, 0.123_456_78, None),
        Candidate(1, 3, True, False, True, 7.0, None),
        Candidate(2, 4, False, True, False, 0.5, None),
        Candidate(2, 5, True, False, True, 0.25, ["note", "citation"]),
    ]
    assert rank(found) == [
        Ranked(1.123457, 1, 2),
        Ranked(2.999, 1, 3),
        Ranked(1.21, 2, 4),
        Ranked(7.25, 2, 5),
    ]
    assert [one.tier for one in rank(found)] == [Tier.ALL_WORDS, Tier.PHRASE, Tier.ALL_WORDS, Tier.CITATION]
    assert rank(found, all_words=False)[0].score == 0.123457
