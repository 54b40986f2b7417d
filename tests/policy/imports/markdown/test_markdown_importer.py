"""Markdown becomes units with eIds, references and tables, and loses no word."""

import re

import pytest

from services.policy.imports.markdown import Markdown
from services.policy.imports.model import ImportProblem, ParsedProvision, Reference, SourceFile
from services.policy.imports.prepare import prepare

FRONT = "---\njurisdiction: xx-town\nkind: by-law\nnumber: 2019-10\nlang: en\ndate: 2020-01-01\ntitle: T\n---\n"


def parts(body: str) -> tuple[ParsedProvision, ...]:
    version = Markdown().parse("a.md", (FRONT + body).encode())
    prepare(version)
    return version.provisions


def problem(text: str | bytes) -> ImportProblem:
    with pytest.raises(ImportProblem) as caught:
        Markdown().parse("a.md", text if isinstance(text, bytes) else text.encode())
    return caught.value


def test_headings_become_units() -> None:
    found = parts(
        "# T\n\nWhereas.\n\n## Part 1 Interpretation\n### 2. Definitions\nText.\n### Section 3.1 More\nText.\n"
        "## General\n### 4\nText.\n## Schedule A Fees\nText.\n### 1 Dogs\nText."
    )
    assert [(p.kind, p.eid, p.level, p.num, p.heading) for p in found] == [
        ("preamble", "preamble", 0, "", ""),
        ("part", "part_1", 0, "Part 1", "Interpretation"),
        ("section", "sec_2", 1, "2", "Definitions"),
        ("section", "sec_3.1", 1, "Section 3.1", "More"),
        ("hcontainer", "hcontainer_1", 0, "", "General"),
        ("section", "sec_4", 1, "4", ""),
        ("attachment", "att_1", 0, "Schedule A", "Fees"),
        ("section", "att_1__sec_1", 1, "1", "Dogs"),
    ]


def test_labelled_lines_become_subsections_and_paragraphs() -> None:
    (section,) = parts("## 1 S\n(1) One:\n(a) first:\n(i) small;\n(ii) smaller;\n(b) *second*.\n\n(2) Two.\n\nEnd.")
    assert section.content == (
        '<subsection eId="subsec_1"><num>(1)</num><intro><p>One:</p></intro>'
        '<paragraph eId="subsec_1__para_a"><num>(a)</num><intro><p>first:</p></intro>'
        '<subparagraph eId="subsec_1__para_a__subpara_i"><num>(i)</num><content><p>small;</p></content></subparagraph>'
        '<subparagraph eId="subsec_1__para_a__subpara_ii"><num>(ii)</num>'
        "<content><p>smaller;</p></content></subparagraph>"
        "</paragraph>"
        '<paragraph eId="subsec_1__para_b"><num>(b)</num><content><p><i>second</i>.</p></content></paragraph>'
        '</subsection><subsection eId="subsec_2"><num>(2)</num><content><p>Two.</p></content></subsection>'
        "<wrapUp><p>End.</p></wrapUp>"
    )
    assert section.text == "(1) One: (a) first: (i) small; (ii) smaller; (b) second. (2) Two. End."


def test_i_after_h_is_a_letter() -> None:
    (section,) = parts("## 1 S\n" + "\n".join(f"({letter}) x" for letter in "abcdefghij"))
    assert re.findall(r'eId="([^"]+)"', section.content) == [f"para_{letter}" for letter in "abcdefghij"]


def test_numbered_and_bulleted_lists() -> None:
    (section,) = parts("## 1 S\n1. One\n   1. inner\n2. Two\n   - dot\n")
    assert re.findall(r'eId="([^"]+)"', section.content) == ["subsec_1", "subsec_1__para_1", "subsec_2"]
    assert "<ul><li><p>dot</p></li></ul>" in section.content
    assert section.text == "1. One 1. inner 2. Two dot"


def test_tables_have_heads() -> None:
    (section,) = parts("## 1 S\n| A | B |\n|---|---|\n| **x** | 1 |\n")
    assert section.content == (
        '<content><table eId="table_1"><tr><th><p>A</p></th><th><p>B</p></th></tr>'
        "<tr><td><p><b>x</b></p></td><td><p>1</p></td></tr></table></content>"
    )


