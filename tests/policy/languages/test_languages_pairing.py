"""Which provision is which of the other language."""

from services.policy.documents.domain import ProvisionRow
from services.policy.languages.domain import Changed, eids_across, one_sided, paired


def row(eid: str, num: str = "", kind: str = "section") -> ProvisionRow:
    return ProvisionRow(kind, eid, num)


def shown(left: list[ProvisionRow], right: list[ProvisionRow]) -> list[tuple[str, str, str | None]]:
    return [(p.left.eid if p.left else "", p.right.eid if p.right else "", p.by) for p in paired(left, right)]


def test_equal_eids_are_pairs_also_in_another_order() -> None:
    left = [row("def_act"), row("def_zoo"), row("sec_2")]
    right = [row("def_zoo"), row("def_act"), row("sec_2")]
    assert shown(left, right) == [
        ("def_act", "def_act", "eid"), ("def_zoo", "def_zoo", "eid"), ("sec_2", "sec_2", "eid"),
    ]  # fmt: skip


def test_the_rest_pairs_by_number_then_by_place_between_the_same_neighbours() -> None:
    left = [row("sec_1"), row("a_8", "8"), row("hd_en", kind="heading"), row("sec_2"), row("z_8", "9")]
    right = [row("sec_1"), row("hd_fr", kind="heading"), row("b_8", "8"), row("sec_2"), row("y_8", "8")]
    assert shown(left, right) == [
        ("sec_1", "sec_1", "eid"), ("a_8", "b_8", "number"), ("hd_en", "hd_fr", "position"),
        ("sec_2", "sec_2", "eid"), ("z_8", "y_8", "position"),
    ]  # fmt: skip


def test_what_is_ambiguous_stays_unpaired_where_it_stands() -> None:
    left = [row("sec_1"), row("en_a"), row("sec_2")]
    right = [row("fr_0", kind="part"), row("sec_1"), row("fr_a"), row("fr_b"), row("sec_2"), row("fr_c")]
    assert shown(left, right) == [
        ("", "fr_0", None), ("sec_1", "sec_1", "eid"), ("", "fr_a", None), ("", "fr_b", None), ("en_a", "", None),
        ("sec_2", "sec_2", "eid"), ("", "fr_c", None),
    ]  # fmt: skip
    assert shown([], []) == []


def test_every_provision_comes_once() -> None:
    left = [row(f"sec_{n}", str(n)) for n in (1, 2, 4, 7, 3)]
    right = [row(f"sec_{n}", str(n)) for n in (3, 5, 1, 7, 9)] + [row("x", "4")]
    pairs = paired(left, right)
    assert [p.left.eid for p in pairs if p.left] == [r.eid for r in left]
    assert sorted(p.right.eid for p in pairs if p.right) == sorted(r.eid for r in right)


def test_a_change_with_its_like_in_the_other_language_is_not_one_sided() -> None:
    def changed(eid: str, ordinal: int) -> Changed:
        return Changed(eid, "reworded", "", "", ordinal)

    there, back = eids_across(paired([row("sec_1"), row("en_x")], [row("sec_1"), row("fr_x")]))
    changes = {"en": [changed("en_x", 2), changed("sec_1", 1), changed("gone", 3)], "fr": [changed("fr_x", 2)]}
    found = one_sided(changes, {"en": there, "fr": back}, ("en", "fr"))
    assert [(item.lang, item.changed.eid, item.other_eid) for item in found] == [
        ("en", "sec_1", "sec_1"), ("en", "gone", None),
    ]  # fmt: skip
