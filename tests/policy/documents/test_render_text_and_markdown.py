"""Plain text and Markdown of stored provisions."""

from dataclasses import dataclass

import pytest

from services.policy.documents.render import provision_markdown, provision_text


@dataclass(frozen=True, slots=True)
class Row:
    content: str = ""
    num: str = "5"
    heading: str = "Quiet hours"
    note: str = ""
    kind: str = "section"
    eid: str = "sec_5"
    level: int = 1
    text: str = ""
    lang: str = ""
    status: str = "in-force"


NESTED = Row(
    '<subsection eId="subsec_1"><num>(1)</num><intro><p>No person shall</p></intro>'
    "<paragraph><num>(a)</num><content><p>shout; or</p></content></paragraph>"
    "<paragraph><num>(b)</num><content><p>ring<authorialNote><p>A bell.</p></authorialNote></p></content></paragraph>"
    "<wrapUp><p>at night.</p></wrapUp></subsection>"
    "<subsection><num>(2)</num>"
    "<content><p>See <ref href='/akn/ca/act/A-1/~sec_2'>section 2</ref>.</p></content></subsection>"
)
TABLE = Row(
    "<table><caption>Hours</caption><tr><th rowspan='2'>Day</th><th colspan='2'>Quiet</th></tr>"
    "<tr><th>From</th><th>To</th></tr><tr><td>Monday</td><td>22 | 23</td><td>7</td></tr></table><p>After.</p>"
)


def test_text_is_indented_by_depth_with_notes_below() -> None:
    assert provision_text(NESTED) == (
        "5 Quiet hours\n(1) No person shall\n    (a) shout; or\n    (b) ring[1]\nat night.\n"
        "(2) See section 2.\n[1] A bell.\n"
    )


def test_markdown_nests_lists_and_links() -> None:
    assert provision_markdown(NESTED) == (
        "### 5 Quiet hours\n\n- (1) No person shall\n\n  - (a) shout; or\n\n  - (b) ring[^sec_5-1]\n\n  at night.\n\n"
        "- (2) See [section 2](/ca/act/A-1#sec_2).\n\n[^sec_5-1]: A bell.\n"
    )


def test_tables_keep_their_columns() -> None:
    assert provision_text(TABLE).splitlines()[1:] == [
        "Hours",
        "Day | Quiet | ",
        " | From | To",
        "Monday | 22 | 23 | 7",
        "After.",
    ]
    assert provision_markdown(TABLE).split("\n\n")[1:] == [
        "Hours",
        "| Day | Quiet |  |\n| --- | --- | --- |\n|  | From | To |\n| Monday | 22 \\| 23 | 7 |",
        "After.\n",
    ]


@pytest.mark.parametrize(
    ("content", "markdown"),
    [
        ("<p>*a* _b_ `c` [d](e) ~~f~~</p>", r"\*a\* \_b\_ \`c\` \[d\](e) \~\~f\~\~"),
        ("<p>&lt;script&gt; &amp;lt;</p>", "&lt;script&gt; &amp;lt;"),
        ("<p># not a heading</p>", r"\# not a heading"),
        ("<p>1. not a list</p>", r"1\. not a list"),
        ("<p>- not a list</p>", r"\- not a list"),
        ("<p><i>a </i>b <b>c</b></p>", "*a* b **c**"),
        ("<p><ref href='javascript:x()'>a</ref></p>", "a"),
        ("<p><ref href='https://x.example/)'>a</ref></p>", "a"),
        ("<p>x<script>alert(1)</script></p>", "x"),
    ],
)
def test_markdown_means_only_what_was_stored(content: str, markdown: str) -> None:
    assert provision_markdown(Row(content)).split("\n\n", 1)[1] == markdown + "\n"


def test_a_deep_list_without_its_upper_levels_is_no_code_block() -> None:
    deep = (
        "<hcontainer><hcontainer><hcontainer><hcontainer><p>x</p></hcontainer></hcontainer></hcontainer></hcontainer>"
    )
    assert provision_markdown(Row(deep)).split("\n\n")[1] == "- x\n"


def test_a_bare_heading_is_one_line() -> None:
    row = Row(num="Part 1", heading="Interpretation", level=0)
    assert provision_text(row) == "Part 1 Interpretation\n"
    assert provision_markdown(row) == "## Part 1 Interpretation\n"
