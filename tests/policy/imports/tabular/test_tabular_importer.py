"""A CSV file becomes one version, row by row, and its cells stay plain text."""

import pytest

from services.policy.imports.model import ImportProblem, SourceFile
from services.policy.imports.tabular import Tabular

HEAD = "jurisdiction,kind,number,lang,date,title,status,num,heading,text"
SAME = "xx-town,by-law,2020-1,en,2020-01-01,T,in-force"


def table(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *(f"{SAME},{row}" for row in rows)]).encode()


def problem(data: bytes) -> ImportProblem:
    with pytest.raises(ImportProblem) as caught:
        Tabular().parse("a.csv", data)
    return caught.value


def test_rows_become_units() -> None:
    version = Tabular().parse(
        "a.csv", table(",,Whereas.", "Part 1,One,", "1,S,Text.", "2.1,,Text.", "Schedule A,F,Text.")
    )
    assert [(p.kind, p.eid, p.level, p.num) for p in version.provisions] == [
        ("content", "content", 0, ""),
        ("part", "part_1", 0, "Part 1"),
        ("section", "sec_1", 1, "1"),
        ("section", "sec_2.1", 1, "2.1"),
        ("attachment", "att_1", 0, "Schedule A"),
    ]


def test_the_level_column_rules_where_it_is_given() -> None:
    found = Tabular().parse("a.csv", table("1,,a,0", "2,,b,1", "3,,c,0", head=f"{HEAD},level")).provisions
    assert [(p.eid, p.level) for p in found] == [("sec_1", 0), ("sec_2", 1), ("sec_3", 0)]


def test_cells_are_plain_text() -> None:
    (part,) = Tabular().parse("a.csv", table('1,=1+1,"=HYPERLINK(""x"") <b>&\n@SUM"')).provisions
    assert part.heading == "=1+1"
    assert part.content == '<content><p>=HYPERLINK("x") &lt;b&gt;&amp;</p><p>@SUM</p></content>'
    assert part.text == '=HYPERLINK("x") <b>& @SUM'


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", 1, "empty file"),
        (b"\xff", 1, "not UTF-8"),
        (HEAD.encode(), 1, "no row below the header"),
        (table("1,,a", head=HEAD.replace("title", "name")), 1, "the column title is missing"),
        (table("1,,a,x", head=f"{HEAD},colour"), 1, "the column 'colour' is not known"),
        (table("1,,a,x", head=f"{HEAD},text"), 1, "the column text stands twice"),
        (table("1,,a", "2,,a,b"), 3, "has 11 cells where the header has 10"),
        (table('1,,"a\nb"', ",,"), 4, "num, heading and text are all empty"),
        (table("1,,a") + b"\n" + table("1,,a").split(b"\n")[1].replace(b"2020-1", b"2020-2"), 3, "number differs"),
        (table('1,,"a'), 2, "not CSV"),
        (table("1,,a").replace(b"2020-01-01", b"1.1.2020"), 2, "date: '1.1.2020' is not a date"),
        (table("1,,a").replace(b"xx-town", b""), 2, "jurisdiction is missing"),
        (table("1,,a").replace(b"in-force", b"dead"), 2, "status: 'dead'"),
        (table("1,,a,x", head=f"{HEAD},level"), 2, "level: 'x' is not a number"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(data: bytes, line: int, message: str) -> None:
    found = problem(data)
    assert message in found.message
    assert found.line == line


def test_selection_takes_csv_files() -> None:
    assert [f.path for f in Tabular().select([SourceFile("b.csv", 1), SourceFile("a.txt", 1)])] == ["b.csv"]
    with pytest.raises(ImportProblem):
        Tabular().select([SourceFile("a.txt", 1)])
