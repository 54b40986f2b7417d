"""The three-way merge by provision, in every combination of who changed what."""

from dataclasses import replace

import pytest

from services.policy.editorial.domain import Description, DraftProvision
from services.policy.editorial.merge import merge, merge_description
from services.policy.editorial.writing import rehashed
from services.policy.imports.markdown.body import read_unit


def row(eid: str, text: str, *, level: int = 0) -> DraftProvision:
    made = DraftProvision(
        eid=eid, position=0, level=level, revision=1, kind="section", num="", heading="", note="", lang="en",
        format="markdown", source=text, content=read_unit(text, "section"), text=text, hash=b"", status="in-force",
        in_force_from=None, in_force_to=None, last_amended=None, source_id="", terms=(), base_ordinal=None,
        base_eid=None, base_hash=None, conflict=None, theirs=None,
    )  # fmt: skip
    return rehashed(made)


def rows(texts: str) -> list[DraftProvision]:
    """`a=1 b=2`: sections a and b with these texts."""
    made = [row(*item.split("=")) for item in texts.split()]
    return [replace(one, base_ordinal=at, base_eid=one.eid, base_hash=one.hash) for at, one in enumerate(made)]


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ("a=1 b=2", "a=1 b=2", "a=1 b=2", "a=1 b=2"),
        ("a=1 b=2", "a=9 b=2", "a=1 b=2", "a=9 b=2"),
        ("a=1 b=2", "a=1 b=2", "a=8 b=2", "a=8 b=2"),
        ("a=1 b=2", "a=9 b=2", "a=1 b=8", "a=9 b=8"),
        ("a=1 b=2", "a=9 b=2", "a=9 b=2", "a=9 b=2"),
        ("a=1 b=2", "a=9 b=2", "a=8 b=2", "a=9!both-changed b=2"),
        ("a=1 b=2", "b=2", "a=1 b=2", "b=2"),
        ("a=1 b=2", "a=1 b=2", "b=2", "b=2"),
        ("a=1 b=2", "b=2", "b=2", "b=2"),
        ("a=1 b=2", "b=2", "a=8 b=2", "a=8!removed-here b=2"),
        ("a=1 b=2", "a=9 b=2", "b=2", "a=9!removed-there b=2"),
        ("a=1 b=2", "a=1 n=9 b=2", "a=1 b=2", "a=1 n=9 b=2"),
        ("a=1 b=2", "a=1 b=2", "a=1 n=8 b=2", "a=1 n=8 b=2"),
        ("a=1 b=2", "a=1 n=9 b=2", "a=1 n=9 b=2", "a=1 n=9 b=2"),
        ("a=1 b=2", "a=1 n=9 b=2", "a=1 n=8 b=2", "a=1 n=9!both-added b=2"),
        ("a=1 b=2", "a=1 m=9 b=2", "a=1 n=8 b=2", "a=1 m=9 n=8 b=2"),
        ("a=1 b=2 c=3", "c=3 a=1 b=2", "a=1 b=2 c=3", "c=3 a=1 b=2"),
        ("a=1 b=2 c=3", "a=1 b=2 c=3", "c=3 a=1 b=2", "c=3 a=1 b=2"),
        ("a=1 b=2 c=3", "a=1 n=9 b=2 c=3", "c=3 a=1 b=2", "c=3 a=1 n=9 b=2"),
        ("a=1", "n=9 a=1", "a=1", "n=9 a=1"),
        ("", "a=9", "b=8", "a=9 b=8"),
    ],
)
def test_both_sides_are_kept(base: str, ours: str, theirs: str, merged: str) -> None:
    found = merge(rows(base), rows(ours), rows(theirs)).rows
    said = " ".join(f"{one.eid}={one.text}" + (f"!{one.conflict}" if one.conflict else "") for one in found)
    assert said == merged
    assert [one.position for one in found] == list(range(len(found)))
    held = {one.eid: one for one in rows(theirs)}
    for one in found:
        expected = held[one.eid].hash if one.eid in held else None
        assert one.base_hash == expected, "what remains stands on the newer base"


def test_what_was_taken_is_told() -> None:
    assert merge(rows("a=1 b=2"), rows("a=1 b=9"), rows("a=8 b=2 c=3")).taken == ("a", "c")


def test_a_description_is_merged_by_field() -> None:
    base = Description("xx", "act", "A-1", "en", None, "Title", subjects=("a",))
    ours = replace(base, title="Ours", subjects=("b",))
    theirs = replace(base, title="Theirs", long_title="Long")
    assert merge_description(base, ours, theirs) == (replace(ours, long_title="Long"), ("title",))
