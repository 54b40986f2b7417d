"""A stored version as an Akoma Ntoso document: well-formed, addressed, and read back to the same provisions."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from services.policy.documents.render import StoredVersion, version_akn
from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ParsedVersion

ROOT = Path(__file__).parents[3]
AKN = "{http://docs.oasis-open.org/legaldocml/ns/akn/3.0}"
SAMPLE = sorted((ROOT / "services/policy/sample").rglob("*.xml"))
DATA = Path(os.environ.get("OPENPOLICY_DATA") or ROOT.parent / "shared" / "data") / "akoma_ntoso"
NOT_READ = ("cl_", "ke_", "za_", "reg_2020_nr-397", "us_Title9")
"""Not policies, not well-formed; and a portion, which has no preface and gets one."""
PUBLISHED = [path for path in sorted(DATA.rglob("*.xml")) if not path.name.startswith(NOT_READ)]


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


VERSION = StoredVersion("ca", "act", "A-1", "/akn/ca/act/A-1", "en", date(2024, 7, 1), "Access Act", "An Act & more")


def head_of(version: ParsedVersion) -> StoredVersion:
    work = version.work
    identity = (work.jurisdiction, work.kind, work.number, work.frbr_uri)
    return StoredVersion(*identity, version.lang, version.date, version.title, version.long_title)


def outline(version: ParsedVersion) -> list[tuple[object, ...]]:
    return [
        (p.eid, "attachment" if p.kind == "component" else p.kind, p.level, p.num, p.heading, p.note, p.content, p.text)
        for p in version.provisions
    ]


@pytest.mark.parametrize("path", SAMPLE + PUBLISHED, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_an_exported_document_is_read_back_to_the_same_provisions(path: Path) -> None:
    read = AkomaNtoso().parse(path.name, path.read_bytes())
    again = AkomaNtoso().parse(path.name, version_akn(head_of(read), read.provisions))
    assert (again.work, again.lang, again.date, again.title) == (read.work, read.lang, read.date, read.title)
    assert outline(again) == outline(read)
    assert [p.status for p in again.provisions] == [p.status for p in read.provisions]


def name_of(element: etree._Element) -> str:
    return str(element.tag).removeprefix(AKN)


def test_eids_are_absolute_and_the_tree_follows_the_levels() -> None:
    rows = [
        Row("part", "part_1", 0, "Part 1", "General", content="<p>Introduction.</p>"),
        Row("section", "sec_1", 1, "1", content='<subsection eId="subsec_1"><num>(1)</num></subsection>'),
        Row("section", "sec_2", 1, "2", note="Quorum", content="<p>Text.</p>", status="repealed"),
        Row("part", "part_2", 0, "Part 2"),
        Row("attachment", "sched_1", 0, "Schedule", content="<table><tr><td>x</td></tr></table>"),
    ]
    root = etree.fromstring(version_akn(VERSION, rows))
    act = root[0]
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
    root = etree.fromstring(version_akn(VERSION, [Row("section", "sec_1", content="<p>x</p>")]))
    values = {name_of(e): dict(e.attrib) for e in root.iter() if name_of(e).startswith("FRBR")}
    uris = [e.get("value") for e in root.iter(f"{AKN}FRBRuri")]
    assert uris == ["/akn/ca/act/A-1", "/akn/ca/act/A-1/eng@2024-07-01", "/akn/ca/act/A-1/eng@2024-07-01.akn"]
    assert values["FRBRlanguage"] == {"language": "eng"}
    assert values["FRBRnumber"] == {"value": "A-1"}


@pytest.mark.parametrize(("kind", "root", "body"), [("bill", "bill", "body"), ("motion", "doc", "mainBody")])
def test_the_document_type_follows_the_kind(kind: str, root: str, body: str) -> None:
    version = StoredVersion("xx", kind, "1", f"/akn/xx/{kind}/1", "fr", date(2024, 7, 1), "T")
    document = etree.fromstring(version_akn(version, [Row("section", "sec_1", content="<p>x</p>")]))[0]
    assert document.tag == AKN + root
    assert document.find(AKN + body) is not None


def test_formulas_and_languages_get_their_namespaces_back() -> None:
    content = '<p lang="iu">x<foreign><math><mi>a</mi></math></foreign></p>'
    data = version_akn(VERSION, [Row("section", "sec_1", content=content)])
    root = etree.fromstring(data)
    assert root.find(".//{http://www.w3.org/1998/Math/MathML}mi") is not None
    assert b'xml:lang="iu"' in data
