"""An exported document that somebody worked on since: what was changed is read; marks are no way around rules."""

from dataclasses import replace
from datetime import date

import pytest

from services.policy.documents.render import StoredVersion, version_akn
from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ImportProblem, ParsedProvision, ParsedVersion
from services.policy.imports.prepare import prepare

VERSION = StoredVersion("xx", "act", "A-1", "/akn/xx/act/A-1", "en", date(2024, 7, 1), "Noise Act")
ROWS = [
    ParsedProvision(kind="part", eid="part_1", level=0, num="Part 1", heading="General", content="<p>Of noise.</p>"),
    ParsedProvision(
        kind="section", eid="sec_1", level=1, num="1", content="<p>Be quiet.</p><subsection></subsection><p>So.</p>"
    ),
    ParsedProvision(
        kind="section", eid="sec_2", level=1, num="2", content='<p><ref href="#sec_1">1</ref> applies.</p>'
    ),
]
EXPORTED = version_akn(VERSION, ROWS).decode()


def read(text: str) -> ParsedVersion:
    return AkomaNtoso().parse("a.xml", text.encode())


def edited(*changes: tuple[str, str]) -> str:
    text = EXPORTED
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def words(version: ParsedVersion) -> str:
    return " ".join(f"{p.num} {p.heading} {p.text}" for p in version.provisions)


def test_the_export_itself_is_read_back() -> None:
    version = read(EXPORTED)
    assert [(p.kind, p.eid, p.level, p.content) for p in version.provisions] == [
        (row.kind, row.eid, row.level, row.content) for row in ROWS
    ]
    assert version.source_ids == {"path": "a.xml"}
    assert version.provisions[2].references[0].label == "1"


def test_empty_elements_come_back_as_they_were_written() -> None:
    for content in ("<table><tr><td/><td><p>x<br/></p></td></tr></table>", "<p></p><p>a</p>", "<p/><p>a</p>"):
        exported = version_akn(VERSION, [replace(ROWS[1], content=content)])
        assert AkomaNtoso().parse("a.xml", exported).provisions[0].content == content


def test_a_changed_word_changes_its_provision_alone() -> None:
    before, after = read(EXPORTED), read(edited(("Be quiet.", "Be silent.")))
    changed = [p.eid for p, q in zip(before.provisions, after.provisions, strict=True) if p != q]
    assert changed == ["sec_1"]
    assert after.provisions[1].content == ROWS[1].content.replace("quiet", "silent")


@pytest.mark.parametrize(
    "addition",
    [
        '<section eId="sec_3"><num>3</num><content><p>Added by hand.</p></content></section></body>',
        "<hcontainer name='x'><content><p>Added by hand.</p></content></hcontainer></body>",
    ],
)
def test_what_was_added_without_marks_is_not_lost(addition: str) -> None:
    version = read(edited(("</body>", addition)))
    assert "Added by hand." in words(version)
    assert "Be quiet." in words(version)
    assert {"part_1", "sec_1", "sec_2"} <= {p.eid for p in version.provisions}
    assert prepare(version).content_hash


def test_what_was_written_into_the_title_page_is_not_lost() -> None:
    version = read(edited(("<docTitle>Noise Act", "<docTitle>Noise and Light Act")))
    assert "Noise and Light Act" in words(version)


def test_text_after_the_divisions_of_a_part_is_not_lost() -> None:
    version = read(edited(("</part>", "<wrapUp><p>Added by hand.</p></wrapUp></part>")))
    assert "Added by hand." in words(version)


def test_a_document_that_lost_its_marks_is_read_as_anybodys() -> None:
    text = EXPORTED.replace("urn:openpolicy:akn", "urn:somebody:else")
    version = read(text)
    assert (version.work, version.lang, version.date, version.title) == (
        read(EXPORTED).work, "en", date(2024, 7, 1), "Noise Act",
    )  # fmt: skip
    kept = [p for p in version.provisions if p.kind != "preface"]
    assert [(p.kind, p.eid, p.num, p.heading) for p in kept] == [
        (row.kind, row.eid, row.num, row.heading) for row in ROWS
    ]
    assert [p.text for p in kept] == ["Of noise.", "Be quiet. So.", "1 applies."]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<p>Be quiet.</p>", "<script>x</script>", "script is not part"),
        ("<p>Be quiet.</p>", '<p op:as="script">x</p>', "script is not part"),
        ("<p>Be quiet.</p>", '<p op:as="math">x</p>', "math is not part"),
        ("<p>Be quiet.</p>", '<p op:href="javascript:alert(1)">x</p>', "href='javascript:alert"),
        ("<p>Be quiet.</p>", '<p onclick="x">x</p>', "onclick"),
        ("<p>Be quiet.</p>", '<p op:style="x">x</p>', "style"),
        ('href="#sec_1"', 'href="javascript:x"', "href='javascript:x'"),
        ('op:level="1"', 'op:level="x"', "no kind and level"),
        ('op:provision="section"', 'op:provision="&lt;b>"', "no kind and level"),
        ('op:level="1"', 'op:level="1" op:status="abolished"', "marks of a provision are wrong"),
        ('op:level="1"', 'op:level="1" op:amended="yesterday"', "marks of a provision are wrong"),
        ('op:level="1"', 'op:level="1" op:terms="x"', "no list in JSON"),
        ('status="in-force"', 'status="abolished"', "mark of the version is wrong"),
        ('<FRBRuri value="/akn/xx/act/A-1"/>', '<FRBRuri value="/akn/yy/act/A-1"/>', "not of the jurisdiction xx"),
        ('<FRBRuri value="/akn/xx/act/A-1"/>', '<FRBRuri value="/akn/xx/a b"/>', "not of the jurisdiction xx"),
        ('number="A-1"', 'number=""', "lacks number"),
    ],
)
def test_marks_are_no_way_around_the_rules_of_stored_markup(old: str, new: str, message: str) -> None:
    with pytest.raises(ImportProblem, match=message.replace("(", r"\(")) as caught:
        read(edited((old, new)))
    assert caught.value.line > 0


@pytest.mark.parametrize("name", ["jurisdiction", "kind", "number", "lang"])
def test_what_marks_say_of_the_version_is_checked_like_anything_else(name: str) -> None:
    with pytest.raises(ImportProblem):
        prepare(read(edited((f' {name}="', f' {name}="../"'[:-1]))))


def test_two_provisions_of_one_eid_are_refused() -> None:
    twice = version_akn(VERSION, [*ROWS, replace(ROWS[1], level=0)])
    with pytest.raises(ImportProblem, match="two provisions have the eId sec_1"):
        prepare(AkomaNtoso().parse("a.xml", twice))
