"""Markup as wild as the stored vocabulary allows is exported as valid and read back to the letter.

The trees are made up from numbered seeds, so that a failure can be looked at again.
"""

import random
from datetime import date

import pytest

from services.policy.documents.render import StoredVersion, provision_akn, version_akn
from services.policy.documents.vocabulary import ALLOWED_ATTRIBUTES, ALLOWED_ELEMENTS, MATH_ELEMENTS, VOID_ELEMENTS
from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ParsedProvision, ProvisionStatus
from tests.policy.documents.akn_documents import problems

KINDS = (
    *("section", "part", "chapter", "article", "hcontainer", "crossHeading", "order", "note", "content", "wrapUp"),
    *("preface", "preamble", "coverPage", "conclusions", "attachment", "component", "annex"),
)
COMMON = (
    *("p", "section", "subsection", "content", "intro", "wrapUp", "num", "heading", "ref", "authorialNote"),
    *("table", "tr", "td", "blockList", "item", "quotedStructure"),
)
TEXTS = ("word", "  two words ", "&amp;", "5 &lt; 6", "\u00e9\u200b", "]]&gt;", " ")
VALUES = {
    "href": (
        "#a",
        "/akn/ca/act/A-1",
        "https://law.example/?a=1&amp;b=2",
        "mailto:a@law.example",
        "/a%",
        "https://x:y#b#c",
    ),
    "colspan": ("2", "x"),
    "rowspan": ("3", "0"),
    "alt": ("a &amp; b", ""),
    "src": ("https://law.example/a.png",),
    "refersTo": ("#c", "#c #d", "#%"),
    "type": ("caption", "other"),
    "placement": ("side", "middle"),
    "lang": ("fr", "iu", "en_CA"),
    "eId": ("a", "b", "c__d", "a__b"),
    "class": ("reference", "x"),
}


def markup(chance: random.Random, depth: int = 0) -> str:
    parts = []
    for _ in range(chance.randint(0, 4)):
        if depth > 4 or chance.random() < 0.35:
            parts.append(chance.choice(TEXTS))
            continue
        tag = chance.choice(sorted(ALLOWED_ELEMENTS) if chance.random() < 0.6 else COMMON)
        tag = "math" if tag in MATH_ELEMENTS and chance.random() < 0.5 else tag
        names = chance.sample(sorted(ALLOWED_ATTRIBUTES), chance.choice((0, 0, 1, 2)))
        attributes = "".join(f' {name}="{chance.choice(VALUES.get(name, ("n", "")))}"' for name in names)
        inner = "/>" if tag in VOID_ELEMENTS else f">{markup(chance, depth + 1)}</{tag}>"
        parts.append(f"<{tag}{attributes}{inner}")
    return "".join(parts)


def provision(chance: random.Random, at: int) -> ParsedProvision:
    return ParsedProvision(
        kind=chance.choice(KINDS),
        eid=f"e_{at}" if chance.random() < 0.8 else f"e_{max(0, at - 1)}__a-{at}",
        level=chance.randint(0, 3),
        num=chance.choice(("", "1", "(a)")),
        heading=chance.choice(("", "H & h")),
        note=chance.choice(("", "N")),
        content=markup(chance),
        status=chance.choice(list(ProvisionStatus)),
        in_force_from=chance.choice((None, date(2020, 1, 1))),
        in_force_to=chance.choice((None, date(2021, 1, 1))),
        lang=chance.choice(("", "iu")),
    )


@pytest.mark.parametrize("first", range(0, 200, 40))
def test_any_markup_is_exported_as_valid_and_read_back_the_same(first: int) -> None:
    for seed in range(first, first + 40):
        chance = random.Random(seed)  # noqa: S311 - makes test data, guards nothing
        rows = [provision(chance, at) for at in range(chance.randint(1, 8))]
        kind = chance.choice(("act", "motion", "bill"))
        version = StoredVersion("ca", kind, "1", f"/akn/ca/{kind}/1", "en", date(2024, 1, 1), "T")
        exported = version_akn(version, rows)
        assert problems(exported) == [], seed
        assert problems(provision_akn(version, rows[0])) == [], seed
        again = AkomaNtoso().parse("a.xml", exported).provisions
        assert [said(row) for row in again] == [said(row) for row in rows], seed


def said(row: ParsedProvision) -> tuple[object, ...]:
    place = (row.kind, row.eid, row.level, row.status, row.in_force_from, row.in_force_to, row.lang)
    return (*place, row.num, row.heading, row.note, row.content)
