"""What a stranger's document holds besides words does not reach the store."""

import re

import pytest
from lxml import etree

from services.policy.documents.vocabulary import ALLOWED_ATTRIBUTES, ALLOWED_ELEMENTS, SAFE_HREF
from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ParsedVersion

NS = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"


def parsed(body: str, *, meta: str = "") -> ParsedVersion:
    return AkomaNtoso().parse(
        "a.xml",
        f"""<akomaNtoso xmlns="{NS}" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:x="urn:x"><act name="act"><meta>
        <identification source="#x"><FRBRWork><FRBRuri value="/akn/xx/act/2020-1"/></FRBRWork><FRBRExpression>
        <FRBRdate date="2020-01-01" name=""/><FRBRlanguage language="eng"/></FRBRExpression></identification>
        {meta}</meta><body>{body}</body></act></akomaNtoso>""".encode(),
    )


def section(inner: str) -> str:
    version = parsed(f'<section eId="sec_1"><num>1</num><content>{inner}</content></section>')
    return version.provisions[0].content


@pytest.mark.parametrize(
    ("inner", "stored"),
    [
        ("<p>a<h:script>alert(1)</h:script>b</p>", "<p>ab</p>"),
        ("<p>a<script>alert(1)</script>b</p>", "<p>ab</p>"),
        ("<h:style>p{}</h:style><p>a</p>", "<p>a</p>"),
        ('<p onclick="x()" style="y">a</p>', "<p>a</p>"),
        ('<p><ref href="javascript:x()">a</ref></p>', "<p><ref>a</ref></p>"),
        ('<p><a href=" data:text/html,x">a</a></p>', "<p><ref>a</ref></p>"),
        ('<p><ref href="//evil.example/">a</ref></p>', "<p><ref>a</ref></p>"),
        ('<p><ref href="/login">a</ref></p>', "<p><ref>a</ref></p>"),
        ('<p><img src="javascript:x()" alt="a"/></p>', '<p><img alt="a"/></p>'),
        ('<p><img src="/logout" alt="a"/></p>', '<p><img alt="a"/></p>'),
        ("<p><h:iframe src='x'>a</h:iframe></p>", "<p>a</p>"),
        ("<p>&lt;script&gt;</p>", "<p>&lt;script&gt;</p>"),
        ("<p><x:odd x:y='z'>a</x:odd></p>", "<p>a</p>"),
        ("<x:odd>a</x:odd>", '<block name="odd">a</block>'),
        ("<x:odd><p>a</p></x:odd>", '<blockContainer name="odd"><p>a</p></blockContainer>'),
        ('<p class="site-header">a</p>', "<p>a</p>"),
        ('<table><tr><td colspan="99999" rowspan="2">a</td></tr></table>', "<table><tr>"
         '<td rowspan="2">a</td></tr></table>'),
    ],
)  # fmt: skip
def test_only_words_and_known_markup_are_stored(inner: str, stored: str) -> None:
    assert section(inner) == f"<content>{stored}</content>"


def test_eids_are_made_safe_and_unique() -> None:
    version = parsed(
        """<section eId='a"&gt;&lt;b'><content><p>x</p></content></section>
        <section eId="sec 1"><content><p>x</p></content></section>
        <section eId="sec-1"><content><paragraph eId="p"><content><p>x</p></content></paragraph>
        <paragraph eId="p"><content><p>y</p></content></paragraph></content></section>
        <section eId="sec-1"><content><p>x</p></content></section>
        <section><num>Section 12a.</num><content><p>x</p></content></section>
        <section><content><p>x</p></content></section>"""
    )
    assert [p.eid for p in version.provisions] == ["a-b", "sec-1", "sec-1-2", "sec-1-3", "sec_12a", "sec_6"]
    assert re.findall('eId="([^"]+)"', version.provisions[2].content) == ["p", "p-2"]


def test_references_follow_ids_that_had_to_change() -> None:
    version = parsed(
        """<section eId="s 1"><content><p>x</p></content></section>
        <section eId="s2"><paragraph eId="s2__para_a"><content><p><ref href="#s 1">1</ref>,
        <ref href="#s2__para_a">a</ref>, <ref href="#nowhere">b</ref>,
        <ref href="/akn/xx/act/2019-2/eng@2020-01-01/!main#sec_3">c</ref></p></content>
        </paragraph></section>"""
    )
    second = version.provisions[1]
    assert [r.href for r in second.references] == ["#s-1", "#s2__para_a", "", "/akn/xx/act/2019-2/~sec_3"]
    assert re.findall('href="([^"]+)"', second.content) == ["#s-1", "#s2__para_a", "/akn/xx/act/2019-2/~sec_3"]


def test_notes_kept_in_the_metadata_come_back_to_their_place() -> None:
    version = parsed(
        '<section eId="sec_1"><num>1</num><heading>H<noteRef href="#n2"/></heading>'
        '<content><p>a<noteRef href="#n1" marker="*"/>.</p></content></section>',
        meta='<notes source="#x"><note eId="n1"><p>first</p></note><note eId="n2"><p>second</p></note>'
        '<note eId="n3"><p>third</p></note></notes>',
    )
    first, rest = version.provisions
    assert first.heading == "H"
    assert first.content == (
        "<p><authorialNote><p>second</p></authorialNote></p>"
        '<content><p>a<authorialNote marker="*"><p>first</p></authorialNote>.</p></content>'
    )
    assert first.text == "second a first ."
    assert (rest.kind, rest.text) == ("note", "third")


def test_everything_stored_is_in_the_closed_vocabulary(akn_files: list[bytes]) -> None:
    for data in akn_files:
        for provision in AkomaNtoso().parse("a.xml", data).provisions:
            for element in etree.fromstring(f"<p>{provision.content}</p>").iter():
                assert element.tag in ALLOWED_ELEMENTS
                assert set(element.attrib) <= ALLOWED_ATTRIBUTES
                for name in ("href", "src"):
                    assert name not in element.attrib or SAFE_HREF.match(element.attrib[name])
