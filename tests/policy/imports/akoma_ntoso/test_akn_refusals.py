"""What is wrong with a file is said so that its owner can mend it, with the line where there is one."""

import os
from pathlib import Path

import pytest

from services.policy.imports.akoma_ntoso import AkomaNtoso
from services.policy.imports.model import ImportProblem, SourceFile

ROOT = Path(__file__).parents[4]
DATA = Path(os.environ.get("OPENPOLICY_DATA", ROOT.parent / "shared/data")) / "akoma_ntoso"
NS = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"


def document(
    *,
    root: str = "act",
    uri: str = "/akn/xx/act/2020-1",
    country: str = "xx",
    date: str = "2020-01-01",
    language: str = "eng",
    body: str = '<section eId="sec_1"><num>1</num><content><p>Text.</p></content></section>',
) -> bytes:
    """A minimal document with some of its data changed."""
    return f"""<akomaNtoso xmlns="{NS}"><{root} name="act"><meta><identification source="#x">
<FRBRWork><FRBRuri value="{uri}"/><FRBRcountry value="{country}"/><FRBRnumber value="2020-1"/></FRBRWork>
<FRBRExpression><FRBRdate date="{date}" name=""/><FRBRlanguage language="{language}"/></FRBRExpression>
</identification></meta><body>{body}</body></{root}></akomaNtoso>""".encode()


def problem(data: bytes) -> ImportProblem:
    with pytest.raises(ImportProblem) as caught:
        AkomaNtoso().parse("a.xml", data)
    return caught.value


def test_the_minimal_document_is_fine() -> None:
    version = AkomaNtoso().parse("a.xml", document())
    assert (version.work.number, version.provisions[0].text) == ("2020-1", "Text.")


@pytest.mark.parametrize("kind", ["debate", "judgment", "officialGazette", "debateReport"])
def test_a_document_that_is_no_policy_is_named(kind: str) -> None:
    assert problem(document(root=kind)).message == f"holds a document of type {kind}, which is not a policy"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"uri": "", "country": ""}, "has empty FRBR data"),
        ({"uri": "http://law.example/1", "country": ""}, "names no jurisdiction"),
        ({"date": ""}, "has no date"),
        ({"date": "2020-13-40"}, "has no date"),
        ({"date": "2999-01-01"}, "has no date"),
        ({"language": ""}, "names no language"),
        ({"language": "English!"}, "names no language"),
        ({"body": ""}, "has no body of text"),
    ],
)
def test_missing_identification_is_named(changed: dict[str, str], message: str) -> None:
    assert message in problem(document(**changed)).message


def test_identification_problems_have_a_line() -> None:
    assert problem(document(language="")).line == 1
    assert problem(b"\n\n" + document(language="")).line == 3


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", 0, "empty file"),
        (b"%PDF-1.7", 1, "not XML"),
        (b"<html/>", 1, "not Akoma Ntoso: its root element is html"),
        (b"<akomaNtoso/>", 1, "holds a document of type nothing"),
        (b"<akomaNtoso>\n<act>\n</doc></akomaNtoso>", 3, "not well-formed"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><akomaNtoso/>', 1, "declares entities"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, line: int, message: str) -> None:
    found = problem(data)
    assert message in found.message
    assert found.line == line


def test_a_published_file_that_is_not_well_formed_is_refused_with_its_line() -> None:
    path = DATA / "eu/reg_2020_nr-397_seq-0016_akn.xml"
    if not path.exists():
        pytest.skip(f"no published Akoma Ntoso in {DATA}")
    found = problem(path.read_bytes())
    assert found.line == 1
    assert "not XML" in found.message


def test_selection_takes_xml_files_in_order_of_path() -> None:
    files = [SourceFile(path, 1) for path in ("b/en.xml", "readme.md", "a/fr.XML", "a/en.xml", "jurisdiction.json")]
    assert [f.path for f in AkomaNtoso().select(files)] == ["a/en.xml", "a/fr.XML", "b/en.xml"]


def test_a_source_without_xml_is_refused() -> None:
    with pytest.raises(ImportProblem, match=r"no \.xml file"):
        AkomaNtoso().select([SourceFile("readme.md", 1)])
