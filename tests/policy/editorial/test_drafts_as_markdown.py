"""Stored markup as Markdown: only where reading it gives the same again."""

import pytest

from services.policy.editorial.as_markdown import as_markdown
from services.policy.imports.markdown.body import read_unit
from tests.policy.editorial.conftest import Office
from tests.policy.editorial.editors import DRAFTS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Plain.",
        "Two.\n\nParagraphs.",
        "*Soft* and **loud** and ***both***.",
        "A [link](/akn/xx/act/B-2#sec_1), [another](#sec_2).",
        "(1) One.\n\n(2) Two:\n\n(a) first;\n\n(b) second:\n\n(i) deep.",
        "Before:\n\n(a) one;\n\n(b) two.",
        "- one\n- two",
        "| a | b |\n| --- | --- |\n| c | d \\| e |",
        "1\\. not a list",
        "\\# no heading, \\> no quote, \\- no list",
        "a \\* b \\_ c \\[d\\] \\`e\\` \\\\ &lt;f&gt; &amp;amp;",
        "Line\\\nbreak.",
        "(1)\n\n(a) at once.",
        "Été — «œuvre» 5 €.",
    ],
)
@pytest.mark.parametrize("kind", ["section", "preamble"])
def test_markdown_comes_back_to_the_same_markup(text: str, kind: str) -> None:
    content = read_unit(text, kind)
    written = as_markdown(content, kind)
    assert written is not None
    assert read_unit(written, kind) == content


@pytest.mark.parametrize(
    "content",
    [
        "<p>A <def>bell</def>.</p>", '<content><p>x</p><p><remark type="historical">1999, c. 1</remark></p></content>',
        '<subsection eId="subsec_1"><num>(1)</num><heading>Powers</heading><content><p>x</p></content></subsection>',
        '<subsection eId="other"><num>(1)</num><content><p>x</p></content></subsection>',
        '<subsection eId="subsec_1"><num>1.</num><content><p>x</p></content></subsection>',
        "<content><p>(a) looks like a label</p></content>", "<content>bare</content>", "<p>x</p>",
        "<content><ul><li><p>a</p><p>b</p></li></ul></content>",
        '<content><table><tr><td colspan="2"><p>a</p></td></tr></table></content>',
    ],
)  # fmt: skip
def test_what_markdown_would_lose_has_none(content: str) -> None:
    assert as_markdown(content, "section") is None


async def test_a_provision_offers_itself_as_markdown(office: Office) -> None:
    draft = await office.begun()
    path = f"{DRAFTS}/{draft}/provisions/sec_2"
    body, _ = await office.eve.expect(200, "GET", path)
    assert (body["provision"]["format"], body["provision"]["markdown"]) == ("akn", None)
    await office.eve.write(draft, "sec_2", "<content><p>No bell.</p></content>", format="akn")
    body, _ = await office.eve.expect(200, "GET", path)
    assert (body["provision"]["format"], body["provision"]["markdown"]) == ("akn", "No bell.")
