"""Word-level redlines: applying one to the old text gives the new one exactly, and it reads well."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.policy.diffs.words import Run, redline, text_after, text_before, word_counts

TEXTS = st.text(alphabet=st.sampled_from("ab é.\n  1,—\u00a0\u0301œ"), max_size=60) | st.text(max_size=40)
WORDS = st.lists(st.sampled_from(["the", "Minister", "shall", "may", "report", "12.1", "\n", "(a)", ";"]), max_size=80)


@given(TEXTS, TEXTS)
def test_a_redline_applied_to_the_old_text_gives_the_new_one(old: str, new: str) -> None:
    runs = redline(old, new)
    assert text_before(runs) == old
    assert text_after(runs) == new
    assert all(run.text for run in runs)


@given(WORDS, WORDS)
def test_neighbouring_runs_differ_and_what_is_deleted_comes_first(old: list[str], new: list[str]) -> None:
    runs = redline(" ".join(old), " ".join(new))
    assert text_before(runs) == " ".join(old)
    assert text_after(runs) == " ".join(new)
    assert all(a.op != b.op and (a.op, b.op) != ("insert", "delete") for a, b in pairwise(runs))


def test_only_the_words_that_changed_are_marked() -> None:
    assert redline("The Minister shall report within 30 days.", "The Minister may report within 30 days.") == (
        Run("equal", "The Minister "), Run("delete", "shall"), Run("insert", "may"),
        Run("equal", " report within 30 days."),
    )  # fmt: skip


def test_a_lonely_common_word_does_not_break_up_a_new_sentence() -> None:
    runs = redline("Nobody may keep the geese here.", "Every owner of cattle pays the council a yearly fee.")
    assert [run.op for run in runs] == ["delete", "insert", "equal"]


def test_a_change_stays_in_its_line() -> None:
    runs = redline("one\ntwo\nthree\n", "one\n2\nthree\n")
    assert runs == (Run("equal", "one\n"), Run("delete", "two"), Run("insert", "2"), Run("equal", "\nthree\n"))


def test_numbers_are_words() -> None:
    assert [run.text for run in redline("rate of 12.5 %", "rate of 12.75 %") if run.op != "equal"] == ["12.5", "12.75"]


def test_a_block_too_large_to_compare_is_replaced_whole_and_still_exact() -> None:
    old = " ".join(f"a{n}" for n in range(12_000)) + "."
    new = " ".join(f"b{n}" for n in range(12_000)) + "."
    runs = redline(old, new)
    assert (text_before(runs), text_after(runs)) == (old, new)


def test_words_are_counted() -> None:
    assert word_counts(redline("a b c", "a x y c")) == (2, 1)
    assert redline("", "") == ()
    assert word_counts(redline("", "new words")) == (2, 0)
