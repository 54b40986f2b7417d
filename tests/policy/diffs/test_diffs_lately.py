"""What was made lately is found again, up to a size."""

from services.policy.diffs.lately import Lately


def lately() -> Lately[str, str]:
    return Lately(10, len)


def test_what_was_added_is_found() -> None:
    held = lately()
    held.add({"a": "one", "b": ""})
    assert held.find(["a", "b", "c"]) == {"a": "one", "b": ""}


def test_what_was_not_wanted_for_longest_goes_first() -> None:
    held = lately()
    held.add({"a": "aaa", "b": "bbb", "c": "ccc"})
    assert held.find(["a"]) == {"a": "aaa"}
    held.add({"d": "dddd"})
    assert held.find("abcd") == {"a": "aaa", "c": "ccc", "d": "dddd"}
    assert held.total == 10


def test_what_is_added_again_counts_once() -> None:
    held = lately()
    for _ in range(9):
        held.add({"a": "aaa"})
    assert held.total == 3


def test_what_is_larger_than_all_room_is_not_held() -> None:
    held = lately()
    held.add({"a": "a" * 11})
    assert (held.find("a"), held.total) == ({}, 0)