def test_links_become_references() -> None:
    (section,) = parts(
        "## 1 S\n[a](/xx-town/by-law/2019-12#sec_2) [b](#sec_1) [c](https://x.example/?a=1&b=2) [d](e.md)"
    )
    assert section.references == (
        Reference("/akn/xx-town/by-law/2019-12/~sec_2", "a"),
        Reference("#sec_1", "b"),
        Reference("", "c"),
        Reference("", "d"),
    )
    assert '<ref href="https://x.example/?a=1&amp;b=2">c</ref> <ref>d</ref>' in section.content


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "#%00", "/xx/act/1%22onload=", "data:text/html,x", "//x.example/"]
)
def test_no_link_leads_astray(link: str) -> None:
    (section,) = parts(f"## 1 S\n[words]({link})")
    assert "href" not in section.content
    assert "words" in section.text


def test_html_is_text() -> None:
    (section,) = parts("## 1 S\n<script>alert(1)</script> & <b onclick=x>y</b>\n\n<div>\nz\n</div>")
    assert "<script" not in section.content
    assert "<div" not in section.content
    assert section.text == "<script>alert(1)</script> & <b onclick=x>y</b> <div> z </div>"


def test_no_word_is_lost() -> None:
    body = (
        "Zero one.\n\n## Part 1 two\n\n### 3. Four *five*\n\nSix  \nseven\n\n(1) eight\n    (a) nine\n\n"
        "    ten\n\n> eleven\n> 1. twelve\n\n- thirteen\n  - fourteen\n\n```\nfifteen\n```\n\n"
        "[x]: /sixteen\n\n![seventeen](a.png) `eighteen` &amp; <u>nineteen</u>\n\n"
        "1. twenty\n\n   | h |\n   |---|\n   | c |\n\n"
        "***\n\nSetext\n---\n\n#### Deep\n\nlast"
    )
    printed = " ".join(f"{p.num} {p.heading} {p.text}" for p in parts(body))
    wanted = re.findall(r"\w+", re.sub(r"a\.png|&amp;", "", body))
    assert sorted(re.findall(r"\w+", printed)) == sorted(wanted)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "empty file"),
        ("# No front", 1, "does not begin with front matter"),
        ("---\ntitle: x\n", 1, "has no end"),
        (FRONT.replace("kind: by-law\n", ""), 1, "kind is missing"),
        (FRONT.replace("lang: en", "lang: en\ncolour: red"), 6, "unknown key 'colour'"),
        (FRONT.replace("lang: en", "lang: en\nlang: fr"), 6, "lang stands twice"),
        (FRONT.replace("2020-01-01", "2020-02-30"), 6, "date: '2020-02-30' is not a date"),
        (FRONT.replace("by-law", "By Law"), 3, "kind: 'By Law' is not made of"),
        (FRONT.replace("2019-10", "a/b"), 4, "number: 'a/b'"),
        (FRONT.replace("title: T", "title: T\nstatus: dead"), 8, "status: 'dead' is none of"),
        (FRONT.replace("title: T", "title: [T"), 7, "not YAML"),
        (FRONT.replace("title: T", "title: {a: b}"), 7, "title is not a text"),
        ("---\n- a\n---\n", 1, "not a list of keys and values"),
        ("---\n" + "[" * 5000 + "\n---\n", 1, "not YAML"),
        (FRONT, 8, "has no body of text"),
        (FRONT + "x\n\n##\n", 11, "a heading has no words"),
        (FRONT + "x\n" + ">" * 100 + " y", 10, "nested too deeply"),
        (FRONT + "x\x01", 9, "control character U+0001"),
        (FRONT.encode() + b"x\n\xff", 10, "not UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str | bytes, line: int, message: str) -> None:
    found = problem(text)
    assert message in found.message
    assert found.line == line


def test_selection_leaves_the_readme_out() -> None:
    files = [SourceFile(path, 1) for path in ("b.md", "README.md", "a/x.MD", "y.txt")]
    assert [f.path for f in Markdown().select(files)] == ["a/x.MD", "b.md"]
    with pytest.raises(ImportProblem):
        Markdown().select(files[1:2])


def test_words_among_many_brackets_are_kept() -> None:
    (part,) = parts("x *" + "[*" * 300 + "y" + "*]" * 300 + "z")
    assert re.findall(r"\w+", part.text) == ["x", "y", "z"]
