"""The form of API keys: a mistyped one is known as such without asking anybody."""

import pytest

from shared.api_keys import PREFIX, hash_of, is_well_formed, looks_like_api_key, new_api_key


def test_a_new_key_has_the_form_and_no_two_are_the_same() -> None:
    keys = {new_api_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(is_well_formed(key) and looks_like_api_key(key) and len(key) == 40 for key in keys)
    assert len({hash_of(key) for key in keys}) == 50


def test_the_checksum_is_the_same_in_every_release() -> None:
    # CRC-32 of thirty "a", 0x6bc1d3c1, in base 62: a key that was handed out is recognised for as long as it lives.
    assert is_well_formed("opp_" + "a" * 30 + "1YlCdb")
    assert not is_well_formed("opp_" + "a" * 30 + "1YlCdc")


@pytest.mark.parametrize("position", [0, 3, 4, 17, 33, 34, 39])
def test_one_wrong_character_is_noticed(position: int) -> None:
    key = new_api_key()
    wrong = "x" if key[position] != "x" else "y"
    assert not is_well_formed(key[:position] + wrong + key[position + 1 :])


def test_anything_else_has_not_the_form() -> None:
    key = new_api_key()
    for other in (key[:-1], key + "0", key + "\n", key.upper(), " " + key, key.replace(PREFIX, "OPP_"), PREFIX, ""):
        assert not is_well_formed(other), other
