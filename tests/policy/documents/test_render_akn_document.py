"""What an exported document looks like: its parts, its metadata, and what its elements are called."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from lxml import etree

from services.policy.documents.akn_marks import MARKS
from services.policy.documents.render import StoredVersion, provision_akn, version_akn
from services.policy.documents.stored import Cited, ProvisionFacts
from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ImportProblem
from tests.policy.documents.akn_documents import problems

AKN = "{http://docs.oasis-open.org/legaldocml/ns/akn/3.0}"


@dataclass(frozen=True, slots=True)
class Row:
    kind: str
    eid: str
    level: int = 0
    num: str = ""
    heading: str = ""
    note: str = ""
    content: str = ""
    text: str = ""
    lang: str = ""
    status: str = "in-force"
    in_force_from: date | None = None
    in_force_to: date | None = None


VERSION = StoredVersion("ca", "act", "A-1", "/akn/ca/act/A-1", "en", date(2024, 7, 1), "Access Act", "An Act & more")
SECTION = Row("section", "sec_1", content="<p>x</p>")


def name_of(element: etree._Element) -> str:
    return str(element.tag).removeprefix(AKN)


def exported(version: StoredVersion, *rows: Row) -> etree._Element:
    """The document element of a valid export."""
    data = version_akn(version, rows)
    assert problems(data) == []
    return etree.fromstring(data)[0]


def inside(content: str) -> etree._Element:
    """A section with `content`, as exported and valid."""
    found = exported(VERSION, replace(SECTION, content=content)).find(f"{AKN}body/{AKN}section")
    assert found is not None
    return found


def test_eids_are_absolute_and_the_tree_follows_the_levels() -> None:
    act = exported(
        VERSION,
        Row("part", "part_1", 0, "Part 1", "General", content="<p>Introduction.</p>"),
        Row("section", "sec_1", 1, "1", content='<subsection eId="subsec_1"><num>(1)</num></subsection>'),
        Row("section", "sec_2", 1, "2", note="Quorum", content="<p>Text.</p>", status="repealed"),
        Row("part", "part_2", 0, "Part 2"),
        Row("attachment", "sched_1", 0, "Schedule", content="<table><tr><td>x</td></tr></table>"),
    )
    assert [name_of(child) for child in act] == ["meta", "preface", "body", "attachments"]
    assert act.findtext(f"{AKN}preface//{AKN}docTitle") == "An Act & more"
    body = act.find(f"{AKN}body")
    assert body is not None
    assert [(name_of(e), e.get("eId")) for e in body.iter() if e.get("eId")] == [
        ("part", "part_1"),
        ("section", "sec_1"),
        ("subsection", "sec_1__subsec_1"),
        ("section", "sec_2"),
        ("part", "part_2"),
    ]
    assert body.findtext(f"{AKN}part/{AKN}intro/{AKN}p") == "Introduction."
    second = body[0][4]
    assert second.get("status") == "removed"
    assert second.findtext(f"{AKN}content/{AKN}p") == "Text."
    note = second.find(f"{AKN}heading/{AKN}authorialNote")
    assert note is not None
    assert (note.get("placement"), "".join(str(t) for t in note.itertext())) == ("side", "Quorum")
    assert act.find(f"{AKN}attachments/{AKN}attachment/{AKN}doc/{AKN}mainBody/{AKN}table") is not None


def test_the_metadata_name_work_text_and_file() -> None:
    meta = exported(replace(VERSION, aliases=("A-01",), citations=("c. A-1",), source_ids={"gazette": "7"}), SECTION)[0]
    uris = [e.get("value") for e in meta.iter(f"{AKN}FRBRuri")]
    assert uris == ["/akn/ca/act/A-1", "/akn/ca/act/A-1/eng@2024-07-01", "/akn/ca/act/A-1/eng@2024-07-01.akn"]
    names = [(e.get("name"), e.get("value")) for e in meta.iter(f"{AKN}FRBRalias")]
    assert names == [
        ("title", "Access Act"),
        ("citation", "c. A-1"),
        ("number", "A-01"),
        ("source:gazette", "7"),
        ("title", "Access Act"),
        ("longTitle", "An Act & more"),
    ]
    values = {name_of(e): e.get("value") or e.get("language") for e in meta.iter() if name_of(e).startswith("FRBR")}
    assert (values["FRBRcountry"], values["FRBRsubtype"], values["FRBRnumber"]) == ("ca", "act", "A-1")
    assert values["FRBRlanguage"] == "eng"


def test_dates_subjects_and_relations_are_told_in_the_words_of_the_standard() -> None:
    version = replace(
        VERSION,
        status="repealed",
        in_force_from=date(1985, 1, 1),
        last_amended=date(2023, 5, 4),
        subjects=("access",),
        amended_by=(Cited("/akn/ca/act/B-2", "", "B-2"),),
        enabling=(Cited("/akn/ca/act/C-3", "sec_4", "C-3"),),
        facts={"sec_1": ProvisionFacts(date(2022, 2, 2), "77", ("access",), (Cited("/akn/ca/act/D-4", "", "D-4"),))},
    )
    row = replace(SECTION, in_force_from=date(2020, 1, 1), in_force_to=date(2024, 1, 1))
    act = exported(version, row)
    events = {e.get("eId"): (e.get("date"), e.get("type")) for e in act.iter(f"{AKN}eventRef")}
    assert sorted(events.values(), key=str) == [
        ("1985-01-01", "generation"),
        ("2020-01-01", None),
        ("2022-02-02", "amendment"),
        ("2023-05-04", "amendment"),
        ("2024-01-01", None),
        ("2024-07-01", "repeal"),
        ("2024-07-01", None),
    ]
    section = act.find(f"{AKN}body/{AKN}section")
    group = act.find(f".//{AKN}temporalGroup")
    assert section is not None
    assert group is not None
    assert section.get("period") == f"#{group.get('eId')}"
    interval = group[0]
    assert [events[interval.get(end, "").lstrip("#")][0] for end in ("start", "end")] == ["2020-01-01", "2024-01-01"]
    assert [e.get("showAs") for e in act.iter(f"{AKN}keyword")] == ["access"]
    assert [e.get("href") for e in act.iter(f"{AKN}passiveRef")] == ["/akn/ca/act/B-2"]
    assert [e.get("href") for e in act.iter(f"{AKN}TLCReference")] == ["/akn/ca/act/C-3/~sec_4"]
    assert [(e.get("for"), e.get("href")) for e in act.iter(f"{AKN}implicitReference")] == [
        ("#sec_1", "/akn/ca/act/D-4")
    ]


@pytest.mark.parametrize(
    ("kind", "root", "body"), [("bill", "bill", "body"), ("motion", "doc", "mainBody"), ("by-law", "act", "body")]
)
def test_the_document_type_follows_the_kind(kind: str, root: str, body: str) -> None:
    document = exported(StoredVersion("xx", kind, "1", f"/akn/xx/{kind}/1", "fr", date(2024, 7, 1), "T"), SECTION)
    assert document.tag == AKN + root
    assert document.find(AKN + body) is not None


def test_formulas_and_languages_get_their_namespaces_back() -> None:
    section = inside('<p lang="iu">x<foreign><math><mi>a</mi></math></foreign></p>')
    assert section.find(".//{http://www.w3.org/1998/Math/MathML}mi") is not None
    assert b'xml:lang="iu"' in etree.tostring(section)


def test_what_stands_between_divisions_is_put_where_the_schema_allows_it() -> None:
    section = inside("<p>a</p><subsection/><p>b</p><subsection/><p>c</p>")
    assert [name_of(e) for e in section] == ["intro", "subsection", "hcontainer", "subsection", "wrapUp"]
    assert [e.get(f"{{{MARKS}}}made") for e in section] == ["wrapper", None, "wrapper", None, "wrapper"]


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ("<p>a</p><p>b</p>", "content/p"),
        ("<content><p>a</p></content>", "content/p"),
        ("<quotedStructure><section><num>1</num></section></quotedStructure>", "content/p/mod/quotedStructure/section"),
        ("<p>a <quotedText>b</quotedText></p>", "content/p/mod/quotedText"),
        ("<p><table><tr><td>a</td></tr></table></p>", "content/p/subFlow/table/tr/td/p"),
        ("<blockList><p>a</p></blockList>", "content/blockList/item/p"),
        ("<table><caption>a</caption></table>", "content/table/tr/td"),
        ("<img alt='a plan'/>", "content/p/img"),
        ("<authorialNote>a</authorialNote>", "content/p/authorialNote/p"),
        ("<recital><num>1</num>a</recital>", "content/block/subFlow/recital/p"),
    ],
)
def test_each_element_stands_where_the_schema_allows_it(content: str, path: str) -> None:
    assert inside(content).find("/".join(AKN + name for name in path.split("/"))) is not None


def test_what_terms_refer_to_is_told_once_in_the_metadata() -> None:
    terms = '<p><term refersTo="#noise">noise</term>, <term refersTo="#noise #day-time">by day</term></p>'
    act = exported(VERSION, replace(SECTION, content=terms), Row("section", "noise", content=terms))
    concepts = [(e.get("eId"), e.get("showAs")) for e in act.iter(f"{AKN}TLCConcept")]
    assert concepts == [("day-time", "day time")], "an eId that a provision has is not given again"


def test_what_the_schema_wants_to_know_more_of_is_an_inline_of_its_name() -> None:
    section = inside('<p><ref>the Act</ref><term>a</term><docDate>May</docDate><ref href="#a">b</ref></p>')
    found = [(name_of(e), e.get("name")) for e in section[0][0]]
    assert found == [("inline", "ref"), ("inline", "term"), ("inline", "docDate"), ("ref", None)]


def test_addresses_that_are_none_by_the_standard_are_kept_beside_it() -> None:
    odd = Cited("/akn/ca/act/100%", "", "100%")
    facts = {"sec_1": ProvisionFacts(cites=(odd,))}
    version = replace(VERSION, amended_by=(odd,), enabling=(odd,), facts=facts)
    data = version_akn(version, [replace(SECTION, content='<p><ref href="https://law.example/?q=%">x</ref></p>')])
    assert problems(data) == []
    again = AkomaNtoso().parse("a.xml", data)
    assert again.provisions[0].content == '<p><ref href="https://law.example/?q=%">x</ref></p>'
    told = [*again.amended_by, *again.enabling, *again.provisions[0].references]
    assert [reference.href for reference in told] == ["/akn/ca/act/100%"] * 3


def test_the_parts_of_a_document_stand_in_the_order_of_the_schema_and_provisions_in_theirs() -> None:
    kinds = ("section", "preface", "conclusions", "preamble", "attachment", "note", "section")
    act = exported(VERSION, *(Row(kind, f"e_{at}", content="<p>x</p>") for at, kind in enumerate(kinds)))
    assert [name_of(e) for e in act] == ["meta", "body", "conclusions", "attachments"]
    provisions = [e for e in act.iter() if e.get(f"{{{MARKS}}}provision")]
    assert [e.get(f"{{{MARKS}}}provision") for e in provisions] == list(kinds)


def test_one_provision_is_a_portion_which_is_not_taken_for_the_whole_text() -> None:
    for row in (SECTION, Row("preamble", "preamble", content="<p>x</p>"), Row("attachment", "sched_1", heading="S")):
        data = provision_akn(VERSION, row)
        assert problems(data) == []
        portion = etree.fromstring(data)[0]
        assert (name_of(portion), portion.get("includedIn")) == ("portion", "/akn/ca/act/A-1/eng@2024-07-01")
        with pytest.raises(ImportProblem, match="one provision of a text"):
            AkomaNtoso().parse("a.xml", data)
