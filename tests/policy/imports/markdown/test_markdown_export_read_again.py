"""The Markdown that the platform gives of a text, put below front matter, is read to the same words and addresses."""

from collections import Counter
from pathlib import Path

import pytest

from services.policy.documents.render import provision_markdown
from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.markdown import Markdown
from services.policy.imports.model import ParsedVersion
from tests.policy.documents.akn_documents import SAMPLE

FRONT = '---\njurisdiction: {}\nkind: {}\nnumber: {}\nlang: {}\ndate: {}\ntitle: "{}"\n---\n\n'


def letters(version: ParsedVersion) -> Counter[str]:
    return Counter("".join("".join(f"{p.num}{p.heading}{p.note}{p.text}" for p in version.provisions).split()))


@pytest.mark.parametrize("path", SAMPLE[::4], ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_exported_markdown_is_read_to_the_same_words_and_sections(path: Path) -> None:
    version = AkomaNtoso().parse(path.name, path.read_bytes())
    work = version.work
    front = FRONT.format(work.jurisdiction, work.kind, work.number, version.lang, version.date, version.title)
    parts = [f"# {version.title}", *(provision_markdown(p).strip() for p in version.provisions)]
    again = Markdown().parse("a.md", (front + "\n\n".join(parts) + "\n").encode())
    assert (again.work, again.lang, again.date, again.title) == (work, version.lang, version.date, version.title)
    assert [p.eid for p in again.provisions if p.kind == "section"] == [
        p.eid for p in version.provisions if p.kind == "section"
    ]
    assert letters(version) - letters(again) == Counter()
    if not any("<authorialNote" in p.content for p in version.provisions):  # a footnote's mark becomes a word
        assert letters(again) == letters(version)
