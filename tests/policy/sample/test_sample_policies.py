"""The sample town: documents that agree with their addresses, with each other and between their languages."""

import json
import re
from collections import defaultdict
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ParsedVersion, ProvisionStatus, WorkStatus

ROOT = Path(__file__).parents[3] / "services/policy/sample"
FILES = sorted(ROOT.rglob("*.xml"))
AKN = "{http://docs.oasis-open.org/legaldocml/ns/akn/3.0}"
WRITTEN_ON = date(2026, 11, 23)
ENGLISH_ONLY = {"by-law/2019-04"}
ids = pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")


@cache
def parsed(path: Path) -> ParsedVersion:
    return AkomaNtoso().parse(str(path.relative_to(ROOT)), path.read_bytes())


@cache
def works() -> dict[str, dict[str, list[ParsedVersion]]]:
    """Kind and number → language → versions by date."""
    found: dict[str, dict[str, list[ParsedVersion]]] = defaultdict(lambda: defaultdict(list))
    for version in sorted((parsed(path) for path in FILES), key=lambda v: v.date):
        found[f"{version.work.kind}/{version.work.number}"][version.lang].append(version)
    return found


def addresses(version: ParsedVersion) -> set[str]:
    """Every eId in a version, of provisions and inside them."""
    found = {p.eid for p in version.provisions}
    for p in version.provisions:
        found |= {f"{p.eid}__{inner}" for inner in re.findall(r'<[^<>]* eId="([^"]+)"', p.content)}
    return found


SERIES = [(work, lang) for work, langs in works().items() for lang in langs]


def test_the_jurisdiction_is_named_in_both_languages() -> None:
    named = json.loads((ROOT / "jurisdiction.json").read_text("utf-8"))
    assert named["id"] == "ca-port-lumen"
    assert set(named["names"]) == {"en", "fr"}


def test_there_are_works_of_several_kinds_some_with_many_versions() -> None:
    assert len(works()) >= 25
    assert {w.split("/")[0] for w in works()} == {"by-law", "regulation", "order", "motion", "guideline", "bill"}
    assert sorted(len(langs["en"]) for langs in works().values())[-2:] == [4, 4]
    assert {w for w, langs in works().items() if set(langs) != {"en", "fr"}} == ENGLISH_ONLY


def test_one_text_is_repealed_one_proposed_and_one_not_yet_in_force() -> None:
    versions = [v for langs in works().values() for v in langs["en"]]
    assert [v.title for v in versions if v.status is WorkStatus.REPEALED] == ["Breakwater Closure Order"]
    assert [v.title for v in versions if v.status is WorkStatus.PROPOSED] == ["Night Markets By-law"]
    later = {v.title for v in versions if v.date > WRITTEN_ON}
    assert later == {"Short-Term Rental By-law", "Short-Term Rental Amendment By-law, 2026"}


@ids
def test_a_file_is_where_its_identity_says(path: Path) -> None:
    version = parsed(path)
    assert version.work.jurisdiction == "ca-port-lumen"
    assert path.relative_to(ROOT).as_posix() == (
        f"{version.work.kind}/{version.work.number}/{version.lang}@{version.date}.xml"
    )
    assert version.work.frbr_uri == f"/akn/ca-port-lumen/{version.work.kind}/{version.work.number}"
    assert version.title
    assert version.long_title
    assert version.citations
    assert version.subjects


@ids
def test_eids_are_given_and_unique(path: Path) -> None:
    root = etree.parse(path).getroot()
    eids = [str(e.get("eId")) for e in root.iter() if e.get("eId")]
    assert len(eids) == len(set(eids))
    addressed = {"part", "section", "subsection", "paragraph", "subparagraph", "hcontainer", "table", "attachment"}
    for element in root.iter(etree.Element):
        name = str(element.tag).removeprefix(AKN)
        assert name not in addressed or element.get("eId"), f"{name} on line {element.sourceline}"


@pytest.mark.parametrize("work", sorted(set(works()) - ENGLISH_ONLY))
def test_both_languages_have_the_same_dates_and_addresses(work: str) -> None:
    english, french = works()[work]["en"], works()[work]["fr"]
    assert [v.date for v in english] == [v.date for v in french]
    for one, other in zip(english, french, strict=True):
        assert [p.eid for p in one.provisions] == [p.eid for p in other.provisions]
        assert addresses(one) == addresses(other)
        assert len(one.amended_by) == len(other.amended_by)
        same = {p.eid for p in one.provisions} & {
            p.eid for p, q in zip(one.provisions, other.provisions, strict=True) if p.text and p.text == q.text
        }
        assert same == set()


@pytest.mark.parametrize(("work", "lang"), SERIES)
def test_a_version_differs_from_the_one_before_just_where_it_says(work: str, lang: str) -> None:
    for before, after in pairwise(works()[work][lang]):
        old = {p.eid: (p.num, p.heading, p.note, p.content) for p in before.provisions}
        new = {p.eid: (p.num, p.heading, p.note, p.content) for p in after.provisions}
        changed = {eid for eid in new if old.get(eid) != new[eid]}
        assert changed
        assert set(old) <= set(new)  # what is repealed stays as a stub
        assert changed == {p.eid for p in after.provisions if p.last_amended == after.date}
        assert after.last_amended == after.date


@ids
def test_references_lead_somewhere(path: Path) -> None:
    version = parsed(path)
    own = addresses(version)
    references = [r for p in version.provisions for r in p.references] + [*version.amended_by, *version.enabling]
    for reference in references:
        if reference.href.startswith("#"):
            assert reference.href[1:] in own
            continue
        work, _, eid = reference.href.removeprefix("/akn/ca-port-lumen/").partition("/~")
        assert work in works(), reference
        versions = works()[work].get(version.lang) or works()[work]["en"]
        assert not eid or any(eid in addresses(v) for v in versions), reference


def test_an_amending_by_law_quotes_what_the_amended_one_then_says() -> None:
    quoted = 0
    for langs in works().values():
        for lang, versions in langs.items():
            for after in versions[1:]:
                amending = works()[after.amended_by[-1].href.removeprefix("/akn/ca-port-lumen/")][lang][0]
                text = " ".join(" ".join(p.text for p in amending.provisions).split())
                for p in after.provisions:
                    if p.last_amended == after.date and p.status is ProvisionStatus.IN_FORCE and p.text in text:
                        quoted += 1
    assert quoted >= 40


def test_the_sample_shows_what_law_is_made_of() -> None:
    everything = "".join(p.content for path in FILES for p in parsed(path).provisions)
    for markup in (" rowspan=", " colspan=", "<th", "<caption>", "<authorialNote", "<def>", "<blockList", "<wrapUp>"):
        assert markup in everything, markup
    notes = [p.note for p in works()["by-law/2015-01"]["en"][-1].provisions]
    assert "Quorum" in notes
    lighting = works()["regulation/2017-03"]["en"][0]
    assert [r.href for r in lighting.enabling] == ["/akn/ca-port-lumen/by-law/2016-09/~sec_9"]
