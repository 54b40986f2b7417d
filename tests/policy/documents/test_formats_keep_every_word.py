"""HTML, Markdown and plain text of the sample and of published documents: not a word less than is stored."""

from pathlib import Path

import pytest

from services.policy.documents.render import provision_html, provision_markdown, provision_text
from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ParsedProvision
from tests.policy.documents.akn_documents import MISSING, PUBLISHED, SAMPLE
from tests.policy.documents.every_word import left_out


@pytest.mark.parametrize("path", SAMPLE[::3], ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_no_format_leaves_a_word_of_the_sample_out(path: Path) -> None:
    assert left_out(AkomaNtoso().parse(path.name, path.read_bytes())) == []


@pytest.mark.skipif(not PUBLISHED, reason=MISSING)
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: p.stem)
def test_no_format_leaves_a_word_of_published_documents_out(path: Path) -> None:
    assert left_out(AkomaNtoso().parse(path.name, path.read_bytes())) == []


def test_what_hangs_on_a_table_is_shown_below_it() -> None:
    content = "<table>before<tr>in<td>cell</td>between<p>a row</p></tr><authorialNote>note</authorialNote></table>"
    part = ParsedProvision(kind="section", eid="sec_1", level=0, content=content)
    for text in (provision_html(part), provision_markdown(part), provision_text(part)):
        assert all(word in text for word in ("before", "in", "cell", "between", "a row", "note"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("expiry, <i>i.e.</i>31 December", "expiry, *i.e*.31 December"),
        ("Art. 17<i>-bis.</i> La", "Art. 17-*bis*. La"),
        ("<i> a </i>b", " *a* b"),
        ("<b>R&amp;</b>D", "**R&amp;**D"),
        ("a<i>...</i>b", "a...b"),
    ],
)
def test_signs_at_the_ends_of_emphasis_stay_outside_of_it(content: str, expected: str) -> None:
    part = ParsedProvision(kind="section", eid="sec_1", level=0, content=f"<p>{content}</p>")
    assert provision_markdown(part).strip() == expected.strip()
