"""Which files are read, which work each is, and what is refused."""

import pickle
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.imports.canada_laws import CanadaLaws
from services.policy.imports.canada_laws.identity import link_target, work_identity
from services.policy.imports.model import ImportProblem, SourceFile
from tests.fidelity.canada_laws_source import rows_text, source_text


@pytest.mark.parametrize(
    ("english", "french", "number", "alias"),
    [
        ("SOR-2011-246", "DORS-2011-246", "SOR-2011-246", "DORS-2011-246"),
        ("SI-2019-72", "TR-2019-72", "SI-2019-72", "TR-2019-72"),
        ("SOR-81-33a", "DORS-81-33a", "SOR-81-33a", "DORS-81-33a"),
        ("C.R.C.,_c._228", "C.R.C.,_ch._228", "CRC-c-228", "CRC-ch-228"),
    ],
)
def test_a_regulation_is_one_work_in_both_languages(english: str, french: str, number: str, alias: str) -> None:
    work = work_identity("Regulation", english)
    assert work == work_identity("Regulation", french)
    assert (work.number, work.aliases) == (number, (alias,))
    assert work.frbr_uri == f"/akn/ca/regulation/{number}"


def test_acts_and_annual_statutes() -> None:
    assert work_identity("Statute", "C-0.5").frbr_uri == "/akn/ca/act/C-0.5"
    assert work_identity("Bill", "2023-c15_E").frbr_uri == "/akn/ca/bill/2023-c-15"
    assert work_identity("Bill", "2023-c15_E") == work_identity("Bill", "2023-c15_F")


@pytest.mark.parametrize("link", ["gazette", "const", "", "javascript:alert(1)", "../A-1", "https\u00a0://x", "A-1 "])
def test_only_addresses_come_out_of_links(link: str) -> None:
    assert link_target("act", link) in ("", "/akn/ca/act/A-1")


@given(st.text(max_size=40))
def test_numbers_are_safe_in_addresses(stem: str) -> None:
    for tag in ("Statute", "Regulation", "Bill"):
        number = work_identity(tag, stem).number
        assert not set(number) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-")


def test_files_are_selected_at_any_depth_with_their_release() -> None:
    paths = [
        "repo/fra/reglements/DORS-1-2.xml",
        "2023-08-01/eng/acts/A-1.xml",
        "2021-06-15/eng/acts/A-1.xml",
        "lookup/lookup.xml",
        "eng/acts/A-1.pdf",
        "annual-statutes-lois-annuelles/en/2023/2023-c15_E.xml",
        "manifest.json",
    ]
    chosen = CanadaLaws().select([SourceFile(path, 10) for path in paths])
    assert [(file.path, file.release) for file in chosen] == [
        ("2021-06-15/eng/acts/A-1.xml", date(2021, 6, 15)),
        ("2023-08-01/eng/acts/A-1.xml", date(2023, 8, 1)),
        ("annual-statutes-lois-annuelles/en/2023/2023-c15_E.xml", None),
        ("repo/fra/reglements/DORS-1-2.xml", None),
    ]


def test_nothing_to_read_is_a_problem() -> None:
    with pytest.raises(ImportProblem, match=r"none of the 1 files is Justice Laws XML: expected eng/acts"):
        CanadaLaws().select([SourceFile("readme.md", 1)])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty file"),
        (b"<akomaNtoso/>", "its root is akomaNtoso, expected Statute, Regulation or Bill"),
        (b"<Statute/>", "xml:lang of the root is '', expected en or fr"),
        (b'<Statute xml:lang="en"/>', "has no Identification"),
        (b'<Statute xml:lang="en"><Identification/></Statute>', "neither a short nor a long title"),
        (
            b'<Statute xml:lang="en"><Identification><LongTitle>x</LongTitle></Identification></Statute>',
            "has no date",
        ),
        (b'<!DOCTYPE Statute [<!ENTITY a "b">]><Statute xml:lang="en"/>', "declares entities"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, message: str) -> None:
    with pytest.raises(ImportProblem, match=message.replace("(", r"\(")):
        CanadaLaws().parse("eng/acts/A-1.xml", data)


_LEAF = st.sampled_from(["<Text>t</Text>", "<Label>1</Label>", "x", "<Emphasis>e</Emphasis>", "<row/>", "<Image/>", ""])
_TAGS = """
    Section Subsection Heading Schedule TableGroup table tgroup tbody row entry List Item Footnote AmendedText Provision
    BilingualGroup BilingualItemFr MarginalNote HistoricalNote FormulaGroup ImageGroup Group GroupHeading Definition
    Reserved ScheduleFormHeading Formula Odd"""
_TREE = st.recursive(
    _LEAF,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(_TAGS.split()),
        st.lists(inner, max_size=4),
    ),
    max_leaves=25,
)


@given(st.lists(_TREE, max_size=4))
def test_any_arrangement_of_elements_keeps_its_letters(parts: list[str]) -> None:
    body = "".join(parts)
    data = (
        '<Statute xmlns:lims="http://justice.gc.ca/lims" lims:pit-date="2024-05-01" xml:lang="en"><Identification>'
        f"<LongTitle>T</LongTitle>{body}</Identification>{body}<Body>{body}</Body><Introduction>{body}</Introduction>"
        f"<Order>{body}</Order><RecentAmendments>{body}<Amendment>{body}</Amendment></RecentAmendments></Statute>"
    )
    version = CanadaLaws().parse("eng/acts/A-1.xml", data.encode())
    imported = rows_text((p.num, p.heading, p.note, p.content) for p in version.provisions)
    assert sorted(imported.replace(" ", "")) == sorted(source_text(data.encode()).replace(" ", ""))
    assert len({p.eid for p in version.provisions}) == len(version.provisions)


def test_the_importer_goes_to_worker_processes() -> None:
    importer = pickle.loads(pickle.dumps(CanadaLaws()))  # noqa: S301 - made one line above
    assert (importer.name, importer.version) == ("canada-laws", 1)
