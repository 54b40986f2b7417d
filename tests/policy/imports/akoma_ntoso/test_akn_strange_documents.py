"""Documents that no one would write on purpose: a problem, or a version; no other error, lost text, or long work."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from services.policy.documents.render import provision_html, provision_markdown, provision_text
from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.akoma_ntoso.elements import HIERARCHY
from services.policy.imports.model import ImportProblem, ParsedVersion

ROOT = Path(__file__).parents[4]
NOISE = (ROOT / "services/policy/sample/by-law/2016-04/en@2024-07-01.xml").read_bytes()
NS = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
NAMES = [*sorted(HIERARCHY), "p", "num", "heading", "intro", "content", "table", "tr", "td", "ref", "mod", "doc"]
WORDS = ["body", "mainBody", "authorialNote", "crossHeading", "tblock", "meta", "preface", "odd", "b"]
QUOTES = ["quotedStructure", "attachment"]
ATTRIBUTES = ["", ' eId="x"', ' eId="a__b"', ' href="#x"', ' placement="side"', ' period="#p"']


def read(data: bytes) -> ParsedVersion | None:
    try:
        return AkomaNtoso().parse("a.xml", data)
    except ImportProblem as problem:
        return None if problem.message and problem.line >= 0 else pytest.fail("a problem without words")


def check(version: ParsedVersion) -> None:
    eids = [p.eid for p in version.provisions]
    assert len(eids) == len(set(eids))
    assert all(eids)
    for p in version.provisions:
        etree.fromstring(f"<x>{p.content}</x>")
        assert provision_html(p).startswith("<section id=")
        assert provision_text(p).endswith("\n")
        assert provision_markdown(p).endswith("\n")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6))
def test_damaged_bytes_are_a_problem_or_a_version(seed: int, changes: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - picks places to damage
    data = bytearray(NOISE)
    for _ in range(changes):
        at = chance.randrange(len(data))
        data[at : at + chance.randrange(4)] = bytes(chance.randrange(256) for _ in range(chance.randrange(4)))
    version = read(bytes(data))
    if version is not None:
        check(version)


@st.composite
def trees(draw: st.DrawFn, depth: int = 4) -> str:
    name = draw(st.sampled_from(NAMES + WORDS + QUOTES))
    attributes = draw(st.sampled_from(ATTRIBUTES))
    children = draw(st.lists(trees(depth=depth - 1), max_size=3)) if depth else []
    texts = [draw(st.sampled_from(["", " ", "words", "\n  "])) for _ in range(len(children) + 1)]
    inner = texts[0] + "".join(child + text for child, text in zip(children, texts[1:], strict=True))
    return f"<{name}{attributes}>{inner}</{name}>"


@settings(max_examples=200, deadline=None)
@given(trees())
@example("<attachment><num>words</num></attachment>")
@example("<attachment><doc>words</doc></attachment>")
@example("<crossHeading><num>words</num></crossHeading>")
def test_any_tree_of_elements_is_read_and_rendered(tree: str) -> None:
    version = read(
        f"""<akomaNtoso xmlns="{NS}"><act name="act"><meta><identification source="#x"><FRBRWork>
        <FRBRuri value="/akn/xx/act/2020-1"/></FRBRWork><FRBRExpression><FRBRdate date="2020-01-01" name=""/>
        <FRBRlanguage language="eng"/></FRBRExpression></identification></meta>
        <body><section><num>1</num><content><p>Text</p></content></section>{tree}</body></act></akomaNtoso>""".encode()
    )
    assert version is not None
    check(version)
    stored = " ".join(f"{p.num} {p.heading} {p.note} {p.text}" for p in version.provisions)
    assert stored.count("words") == spoken(etree.fromstring(tree))


def spoken(element: etree._Element) -> int:
    """How often the word stands in `element`, metadata left out."""
    if element.tag == "meta":
        return 0
    own = (element.text or "").count("words")
    return own + sum(spoken(child) + (child.tail or "").count("words") for child in element)


@pytest.mark.parametrize(
    "piece",
    [
        "<section><content><p>x</p></content></section>",
        '<section eId="same"><num>1</num><content><p>x</p></content></section>',
        "<part><section><content><p>x</p></content></section></part>",
        "<crossHeading>x</crossHeading>",
    ],
)
def test_very_many_of_one_thing_take_no_longer_than_their_number(piece: str) -> None:
    head = NOISE.partition(b"<body")[0]
    data = head + b"<body>" + piece.encode() * 20_000 + b"</body></act></akomaNtoso>"
    started = time.perf_counter()
    version = read(data)
    assert version is not None
    assert len(version.provisions) >= 20_000
    assert time.perf_counter() - started < 20


def test_a_long_list_of_unnumbered_items_is_read_in_one_pass() -> None:
    head = NOISE.partition(b"<body")[0]
    items = b"<item><p>x</p></item>" * 30_000
    data = (
        head
        + b"<body><section><content><blockList>"
        + items
        + b"</blockList></content></section></body></act></akomaNtoso>"
    )
    started = time.perf_counter()
    version = read(data)
    assert version is not None
    assert 'eId="item_30000"' in version.provisions[-1].content
    assert time.perf_counter() - started < 20
