"""What happened to each provision between two versions."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.policy.diffs.compare import changes_of, compare
from services.policy.diffs.domain import Change
from services.policy.diffs.words import text_before
from tests.policy.diffs.applying import Step, apply
from tests.policy.diffs.versions import P, version, wordings

ONE = P("1", "Geese are to be kept quiet at night.")
TWO = P("2", "Nobody leaves a boat on the slipway.")
THREE = P("3", "The council reports once a year to everybody.")


def between(old: list[P], new: list[P]) -> tuple[Change, ...]:
    texts = wordings(old, new)
    return changes_of(compare(version(*old), version(*new), texts), texts)


def told(old: list[P], new: list[P]) -> list[tuple[tuple[str, ...], str, str]]:
    """(what happened, old number, new number)"""
    return [(c.ops, c.old.num if c.old else "", c.new.num if c.new else "") for c in between(old, new)]


def test_nothing() -> None:
    assert told([ONE, TWO], [ONE, TWO]) == []


def test_changed_added_and_removed() -> None:
    new_one = P("1", "Geese are to be kept quiet at night and at noon.")
    assert told([ONE, TWO], [new_one, THREE]) == [(("changed",), "1", "1"), (("removed",), "2", ""),
                                                  (("added",), "", "3")]  # fmt: skip


def test_an_inserted_section_renumbers_those_behind_it() -> None:
    inserted = P("2", "Dogs are welcome on the quay.")
    assert told([ONE, TWO, THREE], [ONE, inserted, P("3", TWO.text), P("4", THREE.text)]) == [
        (("added",), "", "2"), (("renumbered",), "2", "3"), (("renumbered",), "3", "4"),
    ]  # fmt: skip


def test_renumbered_and_changed_at_once_is_found_by_likeness() -> None:
    changed = P("9", "Nobody leaves a boat or a cart on the slipway.")
    assert told([ONE, TWO], [ONE, changed]) == [(("renumbered", "changed"), "2", "9")]


def test_the_sources_own_identifier_comes_before_everything() -> None:
    old = [P("1", ONE.text, source_id="10"), P("2", TWO.text, source_id="20")]
    new = [P("1", "Written quite anew, of other things.", source_id="20"), P("2", TWO.text[:9], source_id="10")]
    assert told(old, new) == [(("renumbered", "moved", "changed"), "2", "1"), (("renumbered", "changed"), "1", "2")]


def test_a_section_written_anew_under_its_number_is_changed() -> None:
    assert told([ONE, TWO], [ONE, P("2", "Entirely different words stand here.")]) == [(("changed",), "2", "2")]


def test_a_heading_is_not_another_one_that_is_counted_the_same() -> None:
    old = [P("", "Licences and the fees for them", eid="hcontainer_1", kind="hcontainer")]
    new = [P("", "Drainage works of the harbour", eid="hcontainer_1", kind="hcontainer")]
    assert told(old, new) == [(("removed",), "", ""), (("added",), "", "")]
    like = [P("", "Licences and the fees for those", eid="hcontainer_1", kind="hcontainer")]
    assert told(old, like) == [(("changed",), "", "")]


def test_what_came_into_force_is_not_the_amendment_that_quotes_it() -> None:
    waiting = P("486", f"The Act is amended by adding: {THREE.text}", status="not-in-force")
    assert told([ONE, waiting], [ONE, THREE]) == [(("removed",), "486", ""), (("added",), "", "3")]


def test_moved() -> None:
    assert told([ONE, TWO, THREE], [THREE, ONE, TWO]) == [(("moved",), "3", "3")]
    moved = between([ONE, TWO, THREE], [THREE, ONE, TWO])[0]
    assert [(run.op, run.text) for run in moved.words] == [("equal", f"3\n{THREE.text}")]


def test_repealed_and_other_changes_of_status() -> None:
    repealed = P("2", "[Repealed, 2020, c. 1]", status="repealed")
    assert told([ONE, TWO], [ONE, repealed]) == [(("repealed", "changed"), "2", "2")]
    assert told([P("1", ONE.text, status="not-in-force")], [ONE]) == [(("status",), "1", "1")]


def test_markup_alone_is_no_change_but_is_counted() -> None:
    old, new = [ONE], [P("1", ONE.text, markup="<p></p>")]
    assert old[0] != new[0]
    found = compare(version(*old), version(*new), wordings(old, new))
    assert (found.findings, found.summary.markup, found.summary.unchanged) == ((), 1, 0)


def test_what_is_gone_is_listed_where_it_stood() -> None:
    assert [ops[0] for ops, _, _ in told([ONE, TWO, THREE], [P("1", "Geese sleep at night, quiet and kept."), THREE])
            ] == ["changed", "removed"]  # fmt: skip
    assert told([ONE, TWO], [TWO]) == [(("removed",), "1", "")]


SENTENCES = [f"Sentence {n} speaks of {a} and of {b}." for n, (a, b) in enumerate(
    (a, b) for a in ("geese", "boats", "noise") for b in ("fees", "night", "the quay", "dogs"))]  # fmt: skip


def edited(provisions: list[P], seed: int) -> list[P]:
    """A new version by a few random amendments, with numbers unique as in law."""
    chance = random.Random(seed)  # noqa: S311 - the example's seed repeats it
    new = list(provisions)
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(new) + 1)
        match chance.randrange(5):
            case 0:
                new.insert(at, P(f"{chance.randrange(10**6)}", chance.choice(SENTENCES), chance.choice(["", "77"])))
            case 1 if new:
                del new[at % len(new)]
            case 2 if new:
                p = new.pop(at % len(new))
                new.insert(chance.randrange(len(new) + 1), p)
            case 3 if new:
                p = new[at % len(new)]
                new[at % len(new)] = P(p.num, f"{p.text} {chance.choice(SENTENCES)}", p.source_id, p.status)
            case _ if new:
                p = new[at % len(new)]
                new[at % len(new)] = P(f"{chance.randrange(10**6)}", p.text, p.source_id, "repealed")
    return list({p.num: p for p in new}.values())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SENTENCES), st.booleans()), max_size=9), st.integers(0, 10**9))
def test_the_changes_applied_to_the_old_version_give_the_new_one(said: list[tuple[str, bool]], seed: int) -> None:
    old = [P(str(n), text, str(n) if known else "") for n, (text, known) in enumerate(said, 1)]
    new = edited(old, seed)
    texts = wordings(old, new)
    before = [texts[part.hash].text for part in version(*old)]
    after = [texts[part.hash].text for part in version(*new)]
    forth, back = between(old, new), between(new, old)
    assert apply([step(change) for change in forth], before) == after
    assert apply([step(change) for change in back], after) == before
    for change in forth:
        assert text_before(change.words) == ("" if change.old is None else texts[change.old.hash].text)


def step(change: Change) -> Step:
    return Step(
        change.old.ordinal if change.old else None,
        change.new.ordinal if change.new else None,
        [(run.op, run.text) for run in change.words],
    )
