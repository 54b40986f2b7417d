"""Rows made from a parsed file: parents, hashes, references, sort keys."""

from dataclasses import replace
from datetime import date

import pytest

from services.policy.imports.model import ParsedProvision, ParsedVersion, Reference, WorkIdentity
from services.policy.imports.prepare import prepare, sort_key, split_reference

OWN = "/akn/ca/act/A-1"
PARTS = (
    ParsedProvision("part", "part_1", 0),
    ParsedProvision("section", "sec_1", 2, text="One.", content="<p>One.</p>"),
    ParsedProvision("section", "sec_2", 2, text="Two.", content="<p>Two.</p>", references=(Reference("#sec_1", "1"),)),
    ParsedProvision("division", "part_1__dvs_1", 1),
    ParsedProvision("section", "sec_3", 2),
    ParsedProvision("attachment", "sched_1", 0),
)
VERSION = ParsedVersion(WorkIdentity("ca", "act", "A-1", OWN), "en", date(2020, 1, 1), "An Act", provisions=PARTS)


def test_the_parent_is_the_nearest_earlier_part_of_a_lower_level() -> None:
    placements = prepare(VERSION).placements
    assert [(row[3], row[1]) for row in placements] == [
        ("part_1", None), ("sec_1", 0), ("sec_2", 0), ("part_1__dvs_1", 0), ("sec_3", 3), ("sched_1", None),
    ]  # fmt: skip


def test_a_provision_is_known_by_its_content_alone() -> None:
    def hashes(*parts: ParsedProvision) -> list[bytes]:
        return [row[0] for row in prepare(replace(VERSION, provisions=parts)).provisions]

    part = PARTS[1]
    moved = replace(part, eid="sec_9", level=0, source_id="77", in_force_from=date(2000, 1, 1))
    assert hashes(part) == hashes(moved)
    others = [
        replace(part, kind="x"), replace(part, num="x"), replace(part, heading="x"), replace(part, note="x"),
        replace(part, content="x"), replace(part, lang="x"),
    ]  # fmt: skip
    assert len({*hashes(part), *(hashes(other)[0] for other in others)}) == 7
    assert hashes(replace(part, num="a", heading="b")) != hashes(replace(part, num="ab", heading=""))


def test_a_version_is_known_by_all_that_is_shown() -> None:
    def content_hash(version: ParsedVersion) -> bytes:
        return prepare(version).content_hash

    same = [replace(VERSION, source_ids={"path": "elsewhere"}), replace(VERSION, date=date(2021, 1, 1))]
    assert {content_hash(version) for version in same} == {content_hash(VERSION)}
    others = [
        replace(VERSION, title="Another Act"),
        replace(VERSION, citations=("c. 1",)),
        replace(VERSION, in_force_from=date(2020, 1, 1)),
        replace(VERSION, enabling=(Reference("/akn/ca/act/B-1", ""),)),
        replace(VERSION, provisions=PARTS[:-1]),
        replace(VERSION, provisions=(PARTS[1], PARTS[0], *PARTS[2:])),
        replace(VERSION, provisions=(*PARTS[:-1], replace(PARTS[-1], in_force_from=date(2020, 1, 1)))),
    ]
    assert len({content_hash(version) for version in [VERSION, *others]}) == len(others) + 1


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("/akn/ca/act/A-1", (OWN, "")),
        ("/akn/ca/act/A-1~sec_2", (OWN, "sec_2")),
        ("/akn/ca/act/A-1/~sec_2", (OWN, "sec_2")),
        ("/akn/ca/act/A-1/eng@2020-01-01/~sec_2", (OWN, "sec_2")),
        ("/akn/ca/act/A-1/eng@2020-01-01/!main", (OWN, "")),
        ("/akn/ca/act/A-1/!main", (OWN, "")),
        ("/akn/ca/act/A-1/fra", (OWN, "")),
        ("/akn/eu/act/2016-04-27/679/eng", ("/akn/eu/act/2016-04-27/679", "")),
        ("/akn/ken/act/bill", ("/akn/ken/act/bill", "")),
        ("#sec_4", ("/own", "sec_4")),
        ("", ("", "")),
        ("https://example.org/law", ("", "")),
        ("javascript:x", ("", "")),
        ("/akn/" + "x" * 900, ("", "")),
    ],
)
def test_a_reference_names_a_work_and_perhaps_a_part(href: str, target: tuple[str, str]) -> None:
    assert split_reference(href, "/own") == target


def test_titles_sort_as_people_expect() -> None:
    titles = ["Zoo Act", "“Émile” Act", "École, Loi sur l’", "Eagle Act"]
    assert sorted(titles, key=sort_key) == ["Eagle Act", "École, Loi sur l’", "“Émile” Act", "Zoo Act"]
    assert len(sort_key("x" * 5000)) == 300
