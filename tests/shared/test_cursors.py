"""A cursor works only for the query that it was made for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Invalid
from shared.paging import Cursors, Position

CURSORS = Cursors("0123456789abcdefghijklmnopqrstuvwxyz")


@given(st.lists(st.one_of(st.integers(), st.text(), st.none()), max_size=4), st.booleans(), st.text())
def test_a_cursor_comes_back_as_it_went(values: list[int | str | None], backwards: bool, binding: str) -> None:
    position = Position(tuple(values), backwards)
    assert (
        CURSORS.decode(
            CURSORS.encode(position, binding.encode(errors="replace").decode()),
            binding.encode(errors="replace").decode(),
        )
        == position
    )


def test_another_query_another_key_or_a_changed_letter_is_refused() -> None:
    cursor = CURSORS.encode(Position(("A-1", 7)), "sort=title;kind=act")
    for bad, binding, cursors in [
        (cursor, "sort=title;kind=bill", CURSORS),
        (cursor, "sort=title;kind=act", Cursors("another key of at least 32 characters")),
        (cursor[:-1] + ("A" if cursor[-1] != "A" else "B"), "sort=title;kind=act", CURSORS),
        ("", "sort=title;kind=act", CURSORS),
        ("§", "sort=title;kind=act", CURSORS),
        ("abc", "sort=title;kind=act", CURSORS),
    ]:
        with pytest.raises(Invalid):
            cursors.decode(bad, binding)
