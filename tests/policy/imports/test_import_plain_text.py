"""The plain text of a provision follows one rule, whoever wrote its markup."""

import pytest

from services.policy.editorial.markup import read_words
from services.policy.imports.markdown import Markdown
from services.policy.imports.plain_text import plain_text
from services.policy.imports.tabular import Tabular

FRONT = "---\njurisdiction: xx\nkind: by-law\nnumber: '1'\nlang: en\ndate: 2024-06-01\ntitle: One\n---\n\n"
HEADS = "jurisdiction,kind,number,lang,date,title,status,num,heading,text\n"
WORDS = "No\u00adbody whis\u200btles, & < no one."
SEEN = "Nobody whistles, & < no one."


def test_what_is_not_seen_does_not_split_a_word() -> None:
    [read] = Markdown().parse("x.md", f"{FRONT}## 1. Rule\n\n{WORDS}\n".encode()).provisions
    assert read.text == SEEN == plain_text(read.content)
    [row] = (
        Tabular()
        .parse("x.csv", f'{HEADS}xx,by-law,1,en,2024-06-01,One,in-force,1,Rule,"{WORDS}"\n'.encode())
        .provisions
    )
    assert row.text == SEEN == plain_text(row.content)
    assert read_words(WORDS, "markdown", "section").text == SEEN


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>a <i>b</i>c</p><p>d</p>", "a bc d"),
        ("<p>one<br/>two</p>", "one two"),
        ('<p>see <img src="/x" alt="a map"/> here</p>', "see a map here"),
        ("<p>word<authorialNote><p>note</p></authorialNote>, more</p>", "word note , more"),
        ("<p>a&#13;b &amp;lt; c</p>", "a b &lt; c"),
    ],
)
def test_markup_of_editors_reads_as_that_of_imports(markup: str, text: str) -> None:
    words = read_words(markup, "akn", "section")
    assert words.text == text == plain_text(words.content)
